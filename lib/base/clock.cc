#include "base/clock.h"

#include <mutex>
#include <utility>

namespace hubmirror {

Instant SystemClock::Now() const {
  return std::chrono::steady_clock::now();
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
