#include "jobs/write/write_verdict.h"

#include <doctest/doctest.h>

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

OutboxChange After(const WriteOutcome& outcome, std::optional<ApiError> failure = {},
                   int attempts = 1) {
  const OutboxRow row{.id = {7}, .attempts = attempts - 1, .record = {1}};
  return ChangeSent(row, {.record = {1}}, attempts, outcome, failure, 24h);
}

OutboxChange Refused(WriteRefusal refusal, int attempts = 1) {
  return After({.fate = WriteOutcome::Fate::kRefused, .refusal = std::move(refusal)}, {}, attempts);
}

TEST_CASE("write verdict: what a refusal becomes") {
  CHECK(Refused({.status = 400, .code = "PROPERTY_DOESNT_EXIST"}).reason == "property");
  CHECK(Refused({.status = 400, .code = "INVALID_OPTION"}).reason == "invalid");
  CHECK(Refused({.status = 400, .category = "VALIDATION_ERROR"}).reason == "invalid");
  CHECK(Refused({.status = 400, .code = "CONFLICTING_UNIQUE_VALUE"}).reason == "exists");
  CHECK(Refused({.status = 409, .category = "CONFLICT"}).reason == "exists");
  CHECK(Refused({.status = 413}).reason == "size");
  CHECK(Refused({.status = 422, .category = "OTHER"}).reason == "refused");
  const OutboxChange change = Refused({.status = 400,
                                       .code = "INVALID_OPTION",
                                       .property = "stage",
                                       .message = "x is no option",
                                       .correlation_id = "abc"});
  CHECK(change.state == OutboxState::kFailed);
  CHECK(change.message == "stage: x is no option");
  CHECK(change.http_status == 400);
  CHECK(change.correlation_id == "abc");
}

TEST_CASE("write verdict: a record that a write does not find is read once more") {
  const WriteRefusal gone{.status = 207, .category = "OBJECT_NOT_FOUND"};
  CHECK(Refused(gone).state == OutboxState::kQueued);
  CHECK(Refused(gone, 2).state == OutboxState::kFailed);
  CHECK(Refused(gone, 2).reason == "gone");
}

TEST_CASE("write verdict: what came back waits longer and longer, and is given up in a day") {
  CHECK(WriteBackoff(1) == 1s);
  CHECK(WriteBackoff(2) == 2s);
  CHECK(WriteBackoff(5) == 16s);
  CHECK(WriteBackoff(10) == 5min);
  CHECK(WriteBackoff(1000) == 5min);
  CHECK_FALSE(IsGivenUp(250, 24h));
  CHECK(IsGivenUp(300, 24h));

  const ApiError busy{.kind = ApiErrorKind::kLocked, .status = 423, .message = "locked"};
  const WriteOutcome returned{.fate = WriteOutcome::Fate::kReturned};
  CHECK(After(returned, busy, 3).state == OutboxState::kQueued);
  CHECK(After(returned, busy, 3).not_within == 4s);
  CHECK(After(returned, busy, 300).state == OutboxState::kFailed);
  CHECK(After(returned, busy, 300).reason == "retries");
}

TEST_CASE("write verdict: who waits for a person or for tomorrow is never given up") {
  const WriteOutcome returned{.fate = WriteOutcome::Fate::kReturned};
  const ApiError forbidden{.kind = ApiErrorKind::kForbidden, .status = 403, .message = "no"};
  CHECK(After(returned, forbidden, 3000).state == OutboxState::kQueued);
  CHECK(After(returned, forbidden, 3000).reason == "blocked");
  const ApiError day{.kind = ApiErrorKind::kDailyLimit, .status = 429, .message = "day"};
  CHECK(After(returned, day, 3000).reason == "budget");
}

TEST_CASE("write verdict: a row refused with others is sent again at once") {
  const OutboxChange change = After({.fate = WriteOutcome::Fate::kReturned}, {}, 4);
  CHECK(change.state == OutboxState::kQueued);
  CHECK(change.not_within == 0ms);
}

TEST_CASE("write verdict: an unknown end is looked into") {
  const ApiError lost{.kind = ApiErrorKind::kServer, .status = 502, .message = "trouble"};
  const OutboxChange change = After({.fate = WriteOutcome::Fate::kUnknown}, lost);
  CHECK(change.state == OutboxState::kUnknown);
  CHECK(change.reason == "looking");
  CHECK(change.http_status == 502);
  CHECK(After({.fate = WriteOutcome::Fate::kUnknown}, {}).state == OutboxState::kUnknown);
}

TEST_CASE("write verdict: a row that has made its record is never said to have done nothing") {
  OutboxRow row{.id = OutboxId{1}, .attempts = 1, .op = WriteOp::kAssociate, .record = RecordId{7}};
  const PlannedRow plan{.verdict = PlannedRow::Verdict::kRejected,
                        .record = RecordId{7},
                        .reason = "label",
                        .message = "no such label"};
  CHECK(ChangeUnsent(row, plan, false)->state == OutboxState::kRejected);
  row.made = true;
  const auto change = ChangeUnsent(row, plan, false);
  CHECK(change->state == OutboxState::kFailed);
  CHECK(change->reason == "label");
  CHECK(change->message == "no such label; record 7 itself was made");
}

TEST_CASE("write verdict: a row that was sent before is never said to have sent nothing") {
  OutboxRow row{.id = OutboxId{1}, .record = RecordId{7}};
  const PlannedRow plan{.verdict = PlannedRow::Verdict::kRejected,
                        .record = RecordId{7},
                        .reason = "property",
                        .message = "it is archived"};
  CHECK(ChangeUnsent(row, plan, false)->message == "it is archived");
  row.attempts = 1;
  CHECK(ChangeUnsent(row, plan, false)->message ==
        "it is archived; an earlier attempt may have been carried out");
}

}  // namespace
}  // namespace hubmirror
