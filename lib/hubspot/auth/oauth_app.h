#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/secret.h"
#include "hubspot/auth/secret_reader.h"
#include "hubspot/read/api_requests.h"
#include "hubspot/read/exchange_report.h"
#include "model/source/exchange.h"

namespace hubmirror {

/// What the token endpoint gave.
struct TokenAnswer {
  Secret access_token;
  Secret refresh_token;              ///< empty: the one we have stays
  std::chrono::seconds lifetime{0};  ///< of the access token, from the time the request left
  Instant sent_at{};
  std::optional<PortalId> portal_id;  ///< v1 answers do not tell it
  std::vector<std::string> scopes;
};

/// Our app's side of OAuth 2.0 for one portal: the token endpoint, asked with client id and secret
/// in the body. See
/// https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth.
/// Thread-safe, if what it is given is.
class OAuthApp {
 public:
  struct Settings {
    PortalKey portal;
    std::string version;  ///< of the API: `2026-09`
    std::string client_id;
    SecretReader client_secret;
  };

  /// All references must outlive this.
  OAuthApp(Settings settings, Wire wire, ExchangeObserver& observer);

  /// Errors: kGrantRevoked when the grant is gone, kAppConfig and kSecret when the fault is in our
  /// settings, else as the transport and the statuses say.
  Result<TokenAnswer, ApiError> Refresh(const Secret& refresh_token);
  /// Ends an authorization: `code` from the redirect, which went to `redirect_uri`. A code that was
  /// used or is too old is kBadRequest.
  Result<TokenAnswer, ApiError> ExchangeCode(const Secret& code, const std::string& redirect_uri);

 private:
  using Fields = std::vector<std::pair<std::string, std::string>>;
  /// `secret`: the one among `fields`.
  Result<TokenAnswer, ApiError> Ask(Fields fields, const Secret& secret);

  const Settings settings_;
  const ApiRequests requests_;
  const Wire wire_;
  ExchangeObserver& observer_;
};

}  // namespace hubmirror
