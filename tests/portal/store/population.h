#pragma once

#include "store/id_shape.h"
#include "store/mutator.h"

namespace simulated_portal {

/// Fills an object type with the past of a portal that has been used for years: `count` records in
/// the lists, 3 % of them archived; some more merged away; thousands changed on one millisecond
/// long ago, some on one millisecond minutes before `start`. The index knows all of it.
void Populate(CrmObject& object, Mutator& mutator, size_t count, IdShape ids, Instant start);

}  // namespace simulated_portal
