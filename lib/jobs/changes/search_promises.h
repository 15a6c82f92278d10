#pragma once

#include <optional>

#include "jobs/broken_promise.h"
#include "model/source/page_source.h"

namespace hubmirror {

/// What is wrong with an answer to a search for ids above `above`, ascending: a walk that goes on
/// behind its last id would pass over records, or never end. An answer that shows all it counts
/// needs no order. Pure.
std::optional<BrokenPromise> FindBrokenPromise(const SearchAnswer& answer,
                                               std::optional<RecordId> above);

}  // namespace hubmirror
