#pragma once

#include <optional>
#include <string>

#include "daemon/cli/context.h"

namespace hubmirror {

// The terminal that a command runs on. For one thread.

/// Of the standard output; that of an old terminal where it is none.
TerminalSize SizeOfTerminal();

/// See CliContext::ask. While a hidden line is typed, a signal that ends the program gives the
/// terminal its echo back before.
std::optional<std::string> AskPerson(const std::string& prompt, bool hidden);

}  // namespace hubmirror
