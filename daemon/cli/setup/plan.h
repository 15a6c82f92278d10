#pragma once

#include "daemon/cli/command_line.h"
#include "daemon/cli/context.h"

namespace hubmirror {

/// `hubmirror plan`: what the configuration will cost in requests, time and disk. Asks nobody.
int RunPlan(const CliContext& context, const CommandLine& line);

}  // namespace hubmirror
