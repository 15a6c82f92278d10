#include "control/control_desk.h"

#include <algorithm>
#include <utility>

#include "base/count_text.h"
#include "control/shared_cause.h"

namespace hubmirror {
namespace {

constexpr std::chrono::seconds kProgressEvery{5};

std::string Named(const StreamKey& stream) {
  return stream.portal + "/" + stream.object;
}

/// How an operation is spoken of: `acme is not settled`, `acme has not settled in time`.
struct Phrases {
  std::string done;
  std::string not_done;
};

Phrases PhrasesOf(OperationKind kind) {
  switch (kind) {
    case OperationKind::kPoll:
      return {"was checked for changes", "was not checked for changes"};
    case OperationKind::kBackfill:
      return {"was read from the beginning", "was not read to the end"};
    case OperationKind::kResolve:
      return {"has no pending records", "still has pending records"};
    case OperationKind::kSettle:
      return {"is settled", "is not settled"};
    case OperationKind::kVerify:
      return {"is compared", "is not compared"};
    case OperationKind::kApplySchema:
      return {"is in step with HubSpot's properties", "is not in step with HubSpot's properties"};
    case OperationKind::kRefresh:
      break;
  }
  return {"is read again", "is not read again"};
}

std::string CauseOf(const TroubledStream& one) {
  std::string cause = one.state;
  if (!one.reason.empty()) cause += " (" + one.reason + ")";
  if (!one.message.empty()) cause += ", " + one.message;
  return cause;
}

ControlResult Troubled(const ControlTarget& target, OperationKind kind,
                       const std::vector<TroubledStream>& troubled) {
  ControlResult result{ControlCode::kProblem,
                       NameOf(target) + " " + PhrasesOf(kind).not_done + ": ",
                       "`hubmirror status " + target.portal + "` says what each stream needs"};
  std::vector<std::pair<std::string, std::string>> named;
  for (const TroubledStream& one : troubled) {
    named.emplace_back(Named(one.stream), CauseOf(one));
    if (one.state == "suspicious") {
      result.next = "check what would be marked as gone, then `hubmirror resolve " +
                    Named(one.stream) + " --accept`";
    }
  }
  const std::vector<SharedCause> causes = ByCause(named);
  for (const SharedCause& shared : causes) {
    if (&shared != &causes.front()) result.message += "; ";
    result.message += shared.Names() + (shared.names.size() == 1 ? " is " : " are ") + shared.cause;
  }
  const bool away = std::all_of(troubled.begin(), troubled.end(),
                                [](const TroubledStream& one) { return one.state == "failing"; });
  if (away) result.code = ControlCode::kUnavailable;
  return result;
}

ControlResult Found(const ControlTarget& target, FoundRecord found) {
  const std::string name = NameOf(target);
  switch (found) {
    case FoundRecord::kLive:
      return {ControlCode::kOk, name + " is read again", ""};
    case FoundRecord::kArchived:
      return {ControlCode::kOk, name + " is read again; it is archived", ""};
    case FoundRecord::kMerged:
      return {ControlCode::kOk, name + " was merged into another record", ""};
    case FoundRecord::kNowhere:
      break;
  }
  return {ControlCode::kProblem, "HubSpot has no record " + name + ", neither live nor archived",
          "check its id in HubSpot; if the mirror has it, it is marked gone once a second check "
          "confirms this"};
}

/// 0 when nothing is left that differs.
ControlResult Verified(const ControlTarget& target, const OperationProgress& progress) {
  ControlResult result;
  int64_t left = 0;
  for (const auto& [object, report] : progress.verified) {
    if (!result.message.empty()) result.message += '\n';
    result.message += target.portal + "/" + object + ": " + report.Text();
    left += report.left;
  }
  if (left == 0) return result;
  result.code = ControlCode::kProblem;
  result.next = "`hubmirror verify " + NameOf(target) +
                " --repair` repairs them; `different`: who else writes to the mirror?";
  return result;
}

ControlResult Blocked(const ControlTarget& target, const std::vector<std::string>& blocked) {
  ControlResult result{
      ControlCode::kProblem, NameOf(target) + " is in step with HubSpot's properties but for:",
      "remove what stands in the way, then `hubmirror schema apply " + NameOf(target) + "`"};
  for (const std::string& one : blocked) result.message += "\n  " + one;
  return result;
}

ControlResult Late(const ControlTarget& target, OperationKind kind,
                   const OperationProgress& progress) {
  std::string message = NameOf(target) + " " + PhrasesOf(kind).not_done + " in time: ";
  if (kind == OperationKind::kVerify || kind == OperationKind::kBackfill) {
    message += Counted(progress.checked, "record") + " so far; it continues in the background";
  } else if (kind == OperationKind::kRefresh) {
    message += "it is still asked for";
  } else {
    message += Counted(progress.jobs_left, "job") + " still to finish, " +
               Counted(progress.pending, "record") + " pending";
  }
  return {ControlCode::kTryLater, std::move(message),
          "ask again with a longer --wait, or see `hubmirror status " + target.portal + "`"};
}

/// The operation that a verb starts; nullopt: it starts none.
std::optional<OperationKind> OperationOf(ControlVerb verb) {
  switch (verb) {
    case ControlVerb::kPoll:
      return OperationKind::kPoll;
    case ControlVerb::kBackfill:
      return OperationKind::kBackfill;
    case ControlVerb::kResolve:
      return OperationKind::kResolve;
    case ControlVerb::kRefresh:
      return OperationKind::kRefresh;
    case ControlVerb::kSettle:
      return OperationKind::kSettle;
    case ControlVerb::kVerify:
      return OperationKind::kVerify;
    case ControlVerb::kApplySchema:
      return OperationKind::kApplySchema;
    case ControlVerb::kStatus:
    case ControlVerb::kPause:
    case ControlVerb::kResume:
    case ControlVerb::kReload:
      break;
  }
  return std::nullopt;
}

/// What an operation would cost, with a line for each part that costs anything.
std::string CostWords(const ControlTarget& target, const OperationCost& cost) {
  std::string words = NameOf(target) + " would take about " + Counted(cost.requests(), "request") +
                      ", at least " + std::to_string(cost.at_least.count()) + " s; " +
                      CountWords(cost.requests_today);
  if (cost.daily_share) words += " of our share of " + CountWords(*cost.daily_share);
  words += " are used today; nothing was done";
  for (const OperationCost::Part& part : cost.parts) {
    if (part.requests == 0) continue;
    words += "\n  " + (part.object.empty() ? "portal" : part.object) + ": " +
             CountWords(part.requests) + " (" + part.what + ")";
  }
  return words;
}

ControlResult Refused(std::string why) {
  return {ControlCode::kUnknownTarget, std::move(why),
          "use the `hubmirror` command of the same version as the daemon"};
}

}  // namespace

std::string NameOf(const ControlTarget& target) {
  std::string name = target.portal;
  if (target.object) name += "/" + *target.object;
  if (target.id) name += "/" + std::to_string(target.id->value);
  return name;
}

OperationWatch::OperationWatch(Controls& controls, OperationKind kind, uint64_t ticket,
                               ControlTarget target, Instant deadline)
    : controls_(controls),
      kind_(kind),
      ticket_(ticket),
      target_(std::move(target)),
      deadline_(deadline) {}

OperationWatch::~OperationWatch() {
  controls_.EndOperation(ticket_);
}

OperationWatch::Look OperationWatch::At(Instant now) {
  OperationProgress progress = controls_.ProgressOf(ticket_);
  if (progress.done) {
    if (!progress.troubled.empty()) {
      return {FormatResult(Troubled(target_, kind_, progress.troubled)), true};
    }
    if (kind_ == OperationKind::kVerify) {
      return {FormatResult(Verified(target_, progress), VerifiedDocument(progress.verified)), true};
    }
    if (progress.found) return {FormatResult(Found(target_, *progress.found)), true};
    if (!progress.blocked.empty()) return {FormatResult(Blocked(target_, progress.blocked)), true};
    return {FormatResult({ControlCode::kOk, NameOf(target_) + " " + PhrasesOf(kind_).done, ""}),
            true};
  }
  if (now >= deadline_) return {FormatResult(Late(target_, kind_, progress)), true};

  const bool news = !shown_at_ || now >= *shown_at_ + kProgressEvery ||
                    progress.jobs_left != shown_.jobs_left || progress.pending != shown_.pending ||
                    progress.checked != shown_.checked;
  if (!news) return {};
  shown_ = std::move(progress);
  shown_at_ = now;
  return {FormatProgress(shown_), false};
}

ControlDesk::ControlDesk(Controls& controls, StatusSource status, Reload reload, Logger& log)
    : controls_(controls), status_(std::move(status)), reload_(std::move(reload)), log_(log) {}

ControlDesk::Answer ControlDesk::Take(std::string_view line, const ControlPeer& peer, Instant now) {
  const auto request = ParseControlRequest(line);
  if (!request) return {FormatResult(Refused(request.error())), nullptr};
  if (request->dry_run) return {Cost(*request), nullptr};
  Log(*request, peer);
  const bool always_followed = request->verb == ControlVerb::kSettle ||
                               request->verb == ControlVerb::kVerify ||
                               request->verb == ControlVerb::kApplySchema;
  if (always_followed || request->wait) return Watch(*request, now);
  if (request->verb == ControlVerb::kStatus) {
    return {FormatResult({}, {"status", status_()}), nullptr};
  }
  return {FormatResult(Do(*request)), nullptr};
}

ControlDesk::Answer ControlDesk::Watch(const ControlRequest& request, Instant now) {
  const OperationKind kind = *OperationOf(request.verb);
  ControlResult begun;
  // What these two do beside their operation: forget what failed, release a suspicious stream.
  if (kind == OperationKind::kPoll) begun = controls_.Poll(request.target());
  if (kind == OperationKind::kResolve) begun = controls_.Resolve(request.target(), request.accept);
  if (!begun.ok()) return {FormatResult(begun), nullptr};
  const OperationStart start = controls_.StartOperation(kind, request.target(), request.repair);
  if (!start.result.ok()) return {FormatResult(start.result), nullptr};
  const Instant deadline = now + request.wait.value_or(start.patience);
  return {std::string(), std::make_unique<OperationWatch>(controls_, kind, start.ticket,
                                                          request.target(), deadline)};
}

std::string ControlDesk::Cost(const ControlRequest& request) const {
  OperationCost cost;
  ControlResult result = controls_.CostOf(*OperationOf(request.verb), request.target(), cost);
  if (!result.ok()) return FormatResult(result);
  result.message = CostWords(request.target(), cost);
  return FormatResult(result, CostDocument(cost));
}

ControlResult ControlDesk::Do(const ControlRequest& request) {
  const ControlTarget target = request.target();
  switch (request.verb) {
    case ControlVerb::kPoll:
      return controls_.Poll(target);
    case ControlVerb::kPause:
      return controls_.Pause(target);
    case ControlVerb::kResume:
      return controls_.Resume(target);
    case ControlVerb::kBackfill:
      return controls_.Backfill(target);
    case ControlVerb::kResolve:
      return controls_.Resolve(target, request.accept);
    case ControlVerb::kRefresh:
      return controls_.Refresh({target.portal, *target.object}, *request.id);
    case ControlVerb::kReload:
      return reload_();
    case ControlVerb::kStatus:
    case ControlVerb::kSettle:
    case ControlVerb::kVerify:
    case ControlVerb::kApplySchema:
      break;
  }
  return Refused("this verb takes no such request");
}

void ControlDesk::Log(const ControlRequest& request, const ControlPeer& peer) {
  LogLine line;
  line.level = request.verb == ControlVerb::kStatus ? LogLevel::kDebug : LogLevel::kNotice;
  line.event = "control.request";
  line.message = "operator asks: " + std::string(NameOf(request.verb));
  if (!request.portal.empty()) line.message += " " + NameOf(request.target());
  line.fields = {{"VERB", std::string(NameOf(request.verb))},
                 {"PEER_UID", std::to_string(peer.uid)},
                 {"PEER_PID", std::to_string(peer.pid)}};
  if (!request.portal.empty()) line.fields.emplace_back("PORTAL", request.portal);
  if (request.object) line.fields.emplace_back("OBJECT", *request.object);
  log_.Write(line);
}

}  // namespace hubmirror
