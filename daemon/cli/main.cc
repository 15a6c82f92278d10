#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "daemon/cli/completion.h"
#include "daemon/cli/context.h"
#include "daemon/cli/database.h"
#include "daemon/cli/doctor/doctor_verb.h"
#include "daemon/cli/feed/feed.h"
#include "daemon/cli/feed/webhook.h"
#include "daemon/cli/grammar/command_line.h"
#include "daemon/cli/monitoring.h"
#include "daemon/cli/portal/control.h"
#include "daemon/cli/portal/portal.h"
#include "daemon/cli/portal/portal_drop.h"
#include "daemon/cli/schema/schema.h"
#include "daemon/cli/service_credential.h"
#include "daemon/cli/settings.h"
#include "daemon/cli/setup/authorize.h"
#include "daemon/cli/setup/plan.h"
#include "daemon/cli/setup/setup.h"
#include "daemon/cli/status/status_verb.h"
#include "daemon/cli/terminal.h"
#include "daemon/cli/text/words.h"
#include "daemon/cli/write/key_property.h"
#include "daemon/cli/write/write.h"
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

/// systemd gives credentials to the service alone; root, who put them there, reads them at their
/// source.
Environment EnvironmentOfOperator() {
  return [ours = ProcessEnvironment()](const std::string& name) {
    std::string value = ours(name);
    if (value.empty() && name == "CREDENTIALS_DIRECTORY" && ::access(kSecretFolder, X_OK) == 0) {
      value = kSecretFolder;
    }
    return value;
  };
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
    case CliVerb::kPortalDrop:
      return RunPortalDrop(context, line);
    case CliVerb::kQuarantineList:
      return RunQuarantineList(context, line);
    case CliVerb::kQuarantineShow:
      return RunQuarantineShow(context, line);
    case CliVerb::kQuarantineRetry:
      return RunQuarantineRetry(context, line);
    case CliVerb::kQuarantineDrop:
      return RunQuarantineDrop(context, line);
    case CliVerb::kFeedTail:
      return RunFeedTail(context, line);
    case CliVerb::kFeedConsumers:
      return RunFeedConsumers(context, line);
    case CliVerb::kFeedReset:
      return RunFeedReset(context, line);
    case CliVerb::kFeedPurge:
      return RunFeedPurge(context, line);
    case CliVerb::kWebhookTest:
      return RunWebhookTest(context, line);
    case CliVerb::kWebhookStart:
      return RunWebhookStart(context, line);
    case CliVerb::kWebhookStop:
      return RunWebhookStop(context, line);
    case CliVerb::kDeadList:
      return RunDeadList(context, line);
    case CliVerb::kDeadRetry:
      return RunDeadRetry(context, line);
    case CliVerb::kDeadDrop:
      return RunDeadDrop(context, line);
    case CliVerb::kWriteStatus:
      return RunWriteStatus(context, line);
    case CliVerb::kWriteList:
      return RunWriteList(context, line);
    case CliVerb::kWriteShow:
      return RunWriteShow(context, line);
    case CliVerb::kWriteRetry:
      return RunWriteRetry(context, line);
    case CliVerb::kWriteCancel:
      return RunWriteCancel(context, line);
    case CliVerb::kWriteWait:
      return RunWriteWait(context, line);
    case CliVerb::kWriteResolve:
      return RunWriteResolve(context, line);
    case CliVerb::kWritePause:
      return RunWritePause(context, line);
    case CliVerb::kWriteResume:
      return RunWriteResume(context, line);
    case CliVerb::kWriteRelease:
      return RunWriteRelease(context, line);
    case CliVerb::kWriteSetup:
      return RunWriteSetup(context, line);
    case CliVerb::kSchemaPlan:
      return RunSchemaPlan(context, line);
    case CliVerb::kSchemaHistory:
      return RunSchemaHistory(context, line);
    case CliVerb::kGrants:
      return RunGrants(context, line);
    case CliVerb::kPlan:
      return RunPlan(context, line);
    case CliVerb::kConfigDiff:
      return RunConfigDiff(context, line);
    case CliVerb::kDoctor:
      return RunDoctor(context, line);
    case CliVerb::kSupportBundle:
      return RunSupportBundle(context, line);
    case CliVerb::kSetup:
      return RunSetup(context, line);
    case CliVerb::kSecretSet:
      return RunSecretSet(context, line);
    case CliVerb::kSecretRemove:
      return RunSecretRemove(context, line);
    case CliVerb::kSecretTest:
      return RunSecretTest(context, line);
    case CliVerb::kRunbook:
      return RunRunbook(context, line);
    case CliVerb::kDashboardsExport:
      return RunDashboardsExport(context, line);
    case CliVerb::kCompletion:
      return RunCompletion(context, line);
    case CliVerb::kVersion:
      return ShowVersion(context, line.json);
    default:
      return RunWithDaemon(context, line);
  }
}

int Run(const std::vector<std::string>& arguments) {
  const auto line = ParseCommandLine(arguments);
  const SystemClock clock;
  const bool json =
      line ? line->json : std::count(arguments.begin(), arguments.end(), "--json") > 0;
  PrintableStream out(std::cout, json);
  PrintableStream err(std::cerr, false);
  const CliContext context{.out = out,
                           .err = err,
                           .raw_out = &std::cout,
                           .json = json,
                           .terminal = ::isatty(STDOUT_FILENO) == 1,
                           .size = SizeOfTerminal,
                           .reader_gone = ReaderOfOutputIsGone,
                           .clock = clock,
                           .environment = EnvironmentOfOperator(),
                           .stop = {},
                           .ask = AskPerson};
  if (!line) {
    const CommandLineEnd& end = line.error();
    if (end.exit_code != kExitOk) return Fail(context, end.exit_code, end.text, end.next);
    out << (context.terminal ? WrapHelp(end.text, context.size().columns) : end.text);
    return kExitOk;
  }
  int code = kExitBug;
  try {
    code = RunVerb(context, *line);
  } catch (const std::exception& error) {
    return Fail(context, kExitBug, std::string("this should not happen: ") + error.what(),
                "report it, with the command that you gave");
  }
  out.flush();
  if (code == kExitOk && !out) {
    return Fail(context, kExitInputOutput, "the output could not be written",
                "check the disk, or the pipe that it goes to");
  }
  return code;
}

}  // namespace
}  // namespace hubmirror

int main(int argc, char** argv) {
  try {
    return hubmirror::Run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (...) {
    // Of the error itself not even the words can be had: memory is used up, or the output throws.
    std::fputs("this should not happen\nNext: report it, with the command that you gave\n", stderr);
    return hubmirror::kExitBug;
  }
}
