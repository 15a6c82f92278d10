#pragma once

#include <string>
#include <string_view>

namespace hubmirror::compare {

/// The column a property must have: its own name, or the first 54 bytes (no character cut in two),
/// `_` and 8 hex digits of the name's SHA-256 where the name is over 63 bytes, begins with `_`, or
/// is one of the columns every table has anyway.
std::string ColumnNameFor(std::string_view property);

}  // namespace hubmirror::compare
