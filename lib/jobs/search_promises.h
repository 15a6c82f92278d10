#pragma once

#include <optional>
#include <vector>

#include "jobs/broken_promise.h"
#include "model/source/page_source.h"

namespace hubmirror {

/// What an answer to `request` shows that was not asked for. Stamps from before the window are
/// taken out, as those of an index that differs from its records: whether such a record changed
/// shows when it is read by its id. Pure.
std::vector<BrokenPromise> TakeOutUnasked(SearchAnswer& answer, const SearchRequest& request);

/// What is wrong with an answer to a search for ids above `above`, ascending: a walk that goes on
/// behind its last id would pass over records, or never end. An answer that shows all it counts
/// needs no order, but nothing at or below `above`, which the walk has counted already. Pure.
std::optional<BrokenPromise> FindBrokenPromise(const SearchAnswer& answer,
                                               std::optional<RecordId> above);

}  // namespace hubmirror
