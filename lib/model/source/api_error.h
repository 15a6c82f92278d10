#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hubmirror {

/// Why an exchange gave no usable answer. One kind per thing the retry policy does differently.
enum class ApiErrorKind {
  kBurstLimit,    ///< 429, ten-second window
  kSearchLimit,   ///< 429 on a search path
  kDailyLimit,    ///< 429, day used up
  kTokenExpired,  ///< 401 on a token that can be refreshed: ask again with a new one
  kUnauthorized,  ///< 401 despite a refreshed token; 530: malformed token
  kGrantRevoked,  ///< the refresh token or the portal is gone (BAD_REFRESH_TOKEN, BAD_HUB)
  kAppConfig,     ///< our client id, secret or redirect is wrong; never counts as revocation
  kSecret,        ///< the configured secret cannot be read
  kWrongPortal,   ///< the token belongs to another portal than the configured one
  kForbidden,     ///< 403: scope, user permission, feature not in tier
  kNotFound,      ///< 404 with a JSON body
  kUrlTooLong,    ///< 414
  kUnsupported,   ///< 400 by its text: HubSpot has no such list of this type
  kBadRequest,    ///< other 4xx: our request is wrong
  kLocked,        ///< 423: wait two seconds or more
  kMigrating,     ///< 477: the account moves between data centres, `retry_after` says how long
  kServer,        ///< 5xx, Cloudflare pages, HTML where JSON was due
  kConnect,       ///< no connection: DNS, refused, TLS
  kTimeout,       ///< the total deadline passed
  kDecode,        ///< truncated or malformed body
  kTooLarge,      ///< body over the byte cap
};

/// An exchange that gave no usable answer, as a value: the job chooses what to do.
struct ApiError {
  ApiErrorKind kind = ApiErrorKind::kServer;
  int status = 0;              ///< HTTP status, 0 = no response
  std::string message;         ///< for people: lowercase, no full stop, never a secret or a value
  std::string correlation_id;  ///< HubSpot's, for its support
  std::optional<std::chrono::milliseconds> retry_after;
  std::vector<std::string> missing_scopes;  ///< any one of them suffices
};

/// Whether this answer to a search means that the type cannot be searched. HubSpot documents no
/// such answer; 400, 404 and 405, with whatever body, are taken for it.
bool IsSearchRefusal(const ApiError& error);

/// Value of the label `reason`: dns, connect, tls, timeout, rate_limited, auth, wait (423 and 477:
/// HubSpot asks for patience), http_4xx, http_5xx, decode, too_large.
std::string_view ReasonOf(ApiErrorKind kind);

}  // namespace hubmirror
