#pragma once

#include <string>
#include <string_view>

namespace hubmirror {

// Characters that a terminal obeys rather than shows: C0, DEL and C1 controls, line and paragraph
// separators (U+2028, U+2029), and whatever changes the direction of writing. They may come from
// HubSpot, PostgreSQL, files or the command line, and must not reach a terminal, log or page.

/// `text` as valid UTF-8 with `instead` for every such character. `keep` is shown all the same (a
/// line break).
std::string WithoutControls(std::string_view text, char instead, char keep = '\0');

/// A JSON text as valid UTF-8 with those characters written as escapes (`\u202e`): showing it does
/// no harm, and reading it gives the same values. Line breaks between the values stay.
std::string JsonWithoutControls(std::string_view json);

}  // namespace hubmirror
