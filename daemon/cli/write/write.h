#pragma once

#include "daemon/cli/context.h"
#include "daemon/cli/grammar/command_line.h"

namespace hubmirror {

// The rows of a portal's `outbox`, straight from the database. All return the exit code. Values are
// shown by RunWriteShow only.

int RunWriteStatus(const CliContext& context, const CommandLine& line);
int RunWriteList(const CliContext& context, const CommandLine& line);
int RunWriteShow(const CliContext& context, const CommandLine& line);
int RunWriteRetry(const CliContext& context, const CommandLine& line);
int RunWriteResolve(const CliContext& context, const CommandLine& line);
int RunWriteCancel(const CliContext& context, const CommandLine& line);
/// Looks at the row until it has ended, its time is up or `context.stop`.
int RunWriteWait(const CliContext& context, const CommandLine& line);
// The daemon sees these with its next look.
int RunWritePause(const CliContext& context, const CommandLine& line);
int RunWriteResume(const CliContext& context, const CommandLine& line);
int RunWriteRelease(const CliContext& context, const CommandLine& line);

}  // namespace hubmirror
