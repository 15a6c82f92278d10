#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace hubmirror {

/// PostgreSQL cuts longer identifiers, silently.
inline constexpr size_t kLongestIdentifier = 63;

/// The column of a property: its own name, or, where that is over 63 bytes, begins with `_`, is a
/// column of the envelope, a system column, or `taken`, a short name: its first 54 bytes, ending at
/// a character border, `_`, and 8 hex digits of the SHA-256 of the whole name. The same name gives
/// the same column for ever.
std::string ColumnNameFor(std::string_view property,
                          const std::function<bool(const std::string&)>& taken);

}  // namespace hubmirror
