#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <stop_token>

#include "base/mutex.h"

namespace hubmirror {

/// A point on the monotonic clock: for waits, deadlines and the age of things in this process.
using Instant = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

/// A point in UTC with HubSpot's precision. Cursors are made of HubSpot's own times, never of
/// this machine's wall clock (which decides nothing).
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

/// The only way to the time and to sleeping; nothing else in lib/ asks the system. Tests pass a
/// clock they advance. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant Now() const = 0;
  /// As Now, and it also counts the time in which the whole machine was asleep. Only compared with
  /// itself.
  virtual Instant BootNow() const { return Now(); }
  /// Wall clock, for logs, metrics and what is shown to people.
  virtual TimePoint WallNow() const = 0;
  /// Returns true when `deadline` has come, false when `stop` was requested before.
  virtual bool SleepUntil(Instant deadline, std::stop_token stop) const = 0;
  /// Waits on `changed`, giving `lock` back meanwhile, until `until` holds, `deadline` has come or
  /// `stop` was requested. `until` is asked under the lock.
  virtual void WaitUntil(std::condition_variable_any& changed, MutexLock& lock, Instant deadline,
                         std::stop_token stop, const std::function<bool()>& until) const = 0;
};

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  Instant Now() const override;
  Instant BootNow() const override;
  TimePoint WallNow() const override;
  bool SleepUntil(Instant deadline, std::stop_token stop) const override;
  void WaitUntil(std::condition_variable_any& changed, MutexLock& lock, Instant deadline,
                 std::stop_token stop, const std::function<bool()>& until) const override;
};

}  // namespace hubmirror
