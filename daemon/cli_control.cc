#include "daemon/cli_control.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "daemon/cli_status_document.h"
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
    case CliVerb::kVerify:
      return ControlVerb::kVerify;
    case CliVerb::kSchemaApply:
      return ControlVerb::kApplySchema;
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
          .repair = line.repair,
          .dry_run = line.dry_run,
          .wait = line.wait};
}

/// How far an operation is, in words.
std::string ProgressWords(CliVerb verb, const OperationProgress& progress) {
  constexpr int kBarCells = 24;
  switch (verb) {
    case CliVerb::kVerify:
      return CountWords(progress.jobs_left) + " streams to compare, " +
             CountWords(progress.checked) + " records checked";
    case CliVerb::kBackfill: {
      if (progress.expected == 0) return CountWords(progress.jobs_left) + " streams to walk";
      const double share =
          static_cast<double>(progress.checked) / static_cast<double>(progress.expected);
      return ProgressBar(share, kBarCells) + " " + CountWords(progress.checked) + " of " +
             CountWords(progress.expected) + " records, " + CountWords(progress.jobs_left) +
             " streams to walk";
    }
    case CliVerb::kPoll:
    case CliVerb::kSchemaApply:
      return CountWords(progress.jobs_left) + " jobs to finish";
    default:
      return CountWords(progress.jobs_left) + " jobs to finish, " + CountWords(progress.pending) +
             " records pending";
  }
}

/// Shows how far an operation is: over one line of a terminal, else in a line when it moved.
class ProgressLine {
 public:
  ProgressLine(const CliContext& context, CliVerb verb) : context_(context), verb_(verb) {}

  void Show(const OperationProgress& progress) {
    const std::string words = ProgressWords(verb_, progress);
    if (std::exchange(shown_, words) == words) return;
    if (context_.terminal) {
      // A line that ran over its end could not be taken back.
      const auto room = static_cast<size_t>(std::max(context_.size().columns - 1, 0));
      context_.out << kSameLine << words.substr(0, room) << std::flush;
    } else {
      context_.out << words << std::endl;
    }
  }

  void Clear() {
    if (!shown_.empty() && context_.terminal) context_.out << kSameLine << std::flush;
  }

 private:
  const CliContext& context_;
  const CliVerb verb_;
  std::string shown_;
};

}  // namespace

int RunControl(const CliContext& context, const CommandLine& line, const std::string& socket_path) {
  ProgressLine progress_line(context, line.verb);
  const ControlAnswer answer =
      AskDaemon(socket_path, RequestOf(line), [&](const OperationProgress& progress) {
        if (!line.json) progress_line.Show(progress);
      });
  progress_line.Clear();

  const ControlResult& result = answer.result;
  if (line.json) {
    context.out << Indented(answer.text) << "\n";
    return static_cast<int>(result.code);
  }
  if (!result.ok()) {
    return Fail(context, static_cast<int>(result.code), result.message, result.next);
  }
  context.out << PrintableLines(result.message) << "\n";
  return kExitOk;
}

}  // namespace hubmirror
