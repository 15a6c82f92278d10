#pragma once

#include "daemon/cli/context.h"
#include "daemon/cli/grammar/command_line.h"

namespace hubmirror {

/// Examines everything that a mirror depends on and says what to fix. Exit code 1 when something
/// must be, else 0.
int RunDoctor(const CliContext& context, const CommandLine& line);

/// Writes what a report of a mistake needs: versions, the configuration in effect with secrets as
/// references, what `doctor` finds, the status and the metrics. No secrets, no record values.
int RunSupportBundle(const CliContext& context, const CommandLine& line);

}  // namespace hubmirror
