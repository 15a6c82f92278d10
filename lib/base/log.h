#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hubmirror {

/// err = a person must act; warning = will be retried, may need a person; notice = a state changed;
/// info = at most one line per poll; debug never holds record values or headers.
enum class LogLevel { kErr, kWarning, kNotice, kInfo, kDebug };

/// One line of the log: an event kind (`poll.failed`), a message in words, and named fields. Field
/// names are those of the journal without their prefix (PORTAL, OBJECT, REASON, HTTP_STATUS, ...).
struct LogLine {
  LogLevel level = LogLevel::kInfo;
  std::string_view event;
  std::string message;
  std::vector<std::pair<std::string_view, std::string>> fields;
};

/// Where log lines go. Thread-safe. The daemon's one folds repeats and writes to the journal or as
/// JSON lines; tests collect.
class Logger {
 public:
  virtual ~Logger() = default;
  virtual void Write(const LogLine& line) = 0;
};

/// The journal's name of a level (`err`, `warning`, `notice`, `info`, `debug`).
std::string_view NameOf(LogLevel level);
/// The syslog priority of a level (3..7).
int PriorityOf(LogLevel level);

}  // namespace hubmirror
