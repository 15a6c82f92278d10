#include "jobs/retry_policy.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace hubmirror;
using namespace std::chrono_literals;

namespace {

/// The verdict on the last of so many failures in a row that are alike.
Verdict Judge(const Failure& failure, int attempt = 1, double jitter = 0.5) {
  return JudgeFailure(failure, {.in_row = attempt, .alike = attempt}, jitter);
}

Verdict Judge(ApiErrorKind kind, int attempt = 1) {
  return Judge(ApiError{.kind = kind}, attempt);
}

Verdict Judge(DatabaseError::Kind kind, int attempt = 1) {
  return Judge(DatabaseError(kind, "", ""), attempt);
}

/// The verdict on the last of these, one after the other.
Verdict JudgeInTurn(const std::vector<Failure>& failures) {
  FailureCount count;
  Verdict last;
  for (const Failure& failure : failures) {
    last = JudgeFailure(failure, count.Next(failure), 0.5);
    count.Add(last.kind);
  }
  return last;
}

}  // namespace

TEST_CASE("a mistake of ours is no failure of the database, and is tried again ever more seldom") {
  const Verdict first = Judge(BugOf(std::out_of_range("map::at")));
  CHECK(first.reason == "bug");
  CHECK(first.state == StreamState::kFailing);
  CHECK(first.scope == Verdict::Scope::kStream);
  CHECK(Judge(Bug{}, 7).delay > 40s);
}

TEST_CASE("a mistake of ours is told in the standard library's words, and in nobody else's") {
  struct CouldNotRead : std::runtime_error {
    using std::runtime_error::runtime_error;
  };
  CHECK(MessageOf(BugOf(std::length_error("vector::reserve"))).find("vector::reserve") !=
        std::string::npos);
  const std::string message = MessageOf(BugOf(CouldNotRead("jane@example.com is no number")));
  CHECK(message.find("CouldNotRead") != std::string::npos);
  CHECK(message.find("jane") == std::string::npos);
  CHECK(message.find("`hubmirror support-bundle`") != std::string::npos);
}

TEST_CASE("backoff doubles up to a minute, half of it by chance") {
  CHECK(Backoff(1, 0.0) == 500ms);
  CHECK(Backoff(1, 0.999) >= 990ms);
  CHECK(Backoff(2, 0.0) == 1s);
  CHECK(Backoff(7, 0.0) == 30s);
  CHECK(Backoff(100, 0.0) == 30s);
}

TEST_CASE("a refused token may be too new: it is asked again thrice before the portal is blocked") {
  const ApiError refused{.kind = ApiErrorKind::kUnauthorized, .status = 401};
  std::vector<std::chrono::milliseconds> waits;
  for (int attempt = 1; attempt <= 3; ++attempt) {
    const Verdict verdict = Judge(refused, attempt);
    CHECK(verdict.scope == Verdict::Scope::kPortal);
    CHECK(verdict.state == StreamState::kFailing);
    CHECK(verdict.reason == "auth");
    waits.push_back(verdict.delay);
  }
  CHECK(waits == std::vector<std::chrono::milliseconds>{2s, 10s, 30s});
  CHECK(Judge(refused, 4).state == StreamState::kBlocked);
}

TEST_CASE("a token that is refused for good blocks the portal and is probed once a minute") {
  const Verdict verdict = Judge(ApiErrorKind::kUnauthorized);
  CHECK(verdict.scope == Verdict::Scope::kPortal);
  CHECK(verdict.state == StreamState::kBlocked);
  CHECK(verdict.reason == "auth");
  CHECK(verdict.delay == 1min);
}

TEST_CASE("a missing scope blocks one stream only") {
  const Verdict verdict = Judge(ApiErrorKind::kForbidden);
  CHECK(verdict.scope == Verdict::Scope::kStream);
  CHECK(verdict.reason == "scope");
}

TEST_CASE("limits and expired tokens are waited for, not counted as failures") {
  for (const ApiErrorKind kind :
       {ApiErrorKind::kBurstLimit, ApiErrorKind::kSearchLimit, ApiErrorKind::kDailyLimit,
        ApiErrorKind::kTokenExpired, ApiErrorKind::kMigrating, ApiErrorKind::kLocked}) {
    CHECK_FALSE(Judge(kind).counts_as_failure);
  }
}

TEST_CASE("a locked account is left alone for two seconds") {
  CHECK(Judge(ApiErrorKind::kLocked).delay >= 2s);
}

TEST_CASE("a bad answer makes one job wait, longer each time") {
  for (const ApiErrorKind kind : {ApiErrorKind::kServer, ApiErrorKind::kConnect,
                                  ApiErrorKind::kTimeout, ApiErrorKind::kDecode}) {
    CHECK(Judge(kind).scope == Verdict::Scope::kJob);
    CHECK(Judge(kind, 1).delay < Judge(kind, 3).delay);
  }
}

TEST_CASE("what a server in trouble asks for is waited for, up to the longest backoff") {
  ApiError trouble{.kind = ApiErrorKind::kServer, .status = 503, .retry_after = 7s};
  CHECK(Judge(trouble, 1, 0).delay == 7s);
  CHECK(Judge(trouble, 7, 0).delay == 30s);
  trouble.retry_after = 24h;
  CHECK(Judge(trouble, 1, 0).delay == 60s);
  CHECK(Judge(trouble, 7, 1).delay == 60s);
}

TEST_CASE("a database that is away holds the portal and is tried again within ten seconds") {
  const Verdict verdict = Judge(DatabaseError::Kind::kUnavailable, 50);
  CHECK(verdict.scope == Verdict::Scope::kPortal);
  CHECK(verdict.state == StreamState::kFailing);
  CHECK(verdict.reason == "database");
  CHECK(verdict.delay <= 10s);
}

TEST_CASE(
    "a lock that somebody holds stops its stream only, which tries again within ten seconds") {
  const Verdict verdict = Judge(DatabaseError::Kind::kContended, 50);
  CHECK(verdict.scope == Verdict::Scope::kStream);
  CHECK(verdict.state == StreamState::kFailing);
  CHECK(verdict.reason == "database");
  CHECK(verdict.delay <= 10s);
}

TEST_CASE("each state that a person must end has a reason of its own") {
  const auto reason = [](const auto& failure) { return Judge(failure).reason; };
  for (const ApiErrorKind kind : {ApiErrorKind::kGrantRevoked, ApiErrorKind::kAppConfig}) {
    CHECK(reason(kind) == "auth");
  }
  CHECK(reason(ApiErrorKind::kSecret) == "secret");
  CHECK(reason(ApiErrorKind::kWrongPortal) == "portal_id");
  CHECK(reason(DatabaseError::Kind::kForeign) == "foreign_schema");
  for (const ApiErrorKind kind : {ApiErrorKind::kSecret, ApiErrorKind::kWrongPortal}) {
    CHECK(Judge(kind).scope == Verdict::Scope::kPortal);
    CHECK(Judge(kind).state == StreamState::kBlocked);
  }
  CHECK(Judge(DatabaseError::Kind::kSuspectRows).reason == "bad_rows");
  CHECK(Judge(DatabaseError::Kind::kSuspectRows).scope == Verdict::Scope::kStream);
}

TEST_CASE("a mirror that another daemon keeps is passive, and looked at every ten seconds") {
  const Verdict verdict = Judge(DatabaseError::Kind::kPassive);
  CHECK(verdict.state == StreamState::kPassive);
  CHECK(verdict.delay == 10s);
}

TEST_CASE("an object type that HubSpot keeps denying blocks its stream") {
  CHECK(Judge(ApiErrorKind::kNotFound).reason == "api");
  const Verdict believed = Judge(ApiErrorKind::kNotFound, 10);
  CHECK(believed.reason == "object_type");
  CHECK(believed.scope == Verdict::Scope::kStream);
  CHECK(believed.delay == 24h);
}

TEST_CASE("a missing privilege is told apart from a database that is away") {
  CHECK(Judge(DatabaseError::Kind::kPrivilege).reason == "database_privilege");
  CHECK(Judge(DatabaseError::Kind::kPrivilege).state == StreamState::kBlocked);
}

TEST_CASE("a scope that is never granted is asked for once a day at last") {
  CHECK(Judge(ApiErrorKind::kForbidden, 1).delay == 15min);
  CHECK(Judge(ApiErrorKind::kForbidden, 2).delay == 1h);
  CHECK(Judge(ApiErrorKind::kForbidden, 9).delay == 24h);
}

TEST_CASE("what a person must act upon is asked ever more seldom by its own tries alone") {
  const ApiError trouble{.kind = ApiErrorKind::kServer, .status = 502};
  const ApiError forbidden{.kind = ApiErrorKind::kForbidden, .status = 403};
  const ApiError refused{.kind = ApiErrorKind::kUnauthorized, .status = 401};
  const ApiError unknown{.kind = ApiErrorKind::kNotFound, .status = 404};
  const DatabaseError away(DatabaseError::Kind::kUnavailable, "", "");
  CHECK(JudgeInTurn({trouble, away, trouble, away, trouble, forbidden}).delay == 15min);
  CHECK(JudgeInTurn({trouble, forbidden, forbidden}).delay == 1h);
  CHECK(JudgeInTurn({forbidden, forbidden, trouble, forbidden}).delay == 15min);
  CHECK(JudgeInTurn({trouble, trouble, trouble, refused}).delay == 2s);
  CHECK(JudgeInTurn({trouble, trouble, trouble, trouble, unknown}).reason == "api");
}

TEST_CASE("failures of many kinds in a row are backed off from like those of one") {
  const ApiError trouble{.kind = ApiErrorKind::kServer, .status = 502};
  const ApiError garbage{.kind = ApiErrorKind::kDecode, .status = 200};
  const std::vector<Failure> failures = {trouble, garbage, trouble, garbage, trouble, garbage};
  CHECK(JudgeInTurn(failures).delay == Backoff(6, 0.5));
}
