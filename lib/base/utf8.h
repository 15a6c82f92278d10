#pragma once

#include <string>
#include <string_view>

namespace hubmirror {

/// `text` with every byte that is not part of a valid UTF-8 character, and every U+0000, replaced
/// by U+FFFD: what PostgreSQL, JSON and a browser all take.
std::string ValidUtf8(std::string_view text);

}  // namespace hubmirror
