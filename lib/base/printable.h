#pragma once

#include <string>
#include <string_view>

namespace hubmirror {

// What is obeyed rather than shown: C0, DEL and C1 controls, line and paragraph separators (U+2028,
// U+2029), and what changes the direction of writing. It comes from HubSpot, from PostgreSQL, from
// files and from the command line, and must reach no terminal, log or page.

/// `text` as valid UTF-8 with `instead` for every such character. `keep` is shown all the same (a
/// line break).
std::string WithoutControls(std::string_view text, char instead, char keep = '\0');

/// A JSON text as valid UTF-8 with those characters written as escapes (`\u202e`): who shows it
/// obeys nothing, who reads it gets the same values. Line breaks between the values stay.
std::string JsonWithoutControls(std::string_view json);

}  // namespace hubmirror
