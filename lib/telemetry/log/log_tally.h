#pragma once

#include <string_view>

#include "base/log.h"

namespace hubmirror {

/// Counts what the log does. Thread-safe.
class LogTally {
 public:
  virtual ~LogTally() = default;
  /// A line went out.
  virtual void OnLogged(LogLevel level, std::string_view event) = 0;
  /// A line was folded into another because it repeats it.
  virtual void OnLogFolded(std::string_view event) = 0;
};

}  // namespace hubmirror
