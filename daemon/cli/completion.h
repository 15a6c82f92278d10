#pragma once

#include <string>

#include "daemon/cli/command_line.h"
#include "daemon/cli/context.h"

namespace hubmirror {

/// Writes what a shell needs to complete verbs and options.
int RunCompletion(const CliContext& context, const CommandLine& line);

}  // namespace hubmirror
