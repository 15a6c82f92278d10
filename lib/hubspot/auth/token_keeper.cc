#include "hubspot/auth/token_keeper.h"

#include <algorithm>

#include "base/digest.h"
#include "hubspot/auth/authorization.h"
#include "model/source/crash_point.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

constexpr Duration kEarliness = 2min;    // at most this long before the token runs out
constexpr Duration kShortestPause = 1s;  // between refreshes that fail
constexpr Duration kLongestPause = 1min;

/// A token must still be good when the request that carries it arrives.
Duration Margin(std::chrono::seconds lifetime) {
  return std::min<Duration>(kEarliness, Duration(lifetime) / 4);
}

/// Trouble on the way to a new token does not make the old one bad; these do.
bool EndsGoodTokens(ApiErrorKind kind) {
  return kind == ApiErrorKind::kGrantRevoked || kind == ApiErrorKind::kWrongPortal;
}

ApiError SecretError(std::string message) {
  return {.kind = ApiErrorKind::kSecret, .message = std::move(message)};
}

}  // namespace

TokenKeeper::TokenKeeper(Settings settings, OAuthApp& app, RefreshTokenFile file,
                         const Clock& clock, TokenObserver& observer)
    : settings_(std::move(settings)),
      app_(app),
      file_(std::move(file)),
      clock_(clock),
      observer_(observer) {}

bool TokenKeeper::UsableUntil(Instant deadline) const {
  return !token_.empty() && clock_.Now() < deadline;
}

Result<Secret, ApiError> TokenKeeper::Acquire() {
  if (auto settled = TokenOrTurn()) return std::move(*settled);
  try {
    return Finish(Refresh());
  } catch (...) {
    Abandon();
    throw;
  }
}

std::optional<Result<Secret, ApiError>> TokenKeeper::TokenOrTurn() {
  MutexLock lock(mutex_);
  for (;;) {
    if (UsableUntil(refresh_at_)) return token_;
    const bool pausing = last_error_ && clock_.Now() < retry_at_;
    if (!refreshing_ && !pausing) {
      refreshing_ = true;
      return std::nullopt;
    }
    if (UsableUntil(expires_at_)) return token_;
    if (!refreshing_) return *last_error_;
    refreshed_.wait(lock);
  }
}

Result<Secret, ApiError> TokenKeeper::Finish(const Result<TokenAnswer, ApiError>& answer) {
  MutexLock lock(mutex_);
  refreshing_ = false;
  refreshed_.notify_all();
  if (answer) {
    Adopt(*answer);
    return token_;
  }
  Note(answer.error());
  if (!EndsGoodTokens(answer.error().kind) && UsableUntil(expires_at_)) return token_;
  return answer.error();
}

std::vector<std::string> TokenKeeper::Scopes() {
  MutexLock lock(mutex_);
  return scopes_;
}

void TokenKeeper::Abandon() {
  MutexLock lock(mutex_);
  refreshing_ = false;
  refreshed_.notify_all();
}

void TokenKeeper::Adopt(const TokenAnswer& answer) {
  token_ = answer.access_token;
  scopes_ = answer.scopes;
  expires_at_ = answer.sent_at + answer.lifetime;
  refresh_at_ = expires_at_ - Margin(answer.lifetime);
  unproven_ = std::exchange(after_rejection_, false);
  last_error_.reset();
  const Duration left = expires_at_ - clock_.Now();
  observer_.OnTokenExpiry(clock_.WallNow() +
                          std::chrono::duration_cast<std::chrono::milliseconds>(left));
}

void TokenKeeper::Note(const ApiError& error) {
  last_error_ = error;
  const Duration asked = error.retry_after.value_or(0ms);
  retry_at_ = clock_.Now() + std::clamp(asked, kShortestPause, kLongestPause);
  observer_.OnTokenRefreshFailure();
}

Result<TokenAnswer, ApiError> TokenKeeper::Refresh() {
  const auto grant = ChooseGrant();
  if (!grant) return grant.error();
  auto answer = app_.Refresh(grant->refresh_token);
  if (!answer) {
    // Revoked after all: what an operator has stored since counts from now on.
    if (answer.error().kind == ApiErrorKind::kGrantRevoked) unsaved_.reset();
    return answer;
  }
  if (auto error = Keep(*grant, *answer)) return std::move(*error);
  return answer;
}

Result<TokenKeeper::Grant, ApiError> TokenKeeper::ChooseGrant() const {
  const auto configured = settings_.refresh_token();
  if (!configured) return SecretError(configured.error());
  const std::string digest = configured->empty() ? std::string() : Sha256Hex(configured->Reveal());
  const auto descends = [&](const std::string& from) { return digest.empty() || from == digest; };
  if (unsaved_ && descends(unsaved_->configured_digest)) return *unsaved_;

  // Read each time: an operator may have authorized the portal again meanwhile.
  const auto stored = file_.Load();
  if (!stored) return SecretError(stored.error());
  if (*stored && descends((*stored)->configured_digest)) {
    return Grant{(*stored)->refresh_token, (*stored)->configured_digest};
  }
  if (!configured->empty()) return Grant{*configured, digest};
  return SecretError("there is no refresh token: run `hubmirror portal authorize`");
}

std::optional<ApiError> TokenKeeper::Keep(const Grant& used, const TokenAnswer& answer) {
  if (answer.portal_id && *answer.portal_id != settings_.portal_id) {
    return WrongPortal(*answer.portal_id, settings_.portal_id);
  }
  const bool renewed =
      !answer.refresh_token.empty() && answer.refresh_token.Reveal() != used.refresh_token.Reveal();
  if (used.safe && !renewed) return std::nullopt;
  const Secret& newest = renewed ? answer.refresh_token : used.refresh_token;
  Reach(CrashPoint::kTokenReceived);
  const auto stored = file_.Store({newest, used.configured_digest});
  Reach(CrashPoint::kTokenStored);
  unsaved_.reset();
  if (stored) return std::nullopt;
  // The previous one may be invalid from now on: this one must not be forgotten while we live.
  unsaved_ = Grant{newest, used.configured_digest, false};
  return SecretError(stored.error());
}

ApiErrorKind TokenKeeper::Reject(const Secret& token) {
  MutexLock lock(mutex_);
  // Another request has been refused before us, and a new token is here or on its way.
  if (token_.empty() || token_.Reveal() != token.Reveal()) return ApiErrorKind::kTokenExpired;
  token_ = Secret();
  after_rejection_ = true;
  return unproven_ ? ApiErrorKind::kUnauthorized : ApiErrorKind::kTokenExpired;
}

void TokenKeeper::Confirm(const Secret& token) {
  MutexLock lock(mutex_);
  if (!token_.empty() && token_.Reveal() == token.Reveal()) unproven_ = false;
}

}  // namespace hubmirror
