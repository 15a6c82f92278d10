#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <limits>
#include <stop_token>

#include "base/clock.h"
#include "base/mutex.h"

namespace hubmirror::testing {

/// A clock that moves only when told, or, unless sleepers wait, when somebody sleeps on it.
/// Thread-safe.
class FakeClock final : public Clock {
 public:
  enum class Sleepers {
    kMoveIt,  ///< whoever sleeps moves it to the end of his sleep
    kWait,    ///< whoever sleeps waits until the test has moved it so far
  };
  static constexpr TimePoint kEpoch{std::chrono::sys_days{std::chrono::year{2026} / 9 / 1}};

  explicit FakeClock(TimePoint wall = kEpoch + std::chrono::hours(1),
                     Sleepers sleepers = Sleepers::kMoveIt)
      : wall_at_start_(wall), sleepers_(sleepers) {}
  explicit FakeClock(Sleepers sleepers) : FakeClock(kEpoch + std::chrono::hours(1), sleepers) {}

  Instant Now() const override {
    MutexLock lock(mutex_);
    return now_;
  }
  TimePoint WallNow() const override {
    return wall_at_start_ + std::chrono::floor<std::chrono::milliseconds>(Now() - kStart);
  }
  bool SleepUntil(Instant deadline, std::stop_token stop) const override {
    MutexLock lock(mutex_);
    if (stop.stop_requested() || sleeps_left_-- <= 0) return false;
    if (sleepers_ == Sleepers::kMoveIt) {
      if (deadline > now_) now_ = deadline;
      return true;
    }
    moved_.wait(lock, stop,
                [this, deadline]() NO_THREAD_SAFETY_ANALYSIS { return now_ >= deadline; });
    return !stop.stop_requested();
  }
  void WaitUntil(std::condition_variable_any& changed, MutexLock& lock, Instant deadline,
                 std::stop_token stop, const std::function<bool()>& until) const override {
    // Whoever moves the clock does not know who waits for what: look, often.
    const auto over = [&] { return until() || Now() >= deadline; };
    while (!stop.stop_requested() && !over()) {
      changed.wait_for(lock, stop, std::chrono::milliseconds(1), over);
    }
  }

  void Advance(Duration by) {
    MutexLock lock(mutex_);
    now_ += by;
    moved_.notify_all();
  }
  /// After so many sleeps more a sleep ends as if it were interrupted.
  void LimitSleeps(int sleeps) {
    MutexLock lock(mutex_);
    sleeps_left_ = sleeps;
  }

 private:
  static constexpr Instant kStart{std::chrono::hours(1)};

  const TimePoint wall_at_start_;
  const Sleepers sleepers_;
  mutable Mutex mutex_;
  mutable std::condition_variable_any moved_;
  mutable Instant now_ GUARDED_BY(mutex_){kStart};
  mutable int sleeps_left_ GUARDED_BY(mutex_) = std::numeric_limits<int>::max();
};

}  // namespace hubmirror::testing
