#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "receiver.h"
#include "world.h"

namespace hubmirror::testing {

/// The numbers of all entries above `from` that a webhook without rules is told of, in order.
std::vector<int64_t> EntriesToTell(const World& world, int64_t from);

/// Whether a webhook's number says that it was told all of them.
bool HasTold(const World& world, const std::string& name);

/// Checks that a receiver took each of the `wanted` entries above `from`, in order and signed, and
/// at most `twice` of them again.
void CheckTold(const std::vector<Told>& log, int64_t from, const std::vector<int64_t>& wanted,
               size_t twice);

}  // namespace hubmirror::testing
