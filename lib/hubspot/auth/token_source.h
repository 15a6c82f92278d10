#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/secret.h"
#include "model/source/api_error.h"

namespace hubmirror {

/// Where one portal's access token comes from. Thread-safe.
class TokenSource {
 public:
  virtual ~TokenSource() = default;

  /// A token that should be accepted now. May block for one token request; if another thread is
  /// making it, this one waits for that.
  virtual Result<Secret, ApiError> Acquire() = 0;

  /// A token for the one request that asks whose it is; its answer goes to Identify.
  virtual Result<Secret, ApiError> AcquireToIdentify() { return Acquire(); }
  virtual void Identify(const Secret& /*token*/, PortalId /*owner*/) {}

  /// HubSpot answered 401 to this token. Says what the 401 means: kTokenExpired when another token
  /// can be had by asking again, kUnauthorized when that was tried already or cannot help.
  virtual ApiErrorKind Reject(const Secret& token) = 0;

  /// Whether the account gave it to an app by authorizing it, rather than a person to us.
  virtual bool authorized() const = 0;

  /// HubSpot accepted this token.
  virtual void Confirm(const Secret& token) = 0;

  /// What the token that was given out last may do, as far as HubSpot said it with the token.
  virtual std::vector<std::string> Scopes() { return {}; }
};

}  // namespace hubmirror
