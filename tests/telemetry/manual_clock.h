#pragma once

#include "base/clock.h"
#include "base/mutex.h"

namespace hubmirror {

/// A clock that moves when a test says so. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint wall) : wall_(wall) {}

  Instant Now() const override {
    MutexLock lock(mutex_);
    return now_;
  }
  TimePoint WallNow() const override {
    MutexLock lock(mutex_);
    return wall_;
  }
  /// Nothing under test sleeps: it only says whether the deadline has come.
  bool SleepUntil(Instant deadline, std::stop_token) const override { return Now() >= deadline; }

  void Advance(std::chrono::milliseconds span) {
    MutexLock lock(mutex_);
    now_ += span;
    wall_ += span;
  }

 private:
  mutable Mutex mutex_;
  Instant now_ GUARDED_BY(mutex_){std::chrono::hours{1}};
  TimePoint wall_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror
