#pragma once

#include <string>

#include "control/control_client.h"
#include "daemon/cli/context.h"
#include "daemon/cli/grammar/command_line.h"

namespace hubmirror {

/// Runs a verb that asks something of the running daemon (poll, pause, resume, backfill, resolve,
/// refresh, settle, verify, schema apply, reload); returns the exit code. What is followed shows
/// how far it is: over one line on a terminal, as lines otherwise. With --json the daemon's last
/// line, whatever it says, is all there is.
int RunControl(const CliContext& context, const CommandLine& line, const std::string& socket_path);

}  // namespace hubmirror
