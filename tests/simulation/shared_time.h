#pragma once

#include <atomic>
#include <cstdint>

namespace hubmirror::simulation {

/// What a simulation and the servers that go by its clock have in common, in a file that both have
/// mapped. In microseconds since 1970.
struct SharedTime {
  static constexpr const char* kVariable = "HUBMIRROR_SIMULATED_TIME";

  std::atomic<int64_t> now;   ///< 0: the machine's own time
  std::atomic<int64_t> told;  ///< to whoever asked last: a clock does not stand still
};
static_assert(std::atomic<int64_t>::is_always_lock_free);

}  // namespace hubmirror::simulation
