#include <sys/ioctl.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "daemon/cli_authorize.h"
#include "daemon/cli_context.h"
#include "daemon/cli_control.h"
#include "daemon/cli_database.h"
#include "daemon/cli_plan.h"
#include "daemon/cli_portal.h"
#include "daemon/cli_settings.h"
#include "daemon/cli_status.h"
#include "daemon/command_line.h"
#include "daemon/process_environment.h"
#include "daemon/version.h"

namespace hubmirror {
namespace {

int ShowVersion(const CliContext& context, bool json) {
  if (json) {
    context.out << "{\"version\": \"" << kVersion << "\", \"revision\": \"" << kRevision << "\"}\n";
  } else {
    context.out << "hubmirror " << kVersion << " (" << kRevision << ")\n";
  }
  return kExitOk;
}

int RunWithDaemon(const CliContext& context, const CommandLine& line) {
  const auto socket = FindSocket(context, line);
  if (!socket) return socket.error();
  return line.verb == CliVerb::kStatus ? RunStatus(context, line, *socket)
                                       : RunControl(context, line, *socket);
}

int RunVerb(const CliContext& context, const CommandLine& line) {
  switch (line.verb) {
    case CliVerb::kConfigCheck:
      return RunConfigCheck(context, line);
    case CliVerb::kConfigShow:
      return RunConfigShow(context, line);
    case CliVerb::kConfigSchema:
      return RunConfigSchema(context);
    case CliVerb::kConfigReference:
      return RunConfigReference(context);
    case CliVerb::kPortalList:
      return RunPortalList(context, line);
    case CliVerb::kPortalTest:
      return RunPortalTest(context, line);
    case CliVerb::kPortalAuthorize:
      return RunPortalAuthorize(context, line);
    case CliVerb::kQuarantineList:
      return RunQuarantineList(context, line);
    case CliVerb::kQuarantineShow:
      return RunQuarantineShow(context, line);
    case CliVerb::kQuarantineRetry:
      return RunQuarantineRetry(context, line);
    case CliVerb::kQuarantineDrop:
      return RunQuarantineDrop(context, line);
    case CliVerb::kGrants:
      return RunGrants(context, line);
    case CliVerb::kPlan:
      return RunPlan(context, line);
    case CliVerb::kVersion:
      return ShowVersion(context, line.json);
    default:
      return RunWithDaemon(context, line);
  }
}

int Run(const std::vector<std::string>& arguments) {
  const auto line = ParseCommandLine(arguments);
  if (!line) {
    (line.error().exit_code == kExitOk ? std::cout : std::cerr) << line.error().text;
    return line.error().exit_code;
  }
  const SystemClock clock;
  CliContext context{.out = std::cout,
                     .err = std::cerr,
                     .terminal = ::isatty(STDOUT_FILENO) == 1,
                     .clock = clock,
                     .environment = ProcessEnvironment(),
                     .stop = {}};
  winsize size{};
  if (context.terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    context.columns = size.ws_col;
    context.rows = size.ws_row;
  }
  int code = kExitBug;
  try {
    code = RunVerb(context, *line);
  } catch (const std::exception& error) {
    return Fail(context, kExitBug, std::string("this should not happen: ") + error.what(),
                "report it, with the command that you gave");
  }
  std::cout.flush();
  if (code == kExitOk && !std::cout) {
    return Fail(context, kExitInputOutput, "the output could not be written",
                "look at the disk or the pipe it goes to");
  }
  return code;
}

}  // namespace
}  // namespace hubmirror

int main(int argc, char** argv) {
  return hubmirror::Run(std::vector<std::string>(argv + 1, argv + argc));
}
