#pragma once

#include <array>
#include <chrono>

#include "store/random.h"

namespace hubmirror::simulation {

inline std::chrono::milliseconds Between(simulated_portal::Random& random,
                                         std::chrono::milliseconds low,
                                         std::chrono::milliseconds high) {
  return std::chrono::milliseconds(random.Between(low.count(), high.count()));
}

template <typename T, size_t N>
T OneOf(simulated_portal::Random& random, const std::array<T, N>& all) {
  return all[random.Below(N)];
}

}  // namespace hubmirror::simulation
