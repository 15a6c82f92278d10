#pragma once

#include <optional>
#include <vector>

#include "jobs/broken_promise.h"
#include "model/source/page_source.h"

namespace hubmirror {

/// What an answer to `request` shows without being asked. Nominations with a stamp from before the
/// window are removed: they come from an index that lags behind its records, and reading a record
/// by its id shows whether it changed. Pure.
std::vector<BrokenPromise> TakeOutUnasked(SearchAnswer& answer, const SearchRequest& request);

/// What is wrong with an answer to a search for ids above `above`, ascending: a walk that continues
/// after its last id would skip records, or never end. An answer that shows all it counts needs no
/// order, but may show nothing at or below `above`, which the walk has already counted. Pure.
std::optional<BrokenPromise> FindBrokenPromise(const SearchAnswer& answer,
                                               std::optional<RecordId> above);

}  // namespace hubmirror
