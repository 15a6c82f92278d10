#pragma once

#include <string>

#include "base/mutex.h"
#include "hubspot/secret_reader.h"
#include "hubspot/token_source.h"

namespace hubmirror {

/// A private app's token or a service key: it does not expire, but it can be replaced. It is read
/// again after a 401, so that a new one put in its place works at the next try. Thread-safe.
class StaticToken final : public TokenSource {
 public:
  explicit StaticToken(SecretReader read) : read_(std::move(read)) {}

  /// The error is kSecret when the token cannot be read or is empty.
  Result<Secret, ApiError> Acquire() override;
  ApiErrorKind Reject(const Secret& token) override;
  void Confirm(const Secret&) override {}

 private:
  const SecretReader read_;
  Mutex mutex_;
  Secret token_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror
