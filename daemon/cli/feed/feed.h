#pragma once

#include "daemon/cli/context.h"
#include "daemon/cli/grammar/command_line.h"

namespace hubmirror {

// The change feed of a portal, straight from the database. All return the exit code.

/// What `--to` says: `now` is nullopt inside, `oldest` 0. Nothing where it is none of what it may
/// be.
std::optional<std::optional<int64_t>> PlaceOf(const std::string& to);

/// The last entries, then each new one until `context.stop`.
int RunFeedTail(const CliContext& context, const CommandLine& line);
int RunFeedConsumers(const CliContext& context, const CommandLine& line);
int RunFeedReset(const CliContext& context, const CommandLine& line);
int RunFeedPurge(const CliContext& context, const CommandLine& line);

}  // namespace hubmirror
