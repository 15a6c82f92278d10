#pragma once

#include <cstdint>
#include <random>

#include "base/mutex.h"

namespace hubmirror {

/// A seeded source of chance for jitter and sampling; the same seed gives the same run.
/// Thread-safe.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  /// Uniform in [0, 1).
  double Fraction() {
    MutexLock lock(mutex_);
    return std::uniform_real_distribution<double>(0.0, 1.0)(engine_);
  }

 private:
  Mutex mutex_;
  std::mt19937_64 engine_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror
