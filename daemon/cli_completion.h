#pragma once

#include <string>

#include "daemon/cli_context.h"
#include "daemon/command_line.h"

namespace hubmirror {

/// Writes what a shell needs to complete verbs and options.
int RunCompletion(const CliContext& context, const CommandLine& line);

}  // namespace hubmirror
