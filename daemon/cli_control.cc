#include "daemon/cli_control.h"

#include "base/check.h"
#include "daemon/cli_words.h"

namespace hubmirror {
namespace {

// Erases the line the cursor is on (ECMA-48 EL) and returns to its start.
constexpr const char* kSameLine = "\r\x1b[2K";

ControlVerb VerbOf(CliVerb verb) {
  switch (verb) {
    case CliVerb::kPoll:
      return ControlVerb::kPoll;
    case CliVerb::kPause:
      return ControlVerb::kPause;
    case CliVerb::kResume:
      return ControlVerb::kResume;
    case CliVerb::kBackfill:
      return ControlVerb::kBackfill;
    case CliVerb::kResolve:
      return ControlVerb::kResolve;
    case CliVerb::kRefresh:
      return ControlVerb::kRefresh;
    case CliVerb::kSettle:
      return ControlVerb::kSettle;
    case CliVerb::kReload:
      return ControlVerb::kReload;
    default:
      CHECK_THAT(false);
  }
  return ControlVerb::kStatus;
}

ControlRequest RequestOf(const CommandLine& line) {
  return {.verb = VerbOf(line.verb),
          .portal = line.target.portal,
          .object = line.target.object,
          .id = line.id,
          .accept = line.accept,
          .wait = line.wait};
}

void ShowProgress(const CliContext& context, const SettleProgress& progress) {
  const std::string words = CountWords(progress.jobs_left) + " jobs to finish, " +
                            CountWords(progress.pending) + " records pending";
  if (context.terminal) {
    context.out << kSameLine << words << std::flush;
  } else {
    context.out << words << std::endl;
  }
}

}  // namespace

int RunControl(const CliContext& context, const CommandLine& line, const std::string& socket_path) {
  bool progress_shown = false;
  const ControlAnswer answer =
      AskDaemon(socket_path, RequestOf(line), [&](const SettleProgress& progress) {
        ShowProgress(context, progress);
        progress_shown = true;
      });
  if (progress_shown && context.terminal) context.out << kSameLine << std::flush;

  const ControlResult& result = answer.result;
  if (!result.ok()) {
    return Fail(context, static_cast<int>(result.code), result.message, result.next);
  }
  context.out << Printable(result.message) << "\n";
  return kExitOk;
}

}  // namespace hubmirror
