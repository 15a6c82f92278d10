#pragma once

#include <string>

#include "daemon/cli_context.h"
#include "daemon/command_line.h"
#include "daemon/control_client.h"

namespace hubmirror {

/// Runs a verb that asks something of the running daemon (poll, pause, resume, backfill, resolve,
/// refresh, settle, reload); returns the exit code. A settle shows its counts: over one line on a
/// terminal, as lines otherwise.
int RunControl(const CliContext& context, const CommandLine& line, const std::string& socket_path);

}  // namespace hubmirror
