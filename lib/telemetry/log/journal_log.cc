#include "telemetry/log/journal_log.h"

// Otherwise every line would name this file as the place that logged it.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "telemetry/log/log_record.h"

namespace hubmirror {

void JournalLog::Write(const LogLine& line) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : JournalFields(line)) {
    texts.emplace_back(name).append("=").append(name == "MESSAGE" ? JournalMessage(line) : value);
  }
  std::vector<iovec> parts;
  parts.reserve(texts.size());
  for (std::string& text : texts) {
    parts.push_back({.iov_base = text.data(), .iov_len = text.size()});
  }
  // sd_journal_sendv calls an absent journal a success.
  const bool has_journal = access("/run/systemd/journal/socket", W_OK) == 0;
  if (!has_journal || sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) < 0) {
    fallback_.Write(line);
  }
}

bool StderrIsJournal() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || fstat(STDERR_FILENO, &status) != 0) return false;
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == stream;
}

}  // namespace hubmirror
