#pragma once

#include <string>

#include "daemon/cli/context.h"
#include "daemon/cli/grammar/command_line.h"

namespace hubmirror {

/// `hubmirror status`: asks the daemon at `socket_path` for its status document and shows it as a
/// table or as JSON; returns the exit code, 0 whenever the daemon answered. With `watch`, a
/// terminal is drawn over in place every second; other output gets a line per portal whenever it
/// changes, at most every two seconds. A watch outlives a daemon that restarts.
int RunStatus(const CliContext& context, const CommandLine& line, const std::string& socket_path);

}  // namespace hubmirror
