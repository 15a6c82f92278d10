#include "hubspot/auth/static_token.h"

#include "base/ascii.h"
#include "hubspot/auth/authorization.h"

namespace hubmirror {

Result<Secret, ApiError> StaticToken::Read() const {
  auto secret = read_();
  if (!secret) return ApiError{.kind = ApiErrorKind::kSecret, .message = secret.error()};
  if (secret->empty()) {
    return ApiError{.kind = ApiErrorKind::kSecret,
                    .message = "the token is empty: put one where the configuration points"};
  }
  if (!IsVisible(secret->Reveal())) {
    return ApiError{.kind = ApiErrorKind::kSecret,
                    .message =
                        "the token has characters that no token has, perhaps a line break or "
                        "quotation marks: copy it from HubSpot once more"};
  }
  return std::move(*secret);
}

Result<Secret, ApiError> StaticToken::Acquire() {
  MutexLock lock(mutex_);
  if (!token_.empty()) return token_;
  if (portal_id_) {
    if (owner_) return WrongPortal(*owner_, *portal_id_);
    return ApiError{.kind = ApiErrorKind::kUnauthorized,
                    .message = refused_ ? "HubSpot refuses the token"
                                        : "the token is not used until the account has answered to "
                                          "it"};
  }
  auto secret = Read();
  if (secret) token_ = *secret;
  return secret;
}

Result<Secret, ApiError> StaticToken::AcquireToIdentify() {
  MutexLock lock(mutex_);
  auto secret = Read();
  if (secret) candidate_ = *secret;
  return secret;
}

void StaticToken::Identify(const Secret& token, PortalId owner) {
  MutexLock lock(mutex_);
  const bool ours = !portal_id_ || owner == *portal_id_;
  token_ = ours ? token : Secret();
  refused_ = false;
  owner_ = ours ? std::nullopt : std::optional(owner);
}

ApiErrorKind StaticToken::Reject(const Secret& token) {
  MutexLock lock(mutex_);
  const bool current = token_.Reveal() == token.Reveal();
  // Another one was checked and found good meanwhile: that one deserves a try.
  const bool replaced = !token_.empty() && !current && candidate_.Reveal() != token.Reveal();
  if (current) {
    token_ = Secret();
    refused_ = true;
  }
  return replaced ? ApiErrorKind::kTokenExpired : ApiErrorKind::kUnauthorized;
}

}  // namespace hubmirror
