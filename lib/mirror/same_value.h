#pragma once

#include <string_view>
#include <vector>

#include "model/store/mirror_table.h"

namespace hubmirror {

/// Whether a property can hold several of its options at once, in any order: `a;b`.
bool HoldsSeveral(const PropertyDefinition& definition);

/// The parts of such a value, in order, each once; empty ones are none.
std::vector<std::string_view> PartsOf(std::string_view value);

/// Whether two texts are one value of a column's property: numbers by what they amount to (2.50 is
/// 2.5), times and booleans as parsed, several options as a set, e-mail addresses without case, and
/// anything else byte for byte. What does not parse equals itself only, and no value only no value.
bool SameValue(const MirrorColumn& column, std::string_view one, std::string_view other);

}  // namespace hubmirror
