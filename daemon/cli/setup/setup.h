#pragma once

#include "daemon/cli/context.h"
#include "daemon/cli/grammar/command_line.h"

namespace hubmirror {

/// Writes a first configuration. What no option says is asked for when the input is a terminal.
/// Unless --offline, the token is tried (it knows its portal's id) and the database connected to;
/// a failure of either is told and keeps nothing from being written but for a refused token.
int RunSetup(const CliContext& context, const CommandLine& line);

/// Reads a secret (without echo from a terminal, else the first line of the input) and puts it
/// where the configuration looks for the portal's token: a `file:`, or the file that
/// LoadCredential= of a drop-in names, which is written too. 0600, root's or the daemon's.
int RunSecretSet(const CliContext& context, const CommandLine& line);

/// Takes a credential away again that no portal of the configuration names any more: its file and
/// the drop-in.
int RunSecretRemove(const CliContext& context, const CommandLine& line);

/// Whether each secret of the configuration can be read; shows none.
int RunSecretTest(const CliContext& context, const CommandLine& line);

}  // namespace hubmirror
