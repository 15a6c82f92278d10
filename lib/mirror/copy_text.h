#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hubmirror {

/// NULL in PostgreSQL's COPY text format (https://www.postgresql.org/docs/current/sql-copy.html).
inline constexpr std::string_view kCopyNull = "\\N";

/// Appends `raw` to `out` as one field of the COPY text format: backslash, tab, newline and
/// carriage return escaped, everything else byte for byte. PostgreSQL cannot hold U+0000; each
/// becomes U+FFFD. Returns how many did.
size_t AppendCopyText(std::string_view raw, std::string& out);

}  // namespace hubmirror
