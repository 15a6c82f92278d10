#include "hubspot/static_token.h"

namespace hubmirror {

Result<Secret, ApiError> StaticToken::Acquire() {
  MutexLock lock(mutex_);
  if (!token_.empty()) return token_;
  auto read = read_();
  if (!read) return ApiError{.kind = ApiErrorKind::kSecret, .message = read.error()};
  if (read->empty()) {
    return ApiError{.kind = ApiErrorKind::kSecret,
                    .message = "the token is empty: put one where the configuration points"};
  }
  token_ = std::move(*read);
  return token_;
}

ApiErrorKind StaticToken::Reject(const Secret& token) {
  MutexLock lock(mutex_);
  // Somebody has read a newer one meanwhile: that one deserves a try.
  const bool replaced = !token_.empty() && token_.Reveal() != token.Reveal();
  if (replaced) return ApiErrorKind::kTokenExpired;
  token_ = Secret();
  return ApiErrorKind::kUnauthorized;
}

}  // namespace hubmirror
