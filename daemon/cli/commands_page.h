#pragma once

#include <string>

namespace hubmirror {

/// Every verb with its arguments, options and examples, as Markdown: docs/commands.md, from which
/// the manual page hubmirror(1) is made.
std::string CommandsPage();

}  // namespace hubmirror
