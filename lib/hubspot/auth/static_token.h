#pragma once

#include <optional>
#include <string>

#include "base/mutex.h"
#include "hubspot/auth/secret_reader.h"
#include "hubspot/auth/token_source.h"

namespace hubmirror {

/// A private app's token or a service key. It does not expire, but it can be replaced, even by
/// another portal's. Only the account details tell whose it is, so no other request gets it until
/// they have named the configured portal. It is read again for each such check and after a 401, so
/// a replacement works at the next attempt. Thread-safe.
class StaticToken final : public TokenSource {
 public:
  /// Without `portal_id` any portal's token will do.
  explicit StaticToken(SecretReader read, std::optional<PortalId> portal_id = std::nullopt)
      : read_(std::move(read)), portal_id_(portal_id) {}

  /// Errors: kSecret when the token cannot be read or is empty, kUnauthorized when it was refused
  /// or not checked yet, kWrongPortal when the check failed.
  Result<Secret, ApiError> Acquire() override;
  Result<Secret, ApiError> AcquireToIdentify() override;
  void Identify(const Secret& token, PortalId owner) override;
  ApiErrorKind Reject(const Secret& token) override;
  bool authorized() const override { return false; }
  void Confirm(const Secret&) override {}

 private:
  Result<Secret, ApiError> Read() const;

  const SecretReader read_;
  const std::optional<PortalId> portal_id_;
  Mutex mutex_;
  Secret token_ GUARDED_BY(mutex_);                   // empty: none that may be used
  Secret candidate_ GUARDED_BY(mutex_);               // the last one read for a check
  std::optional<PortalId> owner_ GUARDED_BY(mutex_);  // of the last one checked, when not ours
  bool refused_ GUARDED_BY(mutex_) = false;           ///< the one that was used last
};

}  // namespace hubmirror
