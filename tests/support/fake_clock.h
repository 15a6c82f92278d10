#pragma once

#include <chrono>

#include "base/clock.h"

namespace hubmirror::test {

/// A clock that moves only when told, or when somebody sleeps on it.
class FakeClock final : public Clock {
 public:
  Instant Now() const override { return now_; }
  TimePoint WallNow() const override {
    return kEpoch + std::chrono::duration_cast<std::chrono::milliseconds>(now_ - Instant{});
  }
  bool SleepUntil(Instant deadline, std::stop_token stop) const override {
    if (stop.stop_requested()) return false;
    if (deadline > now_) now_ = deadline;
    return true;
  }
  void Advance(Duration by) { now_ += by; }

  static constexpr TimePoint kEpoch{std::chrono::sys_days{std::chrono::year{2026} / 9 / 1}};

 private:
  mutable Instant now_{std::chrono::hours(1)};
};

}  // namespace hubmirror::test
