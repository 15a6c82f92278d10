#pragma once

#include "daemon/cli/context.h"
#include "daemon/cli/grammar/command_line.h"

namespace hubmirror {

/// `hubmirror plan`: what the configuration will cost in requests, time and disk. Asks nobody.
int RunPlan(const CliContext& context, const CommandLine& line);

}  // namespace hubmirror
