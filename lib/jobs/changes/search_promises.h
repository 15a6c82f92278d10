#pragma once

#include <optional>
#include <string>

#include "model/source/page_source.h"

namespace hubmirror {

/// Which of HubSpot's promises an answer does not keep, as SyncObserver::OnBrokenPromise names it.
struct BrokenPromise {
  std::string promise;
  std::string how;  ///< for people
};

/// What is wrong with an answer to a search for ids above `above`, ascending: a walk that goes on
/// behind its last id would pass over records, or never end. An answer that shows all it counts
/// needs no order. Pure.
std::optional<BrokenPromise> FindBrokenPromise(const SearchAnswer& answer,
                                               std::optional<RecordId> above);

}  // namespace hubmirror
