#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compare/difference.h"
#include "compare/mirror_reader.h"
#include "compare/truth_reader.h"

namespace hubmirror::compare {

/// Holds the links between records of these types against the portal's, each pair of types once,
/// from the type with the lower id; the other direction must not be stored. Returns how many links
/// the portal has. Throws when either side cannot be read.
int64_t CompareLinks(const std::vector<std::string>& objects, TruthReader& portal,
                     MirrorReader& mirror, const DifferenceSink& sink);

}  // namespace hubmirror::compare
