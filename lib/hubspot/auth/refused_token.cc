#include "hubspot/auth/refused_token.h"

namespace hubmirror {

ApiError AfterRefusal(ApiError error, const Secret& token, TokenSource& tokens,
                      const PortalKey& portal) {
  const std::string authorize = "`hubmirror portal authorize " + portal + "`";
  if (error.kind == ApiErrorKind::kForbidden && !error.missing_scopes.empty() &&
      tokens.authorized()) {
    // An app's token keeps the scopes that the account agreed to.
    error.message += ", then " + authorize;
  }
  if (error.kind != ApiErrorKind::kUnauthorized) return error;  // 401, or 530: malformed.
  error.kind = tokens.Reject(token);
  if (error.kind == ApiErrorKind::kTokenExpired) {
    error.message = "the token has run out";
  } else {
    error.message += tokens.authorized() ? ": " + authorize : ": put a new one in its place";
  }
  return error;
}

}  // namespace hubmirror
