#pragma once

#include "daemon/cli/context.h"
#include "daemon/cli/grammar/command_line.h"

namespace hubmirror {

/// `hubmirror portal authorize PORTAL`: prints the address where a person grants the app access,
/// with exactly the scopes its objects need; takes the code from the redirect to a loopback port or
/// from what is pasted on the standard input, whichever comes first; stores the refresh token in
/// the state directory, where the daemon finds it. Returns the exit code.
int RunPortalAuthorize(const CliContext& context, const CommandLine& line);

}  // namespace hubmirror
