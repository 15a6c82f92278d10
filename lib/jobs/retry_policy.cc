#include "jobs/retry_policy.h"

#include <algorithm>

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using Scope = Verdict::Scope;

// A person must act first; asking more often would only add failed requests to the portal's day.
constexpr auto kProbe = 1min;
// A new token may be refused for a minute or two before all of HubSpot knows it
// (https://docs.airbyte.com/integrations/sources/hubspot).
constexpr std::chrono::milliseconds kNewTokenWaits[] = {2s, 10s, 30s};
constexpr auto kScopeProbe = 15min;
constexpr auto kScopeProbeMost = 24h;
constexpr int kNotFoundBelieved = 5;  // more than a search that knows no type is asked
// HubSpot: a lock lasts two seconds
// (https://developers.hubspot.com/docs/api-reference/error-handling).
constexpr auto kLockedWait = 2s;
// Where HubSpot means a long wait it says so as a limit or a move, which the governor hears. Any
// other Retry-After is a guess of whatever stands on the way, a date in a far year for one.
constexpr std::chrono::milliseconds kLongestBackoff = 60s;
// A database belongs to somebody near, who sees it come back and waits for us.
constexpr std::chrono::milliseconds kDatabaseBackoff = 10s;

Verdict Blocked(Scope scope, std::string reason, std::chrono::milliseconds delay) {
  return {
      .scope = scope, .state = StreamState::kBlocked, .reason = std::move(reason), .delay = delay};
}

/// Soon after a scope is granted all is well again; one that is never granted costs a request a
/// day.
std::chrono::milliseconds ScopeProbe(int attempt) {
  const int quadruplings = std::clamp(attempt - 1, 0, 4);
  return std::min<std::chrono::milliseconds>(kScopeProbe * (1 << (2 * quadruplings)),
                                             kScopeProbeMost);
}

Verdict JudgeApi(const ApiError& error, const Attempt& attempt, double jitter) {
  switch (error.kind) {
    case ApiErrorKind::kTokenExpired:
      return {.reason = "auth", .delay = 0ms, .counts_as_failure = false};
    case ApiErrorKind::kBurstLimit:
    case ApiErrorKind::kSearchLimit:
    case ApiErrorKind::kDailyLimit:
    case ApiErrorKind::kMigrating:
      // The governor has heard it and opens no slot until the time is right.
      return {.reason = "rate_limited", .delay = 0ms, .counts_as_failure = false};
    case ApiErrorKind::kUnauthorized:
      if (error.status == 401 && attempt.alike <= static_cast<int>(std::size(kNewTokenWaits))) {
        return {
            .scope = Scope::kPortal, .reason = "auth", .delay = kNewTokenWaits[attempt.alike - 1]};
      }
      return Blocked(Scope::kPortal, "auth", kProbe);
    case ApiErrorKind::kGrantRevoked:
    case ApiErrorKind::kAppConfig:
      return Blocked(Scope::kPortal, "auth", kProbe);
    case ApiErrorKind::kSecret:
      return Blocked(Scope::kPortal, "secret", kProbe);
    case ApiErrorKind::kWrongPortal:
      return Blocked(Scope::kPortal, "portal_id", kProbe);
    case ApiErrorKind::kForbidden:
      return Blocked(Scope::kStream, "scope", ScopeProbe(attempt.alike));
    case ApiErrorKind::kNotFound:
      // One such answer may be a passing fault; a type that is gone does not come back soon.
      if (attempt.alike < kNotFoundBelieved) break;
      return Blocked(Scope::kStream, "object_type",
                     ScopeProbe(attempt.alike - kNotFoundBelieved + 1));
    case ApiErrorKind::kLocked:
      return {.reason = "api",
              .delay =
                  std::max<std::chrono::milliseconds>(kLockedWait, Backoff(attempt.in_row, jitter)),
              .counts_as_failure = false};
    default:
      break;
  }
  auto delay = Backoff(attempt.in_row, jitter);
  if (error.retry_after) delay = std::clamp(*error.retry_after, delay, kLongestBackoff);
  return {.reason = "api", .delay = delay};
}

Verdict JudgeDatabase(const DatabaseError& error, const Attempt& attempt, double jitter) {
  switch (error.kind()) {
    case DatabaseError::Kind::kUnavailable:
      return {.scope = Scope::kPortal,
              .reason = "database",
              .delay = std::min(Backoff(attempt.in_row, jitter), kDatabaseBackoff)};
    case DatabaseError::Kind::kContended:
      return {.scope = Scope::kStream,
              .reason = "database",
              .delay = std::min(Backoff(attempt.in_row, jitter), kDatabaseBackoff)};
    case DatabaseError::Kind::kPrivilege:
      return Blocked(Scope::kPortal, "database_privilege", kProbe);
    case DatabaseError::Kind::kForeign:
      return Blocked(Scope::kPortal, "foreign_schema", kProbe);
    case DatabaseError::Kind::kPassive:
      return {.scope = Scope::kPortal,
              .state = StreamState::kPassive,
              .reason = "passive",
              .delay = 10s};
    case DatabaseError::Kind::kSuspectRows:
      return Blocked(Scope::kStream, "bad_rows", 5min);
    case DatabaseError::Kind::kOther:
      break;
  }
  return {.scope = Scope::kStream, .reason = "database", .delay = Backoff(attempt.in_row, jitter)};
}

FailureKind KindOf(const Failure& failure) {
  FailureKind kind{.source = failure.index()};
  if (const auto* api = std::get_if<ApiError>(&failure)) kind.kind = static_cast<int>(api->kind);
  if (const auto* database = std::get_if<DatabaseError>(&failure)) {
    kind.kind = static_cast<int>(database->kind());
  }
  return kind;
}

}  // namespace

std::chrono::milliseconds Backoff(int attempt, double jitter) {
  const int doublings = std::clamp(attempt - 1, 0, 6);
  const auto whole =
      std::min<std::chrono::milliseconds>(1000ms * (1 << doublings), kLongestBackoff);
  return whole / 2 + std::chrono::milliseconds(
                         static_cast<int64_t>(jitter * static_cast<double>(whole.count()) / 2));
}

Attempt FailureCount::Next(const Failure& failure) const {
  const bool alike = count_ > 0 && KindOf(failure) == last_;
  return {.in_row = count_ + 1, .alike = alike ? alike_ + 1 : 1};
}

void FailureCount::Add(const FailureKind& kind) {
  alike_ = count_ > 0 && kind == last_ ? alike_ + 1 : 1;
  ++count_;
  last_ = kind;
}

Verdict JudgeFailure(const Failure& failure, const Attempt& attempt, double jitter) {
  Verdict verdict{
      .scope = Scope::kStream, .reason = "bug", .delay = Backoff(attempt.in_row, jitter)};
  if (const auto* api = std::get_if<ApiError>(&failure)) {
    verdict = JudgeApi(*api, attempt, jitter);
  } else if (const auto* database = std::get_if<DatabaseError>(&failure)) {
    verdict = JudgeDatabase(*database, attempt, jitter);
  }
  verdict.until_cycle_ends = !std::holds_alternative<ApiError>(failure);
  verdict.kind = KindOf(failure);
  return verdict;
}

}  // namespace hubmirror
