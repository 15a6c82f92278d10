#pragma once

#include <memory>
#include <vector>

#include "mirror/value_hasher.h"
#include "model/source/history.h"

namespace hubmirror {

/// Turns entries as HubSpot shows them into entries as they are stored: of the properties in scope
/// only, hashed where the scope says so, without U+0000. Entries that would have to be hashed with
/// another key than the hasher's are left out.
std::vector<HistoryEntry> MapHistory(std::vector<HistoryEntry> entries, const HistoryScope& scope,
                                     const std::shared_ptr<const ValueHasher>& hasher);

}  // namespace hubmirror
