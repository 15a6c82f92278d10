#pragma once

#include "base/check.h"
#include "base/clock.h"

namespace hubmirror::simulation {

/// The one clock of a simulation: portal, daemon and people go by it. It moves only when the
/// simulation says so; nobody sleeps on it, whoever waits gives the baton back (see Crew). Used by
/// whoever has the baton.
class VirtualClock final : public Clock {
 public:
  static constexpr TimePoint kEpoch{std::chrono::sys_days{std::chrono::year{2026} / 9 / 1}};
  static constexpr Instant kStart{std::chrono::hours(1)};

  Instant Now() const override { return now_; }
  TimePoint WallNow() const override { return TrueTime() + wall_shift_; }
  bool SleepUntil(Instant, std::stop_token) const override {
    CHECK_THAT(false);
    return false;
  }
  void WaitUntil(std::condition_variable_any&, MutexLock&, Instant, std::stop_token,
                 const std::function<bool()>&) const override {
    CHECK_THAT(false);
  }

  /// The time that a clock which is right shows.
  TimePoint TrueTime() const {
    return kEpoch + std::chrono::floor<std::chrono::milliseconds>(now_ - kStart);
  }
  void MoveTo(Instant at) {
    if (at > now_) now_ = at;
  }
  /// The host's wall clock is wrong by so much from now on.
  void ShiftWall(std::chrono::milliseconds shift) { wall_shift_ = shift; }

 private:
  Instant now_ = kStart;
  std::chrono::milliseconds wall_shift_{0};
};

}  // namespace hubmirror::simulation
