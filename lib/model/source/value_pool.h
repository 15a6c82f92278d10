#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

#include "base/mutex.h"

namespace hubmirror {

/// Keeps equal values once for all who have them, for as long as somebody does. Thread-safe.
template <typename Value>
class ValuePool {
 public:
  /// The value that equals `value`: the one that is kept, or `value` itself from now on. Equal
  /// values have the same digest, and others hardly ever.
  std::shared_ptr<const Value> Share(uint64_t digest, std::shared_ptr<const Value> value) {
    MutexLock lock(mutex_);
    const auto [first, last] = kept_.equal_range(digest);
    for (auto at = first; at != last; ++at) {
      if (auto same = at->second.lock(); same && *same == *value) return same;
    }
    if (kept_.size() >= look_at_) {
      std::erase_if(kept_, [](const auto& one) { return one.second.expired(); });
      look_at_ = std::max(kLeastLook, 2 * kept_.size());
    }
    kept_.emplace(digest, value);
    return value;
  }

 private:
  static constexpr size_t kLeastLook = 64;

  Mutex mutex_;
  std::unordered_multimap<uint64_t, std::weak_ptr<const Value>> kept_ GUARDED_BY(mutex_);
  size_t look_at_ GUARDED_BY(mutex_) = kLeastLook;  ///< so many may be those that nobody has
};

}  // namespace hubmirror
