#pragma once

#include "daemon/cli/context.h"
#include "daemon/cli/grammar/command_line.h"

namespace hubmirror {

/// `hubmirror schema plan`: asks HubSpot for the property definitions, looks at the tables, and
/// says what the daemon would change. Changes nothing; the daemon need not run. 1 when an object
/// type could not be examined.
int RunSchemaPlan(const CliContext& context, const CommandLine& line);

/// `hubmirror schema history`: what has changed in the tables.
int RunSchemaHistory(const CliContext& context, const CommandLine& line);

}  // namespace hubmirror
