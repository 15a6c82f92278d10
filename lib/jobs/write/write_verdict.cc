#include "jobs/write/write_verdict.h"

#include <algorithm>

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using Verdict = PlannedRow::Verdict;

constexpr std::chrono::milliseconds kLongestBackoff = 5min;
constexpr int kReadsOfGone = 2;  // a record that a read has just shown, and a write does not find

std::string InWords(const WriteRefusal& refusal) {
  const std::string& words = refusal.message.empty() ? refusal.category : refusal.message;
  std::string text = refusal.property.empty() ? "HubSpot refuses it" : refusal.property;
  return words.empty() ? text : text + ": " + words;
}

/// The fixed word for a refusal
/// (https://developers.hubspot.com/docs/api-reference/error-handling).
std::string ReasonOf(const WriteRefusal& refusal) {
  if (refusal.category == "OBJECT_NOT_FOUND") return "gone";
  if (refusal.code == "PROPERTY_DOESNT_EXIST") return "property";
  if (refusal.code == "CONFLICTING_UNIQUE_VALUE" || refusal.category == "CONFLICT") return "exists";
  if (refusal.status == 413 || refusal.status == 414) return "size";
  if (!refusal.code.empty() || refusal.category == "VALIDATION_ERROR") return "invalid";
  return "refused";
}

bool IsLookedFor(const OutboxRow& row, const std::string& reason) {
  return row.op == WriteOp::kCreate && reason == "exists";
}

/// Why nothing at all is sent, as a row says it; empty: this is no such failure.
std::string WaitingFor(const std::optional<ApiError>& failure) {
  if (!failure) return {};
  switch (failure->kind) {
    case ApiErrorKind::kForbidden:
    case ApiErrorKind::kUnauthorized:
    case ApiErrorKind::kGrantRevoked:
    case ApiErrorKind::kAppConfig:
    case ApiErrorKind::kSecret:
    case ApiErrorKind::kWrongPortal:
      return "blocked";
    case ApiErrorKind::kDailyLimit:
      return "budget";
    default:
      return {};
  }
}

/// What a row has done though it failed.
std::string MadeAlready(const OutboxRow& row) {
  if (!row.made) return {};
  return "; record " + std::to_string(row.record.value) + " itself was made";
}

/// What it may have done before anything was found that keeps it: an answer may have been lost, and
/// of a batch that is refused HubSpot may do some all the same.
std::string MayBeDone(const OutboxRow& row) {
  if (row.made) return MadeAlready(row);
  return row.attempts == 0 ? "" : "; an earlier attempt may have been carried out";
}

}  // namespace

std::chrono::milliseconds WriteBackoff(int attempts) {
  const int doublings = std::clamp(attempts - 1, 0, 20);
  return std::min<std::chrono::milliseconds>(1000ms * (1 << doublings), kLongestBackoff);
}

bool IsGivenUp(int attempts, std::chrono::milliseconds give_up) {
  std::chrono::milliseconds waited{0};
  for (int i = 1; i <= attempts && waited < give_up; ++i) waited += WriteBackoff(i);
  return waited >= give_up;
}

std::optional<OutboxChange> ChangeUnsent(const OutboxRow& row, const PlannedRow& plan,
                                         bool in_mirror) {
  OutboxChange change{.id = row.id,
                      .attempts = row.attempts,
                      .reason = plan.reason,
                      .message = plan.message,
                      .record = plan.record,
                      .differs = plan.differs};
  switch (plan.verdict) {
    case Verdict::kSend:
    case Verdict::kLater:
      return std::nullopt;
    case Verdict::kTried:
      change.state = OutboxState::kDone;
      change.reason = "dry";
      change.tried = plan.send;
      break;
    case Verdict::kConflict:
      change.state = OutboxState::kConflict;
      break;
    case Verdict::kRejected:
      change.state = row.made ? OutboxState::kFailed : OutboxState::kRejected;
      change.message += MayBeDone(row);
      break;
    case Verdict::kGone:
      change.state = OutboxState::kFailed;
      change.reason = "gone";
      change.message += MayBeDone(row);
      break;
    case Verdict::kExists:
      change.state = OutboxState::kFailed;
      change.reason = "exists";
      change.message += MadeAlready(row);
      break;
    case Verdict::kDoubt:
      change.state = OutboxState::kUnknown;
      change.reason = "doubt";
      change.not_within = plan.again_in;
      break;
    case Verdict::kEqual:
      change.state = in_mirror ? OutboxState::kDone : OutboxState::kWritten;
      if (!plan.by_itself) change.reason = "unchanged";
      if (!plan.differs.empty()) change.reason = "differs";
      break;
  }
  return change;
}

OutboxChange ChangeSent(const OutboxRow& row, const PlannedRow& plan, int attempts,
                        const WriteOutcome& outcome, const std::optional<ApiError>& failure,
                        std::chrono::milliseconds give_up) {
  OutboxChange change{.id = row.id, .attempts = attempts, .record = plan.record};
  if (failure) {
    change.http_status = failure->status;
    change.correlation_id = failure->correlation_id;
  }
  if (outcome.refusal) {
    change.http_status = outcome.refusal->status;
    change.correlation_id = outcome.refusal->correlation_id;
  }
  const auto queue_again = [&](std::string reason) {
    change.state = OutboxState::kQueued;
    change.reason = std::move(reason);
    change.not_within = WriteBackoff(attempts);
  };
  switch (outcome.fate) {
    case WriteOutcome::Fate::kWritten:
      change.state = OutboxState::kWritten;
      change.record = outcome.id;
      change.answered = outcome.shown;
      change.updated_at = outcome.updated_at;
      change.differs = plan.differs;
      if (!plan.differs.empty()) change.reason = "differs";
      return change;
    case WriteOutcome::Fate::kRefused:
      change.state = OutboxState::kFailed;
      if (outcome.refusal) {
        change.reason = ReasonOf(*outcome.refusal);
        change.message = InWords(*outcome.refusal) + MadeAlready(row);
      }
      if (change.reason == "exists" && outcome.refusal) change.record = outcome.refusal->existing;
      // An attempt of its own may have made the one that is in the way.
      change.echo_over = change.reason != "exists";
      // It was there when it was read: the next read tells where it is now. And what has a value of
      // this row may be what an attempt of its own made: that is looked for before the second one.
      if ((change.reason == "gone" || IsLookedFor(row, change.reason)) && attempts < kReadsOfGone) {
        queue_again({});
      }
      return change;
    case WriteOutcome::Fate::kReturned:
      // Of a batch whose content was refused, some may have been done all the same.
      change.echo_over = !outcome.refusal;
      queue_again(WaitingFor(failure));
      if (change.reason == "blocked") change.message = failure->message;
      // Nothing was wrong with this one, but that it went with others.
      if (!failure) change.not_within = 0ms;
      break;
    case WriteOutcome::Fate::kUnknown:
      change.state = OutboxState::kUnknown;
      change.reason = "looking";
      break;
  }
  if (change.reason != "blocked" && change.reason != "budget" && failure &&
      IsGivenUp(attempts, give_up)) {
    change.state = OutboxState::kFailed;
    change.reason = "retries";
    change.message = "given up after " + std::to_string(attempts) +
                     " attempts: " + (failure->message.empty() ? "no answer" : failure->message) +
                     MadeAlready(row);
  }
  return change;
}

}  // namespace hubmirror
