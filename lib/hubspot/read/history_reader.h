#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "model/source/api_error.h"
#include "model/source/history.h"

namespace hubmirror {

/// Reads `propertiesWithHistory` of a batch/read answer. An entry without a time is an error: it
/// could be stored nowhere, and leaving it out would lose it. Adds to `replaced` how many
/// characters PostgreSQL could not hold.
Result<HistoryPage, ApiError> ReadHistoryPage(std::string body, uint64_t& replaced);

}  // namespace hubmirror
