#pragma once

#include <string>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"

namespace hubmirror::testing {

/// Keeps messages and fields as `event: message KEY=value ...`. Thread-safe.
class MemoryLog final : public Logger {
 public:
  void Write(const LogLine& line) override {
    std::string text = std::string(line.event) + ": " + line.message;
    for (const auto& [name, value] : line.fields) text += " " + std::string(name) + "=" + value;
    MutexLock lock(mutex_);
    lines_.push_back(std::move(text));
  }
  std::vector<std::string> lines() {
    MutexLock lock(mutex_);
    return lines_;
  }

 private:
  Mutex mutex_;
  std::vector<std::string> lines_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror::testing
