#include "base/clock.h"

#include <condition_variable>
#include <mutex>

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

}  // namespace hubmirror
