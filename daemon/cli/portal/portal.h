#pragma once

#include "daemon/cli/context.h"
#include "daemon/cli/grammar/command_line.h"

namespace hubmirror {

/// `hubmirror portal list`: the portals of the configuration.
int RunPortalList(const CliContext& context, const CommandLine& line);

/// `hubmirror portal test PORTAL`, or `--token REF` without a configuration: asks HubSpot, see
/// cli_portal_exam.h. 77 or 78 when the secret cannot be read.
int RunPortalTest(const CliContext& context, const CommandLine& line);

}  // namespace hubmirror
