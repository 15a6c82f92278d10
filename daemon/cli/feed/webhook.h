#pragma once

#include "daemon/cli/context.h"
#include "daemon/cli/grammar/command_line.h"

namespace hubmirror {

// The verbs `hubmirror feed webhook` and `hubmirror feed dead`. What they change the daemon sees
// with its next look; what they send they send themselves.

int RunWebhookTest(const CliContext& context, const CommandLine& line);
int RunWebhookStart(const CliContext& context, const CommandLine& line);
int RunWebhookStop(const CliContext& context, const CommandLine& line);
int RunDeadList(const CliContext& context, const CommandLine& line);
int RunDeadRetry(const CliContext& context, const CommandLine& line);
int RunDeadDrop(const CliContext& context, const CommandLine& line);

}  // namespace hubmirror
