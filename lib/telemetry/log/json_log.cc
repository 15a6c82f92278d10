#include "telemetry/log/json_log.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "base/time_text.h"
#include "telemetry/log/log_record.h"

namespace hubmirror {
namespace {

std::string JsonOf(const LogLine& line, TimePoint time) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  json.StartObject();
  json.Key("TIME");
  json.String(FormatRfc3339(time));
  for (const auto& [name, value] : JournalFields(line)) {
    json.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    json.String(value);
  }
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace

void JsonLog::Write(const LogLine& line) {
  const std::string text = JsonOf(line, clock_.WallNow());
  MutexLock lock(mutex_);
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t written = write(fd_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // There is nowhere left to complain.
    rest.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace hubmirror
