#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compare/difference.h"
#include "compare/mirror_reader.h"
#include "compare/truth_reader.h"

namespace hubmirror::compare {

/// Holds owners, teams, users, pipelines, lists with their members and marketing events against the
/// portal's, column by column; pipelines of these object types. A row the portal does not show must
/// be marked as gone. Returns how many things the portal has. Throws when a side cannot be read.
int64_t CompareReference(const std::vector<std::string>& objects, TruthReader& portal,
                         MirrorReader& mirror, const DifferenceSink& sink);

}  // namespace hubmirror::compare
