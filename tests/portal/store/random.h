#pragma once

#include <cstdint>
#include <string_view>

namespace simulated_portal {

/// A small deterministic generator (splitmix64): the same seed gives the same portal on every
/// machine, which the standard distributions do not promise. Owned by one thread.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  /// An independent stream for one purpose, so that drawing more for one thing moves no other.
  Random(uint64_t seed, std::string_view purpose) : state_(seed) {
    for (const char c : purpose) state_ = Mix(state_ ^ static_cast<unsigned char>(c));
  }

  uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    return Mix(state_);
  }
  /// Uniform in [0, bound); 0 when bound is 0.
  uint64_t Below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<Wide>(Next()) * bound) >> 64);
  }
  /// Uniform in [low, high].
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Below(static_cast<uint64_t>(high - low) + 1));
  }
  /// Uniform in [0, 1).
  double Share() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  bool Chance(double chance) { return chance > 0 && Share() < chance; }

 private:
  __extension__ using Wide = unsigned __int128;

  static uint64_t Mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  uint64_t state_;
};

}  // namespace simulated_portal
