#pragma once

#include "daemon/cli/context.h"
#include "daemon/cli/grammar/command_line.h"

namespace hubmirror {

/// `hubmirror portal drop`: takes a portal's mirror out of the database after the operator has said
/// so, by typing its name on a terminal or with --yes. What it is and what hangs on it is shown
/// before. The portal need no longer be in the configuration.
int RunPortalDrop(const CliContext& context, const CommandLine& line);

}  // namespace hubmirror
