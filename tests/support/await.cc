#include "support/await.h"

#include <stdexcept>
#include <thread>

namespace hubmirror::testing {

bool Happens(std::chrono::milliseconds limit, const std::function<bool()>& done) {
  constexpr std::chrono::milliseconds kPause{50};
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

void Await(const std::string& what, std::chrono::milliseconds limit,
           const std::function<bool()>& done) {
  if (Happens(limit, done)) return;
  throw std::runtime_error("waited " + std::to_string(limit.count()) + " ms in vain: " + what);
}

}  // namespace hubmirror::testing
