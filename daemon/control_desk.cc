#include "daemon/control_desk.h"

#include <utility>

namespace hubmirror {
namespace {

constexpr std::chrono::seconds kProgressEvery{5};

std::string Named(const StreamKey& stream) {
  return stream.portal + "/" + stream.object;
}

ControlResult Troubled(const ControlTarget& target, SettleWatch::Of of,
                       const std::vector<TroubledStream>& troubled) {
  ControlResult result{ControlCode::kProblem,
                       NameOf(target) + (of == SettleWatch::Of::kVerify ? " is not compared: "
                                                                        : " is not settled: "),
                       ""};
  bool suspicious = false;
  for (const TroubledStream& one : troubled) {
    if (&one != &troubled.front()) result.message += "; ";
    result.message += Named(one.stream) + " is " + one.state;
    if (!one.reason.empty()) result.message += " (" + one.reason + ")";
    if (!one.message.empty()) result.message += ", " + one.message;
    suspicious = suspicious || one.state == "suspicious";
  }
  result.next = suspicious ? "look at what would be marked as gone, then `hubmirror resolve " +
                                 Named(troubled.front().stream) + " --accept`"
                           : "`hubmirror status " + target.portal + "` says what each stream needs";
  return result;
}

/// 0 when nothing is left that differs.
ControlResult Verified(const ControlTarget& target, const SettleProgress& progress) {
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
                " --repair` mends it; different: who else writes to the mirror?";
  return result;
}

ControlResult Late(const ControlTarget& target, SettleWatch::Of of,
                   const SettleProgress& progress) {
  if (of == SettleWatch::Of::kVerify) {
    return {ControlCode::kTryLater,
            NameOf(target) + " is not compared in time: " + std::to_string(progress.checked) +
                " records so far; it goes on without you",
            "ask again with a longer --wait, or see `hubmirror status " + target.portal + "`"};
  }
  return {ControlCode::kTryLater,
          NameOf(target) + " has not settled in time: " + std::to_string(progress.jobs_left) +
              " jobs are still to finish, " + std::to_string(progress.pending) +
              " records are pending",
          "ask again with a longer --wait, or see `hubmirror status " + target.portal + "`"};
}

ControlResult Refused(std::string why) {
  return {ControlCode::kUnknownTarget, std::move(why),
          "use the `hubmirror` command of the same version as the daemon"};
}

}  // namespace

std::string NameOf(const ControlTarget& target) {
  return target.object ? target.portal + "/" + *target.object : target.portal;
}

SettleWatch::SettleWatch(Controls& controls, Of of, uint64_t ticket, ControlTarget target,
                         Instant deadline)
    : controls_(controls),
      of_(of),
      ticket_(ticket),
      target_(std::move(target)),
      deadline_(deadline) {}

SettleWatch::~SettleWatch() {
  controls_.EndSettle(ticket_);
}

SettleWatch::Look SettleWatch::At(Instant now) {
  SettleProgress progress = controls_.ProgressOf(ticket_);
  if (progress.done) {
    ControlResult result{ControlCode::kOk, NameOf(target_) + " is settled", ""};
    if (of_ == Of::kVerify) result = Verified(target_, progress);
    if (!progress.troubled.empty()) result = Troubled(target_, of_, progress.troubled);
    return {FormatResult(result), true};
  }
  if (now >= deadline_) return {FormatResult(Late(target_, of_, progress)), true};

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
  Log(*request, peer);
  switch (request->verb) {
    case ControlVerb::kStatus:
      return {FormatResult({}, status_()), nullptr};
    case ControlVerb::kSettle:
    case ControlVerb::kVerify:
      return Watch(*request, now);
    default:
      return {FormatResult(Do(*request)), nullptr};
  }
}

ControlDesk::Answer ControlDesk::Watch(const ControlRequest& request, Instant now) {
  const bool verify = request.verb == ControlVerb::kVerify;
  const SettleStart start = verify ? controls_.StartVerify(request.target(), request.repair)
                                   : controls_.StartSettle(request.target());
  if (!start.result.ok()) return {FormatResult(start.result), nullptr};
  const Instant deadline = now + request.wait.value_or(start.patience);
  auto watch = std::make_unique<SettleWatch>(
      controls_, verify ? SettleWatch::Of::kVerify : SettleWatch::Of::kSettle, start.ticket,
      request.target(), deadline);
  return {std::string(), std::move(watch)};
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
      break;
  }
  return Refused("this verb is not a plain wish");
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
