#include "base/clock.h"

#include <ctime>
#include <mutex>
#include <utility>

namespace hubmirror {

Instant SystemClock::Now() const {
  return std::chrono::steady_clock::now();
}

Instant SystemClock::BootNow() const {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return Instant(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

TimePoint SystemClock::WallNow() const {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

bool SystemClock::SleepUntil(Instant deadline, std::stop_token stop) const {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_until(lock, stop, deadline, [] { return false; });
  return !stop.stop_requested();
}

void SystemClock::WaitUntil(std::condition_variable_any& changed, MutexLock& lock, Instant deadline,
                            std::stop_token stop, const std::function<bool()>& until) const {
  changed.wait_until(lock, std::move(stop), deadline, until);
}

}  // namespace hubmirror
