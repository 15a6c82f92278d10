#pragma once

#include "daemon/cli/context.h"
#include "daemon/cli/grammar/command_line.h"

namespace hubmirror {

/// What to do when an alert fires: the section of docs/runbooks.md, or the names of all alerts.
/// It is part of the program, for the moment when nothing else can be reached.
int RunRunbook(const CliContext& context, const CommandLine& line);

/// Writes the dashboards, alert rules and an example of scraping into a folder.
int RunDashboardsExport(const CliContext& context, const CommandLine& line);

}  // namespace hubmirror
