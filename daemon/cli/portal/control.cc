#include "daemon/cli/portal/control.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/whole_file.h"
#include "control/control_desk.h"
#include "daemon/cli/portal/verify_report.h"
#include "daemon/cli/status_document.h"
#include "daemon/cli/text/words.h"
#include "daemon/version.h"

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

// A record that is read at once is there within seconds; who asks wants to know what was found.
constexpr std::chrono::seconds kRefreshPatience{30};

ControlRequest RequestOf(const CommandLine& line) {
  auto wait = line.wait;
  if (line.verb == CliVerb::kRefresh && !wait && !line.dry_run) wait = kRefreshPatience;
  return {.verb = VerbOf(line.verb),
          .portal = line.target.portal,
          .object = line.target.object,
          .id = line.id,
          .accept = line.accept,
          .repair = line.repair,
          .dry_run = line.dry_run,
          .wait = wait};
}

/// How far an operation is, in words. `eta`: how long the rest takes, where that can be told.
std::string ProgressWords(CliVerb verb, const OperationProgress& progress,
                          std::optional<std::chrono::seconds> eta) {
  constexpr int kBarCells = 24;
  const auto walk = [&](const char* what, const char* done) {
    std::string streams = Counted(progress.jobs_left, "stream") + " to " + what;
    if (progress.expected == 0) return streams;
    const double share =
        static_cast<double>(progress.checked) / static_cast<double>(progress.expected);
    std::string words = ProgressBar(share, kBarCells) + " " + CountWords(progress.checked) +
                        " of " + Counted(progress.expected, "record") + done;
    if (eta) words += ", eta " + CompactSpan(*eta);
    return words + ", " + streams;
  };
  switch (verb) {
    case CliVerb::kVerify:
      return walk("compare", " checked");
    case CliVerb::kBackfill:
      return walk("walk", "");
    case CliVerb::kPoll:
    case CliVerb::kSchemaApply:
      return Counted(progress.jobs_left, "job") + " to finish";
    case CliVerb::kRefresh:
      return "waiting for HubSpot";
    default:
      return Counted(progress.jobs_left, "job") + " to finish, " +
             Counted(progress.pending, "record") + " pending";
  }
}

/// How long the rest takes at the pace since the first look.
class Forecast {
 public:
  std::optional<std::chrono::seconds> Eta(const OperationProgress& progress, Instant now) {
    if (!began_) {
      began_ = now;
      from_ = progress.checked;
    }
    const double seconds = std::chrono::duration<double>(now - *began_).count();
    const int64_t made = progress.checked - from_;
    const int64_t left = progress.expected - progress.checked;
    if (seconds < 1 || made <= 0 || left <= 0) return std::nullopt;
    return std::chrono::seconds(
        static_cast<int64_t>(seconds * static_cast<double>(left) / static_cast<double>(made)));
  }

 private:
  std::optional<Instant> began_;
  int64_t from_ = 0;
};

/// Shows how far an operation is: over one line of a terminal, else in a line when it moved.
class ProgressLine {
 public:
  ProgressLine(const CliContext& context, CliVerb verb) : context_(context), verb_(verb) {}

  void Show(const OperationProgress& progress) {
    const std::string words =
        ProgressWords(verb_, progress, forecast_.Eta(progress, context_.clock.Now()));
    if (std::exchange(shown_, words) == words) return;
    if (context_.terminal) {
      // A line that ran over its end could not be taken back.
      const auto room = static_cast<size_t>(std::max(context_.size().columns - 1, 0));
      context_.Drawing() << kSameLine << Printable(words.substr(0, room)) << std::flush;
    } else {
      context_.out << words << std::endl;
    }
  }

  void Clear() {
    if (!shown_.empty() && context_.terminal) context_.Drawing() << kSameLine << std::flush;
  }

 private:
  const CliContext& context_;
  const CliVerb verb_;
  Forecast forecast_;
  std::string shown_;
};

int CannotKeep(const CliContext& context, const std::string& path, int error) {
  return Fail(context, kExitCannotCreate, path + ": " + std::strerror(error),
              error == EEXIST ? "name a new file, or move this one away"
                              : "name a file in a folder where you may write");
}

}  // namespace

int RunControl(const CliContext& context, const CommandLine& line, const std::string& socket_path) {
  const bool reports = !line.report.empty() && !line.dry_run;
  // What cannot be kept is not asked for: the answer may take hours.
  if (reports && !(MakeFile(line.report, "", 0600) && ::unlink(line.report.c_str()) == 0)) {
    return CannotKeep(context, line.report, errno);
  }
  VerifyAsked asked{.program = std::string("hubmirror ") + kVersion,
                    .target = NameOf(line.target),
                    .repair = line.repair,
                    .asked_at = context.clock.WallNow()};
  ProgressLine progress_line(context, line.verb);
  const ControlAnswer answer =
      AskDaemon(socket_path, RequestOf(line), [&](const OperationProgress& progress) {
        if (!line.json) progress_line.Show(progress);
      });
  progress_line.Clear();

  const ControlResult& result = answer.result;
  asked.answered_at = context.clock.WallNow();
  if (const auto report = VerifyReportText(asked, answer.text); reports && report) {
    if (!MakeFile(line.report, *report, 0600)) return CannotKeep(context, line.report, errno);
  }
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
