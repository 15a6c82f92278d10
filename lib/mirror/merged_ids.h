#pragma once

#include <string_view>
#include <vector>

#include "base/ids.h"

namespace hubmirror {

/// Adds the record ids that `hs_merged_object_ids` (`12;34`) or `hs_calculated_merged_vids`
/// (`12:1700000000000;34:...`) names to `ids`, each once and never `survivor`. What is not a
/// positive number is passed over.
void AddMergedIds(std::string_view raw, RecordId survivor, std::vector<RecordId>& ids);

}  // namespace hubmirror
