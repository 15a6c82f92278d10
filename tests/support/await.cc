#include "support/await.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace hubmirror::testing {
namespace {

using FractionalSeconds = std::chrono::duration<double>;

/// However busy the machine is, each wait ends.
constexpr double kLeastShare = 0.1;

/// Which part of the machine a thread gets that wants a processor, at this moment: all of one, or
/// less where more threads run, or wait for the disk, than there are processors (proc_stat(5)).
double ShareOfThread() {
  std::ifstream stat("/proc/stat");
  int busy = 0;
  for (std::string word; stat >> word;) {
    int count = 0;
    if ((word == "procs_running" || word == "procs_blocked") && stat >> count) busy += count;
  }
  const auto processors = static_cast<double>(std::thread::hardware_concurrency());
  return std::clamp(processors / std::max(1, busy), kLeastShare, 1.0);
}

}  // namespace

bool Happens(std::chrono::milliseconds limit, const std::function<bool()>& done) {
  constexpr std::chrono::milliseconds kPause{50};
  FractionalSeconds counted{0};
  auto last = std::chrono::steady_clock::now();
  while (!done()) {
    if (counted >= limit) return false;
    std::this_thread::sleep_for(kPause);
    const auto now = std::chrono::steady_clock::now();
    counted += (now - std::exchange(last, now)) * ShareOfThread();
  }
  return true;
}

void Await(const std::string& what, std::chrono::milliseconds limit,
           const std::function<bool()>& done) {
  if (Happens(limit, done)) return;
  throw std::runtime_error("waited " + std::to_string(limit.count()) + " ms in vain: " + what);
}

}  // namespace hubmirror::testing
