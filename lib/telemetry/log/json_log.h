#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"

namespace hubmirror {

/// Writes each line as one JSON object on a file descriptor, with the journal's field names and
/// TIME: for containers and terminals. Thread-safe; lines never mix.
class JsonLog final : public Logger {
 public:
  /// `clock` must outlive it; `fd` (stderr: 2) stays the caller's.
  JsonLog(const Clock& clock, int fd) : clock_(clock), fd_(fd) {}
  void Write(const LogLine& line) override;

 private:
  const Clock& clock_;
  const int fd_;
  Mutex mutex_;  ///< held while one line is written
};

}  // namespace hubmirror
