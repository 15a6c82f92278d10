#pragma once

#include <string>
#include <string_view>

namespace hubmirror {

/// `text` as valid UTF-8 with `instead` for every character that a terminal, a log or a page would
/// obey rather than show: C0, DEL and C1 controls, line and paragraph separators (U+2028, U+2029),
/// and what changes the direction of writing. `keep` is shown all the same (a line break).
std::string WithoutControls(std::string_view text, char instead, char keep = '\0');

}  // namespace hubmirror
