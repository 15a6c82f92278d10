#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/secret.h"
#include "hubspot/auth/oauth_app.h"
#include "hubspot/auth/refresh_token_file.h"
#include "hubspot/auth/scopes.h"

namespace hubmirror {

// The authorization-code flow, step by step: a person opens AuthorizeUrl and consents, HubSpot
// sends the browser to the redirect address with a code, and FinishAuthorization makes a stored
// refresh token of it. See
// https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth.

/// What the person's browser is asked to open.
struct AuthorizationRequest {
  std::string app_url;  ///< `https://app.hubspot.com`
  std::string client_id;
  std::string redirect_uri;  ///< one of the app's, to the letter
  std::vector<ScopeNeed> scopes;
  std::string state;   ///< from NewState
  PortalId portal_id;  ///< preselected, so that the right account is authorized
};

std::string AuthorizeUrl(const AuthorizationRequest& request);

/// 32 hex digits nobody can guess, to tell our redirect from one that was slipped in.
std::string NewState();

/// The code in the query of a redirect (`code=...&state=...`), percent-encoded as it came. The
/// error says in words what HubSpot or the person answered instead, or that `state` is not ours.
Result<Secret, std::string> CodeFromQuery(std::string_view query, std::string_view state);

/// The code in what a person pasted: the code alone, or the whole address the browser landed on.
Result<Secret, std::string> CodeFromPaste(std::string_view pasted, std::string_view state);

/// How a successful authorization ended: the scopes that were not granted all the same.
struct Authorized {
  std::vector<ScopeNeed> missing;
};

/// Exchanges the code, checks that the account is `portal_id` (else kWrongPortal, nothing stored)
/// and stores the refresh token, as descending from `configured` (which may be empty).
Result<Authorized, ApiError> FinishAuthorization(OAuthApp& app, const RefreshTokenFile& file,
                                                 const AuthorizationRequest& request,
                                                 const Secret& configured, const Secret& code);

/// kWrongPortal, with both ids in the message.
ApiError WrongPortal(PortalId actual, PortalId configured);

}  // namespace hubmirror
