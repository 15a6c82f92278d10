#pragma once

#include <condition_variable>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "hubspot/auth/oauth_app.h"
#include "hubspot/auth/refresh_token_file.h"
#include "hubspot/auth/token_source.h"

namespace hubmirror {

/// Told how refreshing goes, for metrics. On the thread that refreshed; quick, no I/O.
class TokenObserver {
 public:
  virtual ~TokenObserver() = default;
  /// By the wall clock, for people.
  virtual void OnTokenExpiry(TimePoint expires_at) = 0;
  virtual void OnTokenRefreshFailure() = 0;
};

/// Keeps one portal's OAuth access token valid.
///
/// One thread at a time refreshes it before it expires (a 401 from HubSpot is no reliable sign of
/// that). Others use the old token while it is valid, and wait when it is not. A new refresh token
/// is on disk before the access token that came with it is used. The stored refresh token is
/// preferred to the configured one unless the configuration has changed since. Thread-safe.
class TokenKeeper final : public TokenSource {
 public:
  struct Settings {
    PortalId portal_id;          ///< an answer for another portal is kWrongPortal
    SecretReader refresh_token;  ///< the configured one; may be empty once the portal is authorized
  };

  /// All references must outlive this.
  TokenKeeper(Settings settings, OAuthApp& app, RefreshTokenFile file, const Clock& clock,
              TokenObserver& observer);

  /// Errors as OAuthApp::Refresh, and kSecret when there is no refresh token or it cannot be kept,
  /// kWrongPortal when it belongs to another portal. A failed refresh is not repeated within a
  /// second (or what Retry-After says); callers in between get its error.
  Result<Secret, ApiError> Acquire() override;
  ApiErrorKind Reject(const Secret& token) override;
  bool authorized() const override { return true; }
  void Confirm(const Secret& token) override;
  std::vector<std::string> Scopes() override;

 private:
  /// Which refresh token to send, and what it descends from.
  struct Grant {
    Secret refresh_token;
    std::string configured_digest;
    bool safe = true;  ///< a file has it, ours or the configured one
  };

  bool UsableUntil(Instant deadline) const REQUIRES(mutex_);
  /// Nothing when this thread is to refresh.
  std::optional<Result<Secret, ApiError>> TokenOrTurn();
  Result<Secret, ApiError> Finish(const Result<TokenAnswer, ApiError>& answer);
  void Abandon();
  Result<TokenAnswer, ApiError> Refresh();
  Result<Grant, ApiError> ChooseGrant() const;
  std::optional<ApiError> Keep(const Grant& used, const TokenAnswer& answer);
  void Adopt(const TokenAnswer& answer) REQUIRES(mutex_);
  void Note(const ApiError& error) REQUIRES(mutex_);

  const Settings settings_;
  OAuthApp& app_;
  const RefreshTokenFile file_;
  const Clock& clock_;
  TokenObserver& observer_;

  Mutex mutex_;
  std::condition_variable_any refreshed_;
  bool refreshing_ GUARDED_BY(mutex_) = false;
  Secret token_ GUARDED_BY(mutex_);
  std::vector<std::string> scopes_ GUARDED_BY(mutex_);  // of token_, if HubSpot told them
  Instant refresh_at_ GUARDED_BY(mutex_){};             // from here on a new one is fetched
  Instant expires_at_ GUARDED_BY(mutex_){};
  bool after_rejection_ GUARDED_BY(mutex_) = false;  // the next token replaces a refused one
  bool unproven_ GUARDED_BY(mutex_) = false;         // token_ does, and was not accepted yet
  std::optional<ApiError> last_error_ GUARDED_BY(mutex_);
  Instant retry_at_ GUARDED_BY(mutex_){};

  // Only the refreshing thread, of which there is one. A refresh token that could not be stored.
  std::optional<Grant> unsaved_;
};

}  // namespace hubmirror
