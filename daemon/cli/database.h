#pragma once

#include <functional>

#include "daemon/cli/context.h"
#include "daemon/cli/grammar/command_line.h"
#include "postgres/session/connection.h"
#include "settings/settings.h"

namespace hubmirror {

/// Connects as the daemon does and works; what fails becomes an exit code and words.
int WithDatabase(const CliContext& context, const Settings& settings,
                 const std::function<int(Connection&)>& work);
/// The same, for the portal that the command line names.
int WithPortal(const CliContext& context, const CommandLine& line,
               const std::function<int(Connection&, const PortalPlan&)>& work);

// Verbs that look into the database themselves, with the role and the password of the
// configuration; the daemon need not run.

/// `hubmirror quarantine list`: the records that the database refused.
int RunQuarantineList(const CliContext& context, const CommandLine& line);
/// `hubmirror quarantine show`: one of them, whole, with the server's reason.
int RunQuarantineShow(const CliContext& context, const CommandLine& line);
/// `hubmirror quarantine drop`: forgets one; it comes back when it is read and refused again.
int RunQuarantineDrop(const CliContext& context, const CommandLine& line);
/// `hubmirror quarantine retry`: has the daemon read them again.
int RunQuarantineRetry(const CliContext& context, const CommandLine& line);

/// `hubmirror grants`: the SQL that a database's owner runs once, so that the daemon's role can do
/// its work and the readers can read. Connects to nothing.
int RunGrants(const CliContext& context, const CommandLine& line);

}  // namespace hubmirror
