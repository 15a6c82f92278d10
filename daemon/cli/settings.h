#pragma once

#include <string>

#include "base/result.h"
#include "daemon/cli/context.h"
#include "daemon/cli/grammar/command_line.h"
#include "settings/settings.h"

namespace hubmirror {

/// The settings of the configuration file, or the exit code: everything wrong with the file has
/// then been written to the error stream, with the next step.
Result<Settings, int> LoadSettings(const CliContext& context, const CommandLine& line);

/// Where the daemon is asked: --socket, else as the configuration says. When none was named, or for
/// a reload, one that cannot be read or is wrong does not stand in the way of a daemon whose socket
/// is where it usually is. The error is the exit code, as of LoadSettings.
Result<std::string, int> FindSocket(const CliContext& context, const CommandLine& line);

/// `hubmirror config check`: 0 or 78, or 77 when this user may not read the file.
int RunConfigCheck(const CliContext& context, const CommandLine& line);
/// `hubmirror config show`
int RunConfigShow(const CliContext& context, const CommandLine& line);
/// The portal of that key among those of the configuration; null, after saying so.
const PortalSettings* FindPortal(const CliContext& context, const Settings& settings,
                                 const PortalKey& key);
/// `hubmirror config diff`: what a reload would change on the way from the file in effect to
/// another.
int RunConfigDiff(const CliContext& context, const CommandLine& line);
/// `hubmirror config schema`
int RunConfigSchema(const CliContext& context);
/// `hubmirror config reference`
int RunConfigReference(const CliContext& context);

}  // namespace hubmirror
