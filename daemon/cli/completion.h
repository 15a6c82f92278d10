#pragma once

#include <string>

#include "daemon/cli/context.h"
#include "daemon/cli/grammar/command_line.h"

namespace hubmirror {

/// Writes what a shell needs to complete verbs and options.
int RunCompletion(const CliContext& context, const CommandLine& line);

}  // namespace hubmirror
