#pragma once

#include <chrono>
#include <map>
#include <string>

#include "base/clock.h"

namespace hubmirror {

/// What was logged within the last hour, so that what keeps happening is not logged every time.
/// Owned by one thread at a time.
class SaidLately {
 public:
  static constexpr Duration kHour = std::chrono::hours(1);

  /// Whether to say it now; if so, it counts as said.
  bool IsNews(const std::string& what, Instant now) {
    const auto [said, first] = at_.try_emplace(what, now);
    if (!first && now - said->second < kHour) return false;
    said->second = now;
    return true;
  }

 private:
  std::map<std::string, Instant> at_;
};

}  // namespace hubmirror
