#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "settings/text/environment.h"
#include "settings/text/secret_ref.h"

namespace hubmirror {

/// Fetches secrets from where the configuration says they are, every time, so that a changed
/// file counts at once. One trailing newline is trimmed; a secret that is then empty or has
/// several lines is refused, and so is a file that its group may write or others may open.
/// Errors are lowercase words that name the reference and the next step, never the content.
/// Thread-safe when `environment` is.
class SecretSource {
 public:
  explicit SecretSource(Environment environment) : environment_(std::move(environment)) {}

  Result<Secret, std::string> Resolve(const SecretRef& ref) const;

  /// Whether permissions stand in the way: the file is too open, or closed to us. For the exit
  /// code 77; what is wrong in words comes from Resolve.
  bool IsPermissionFault(const SecretRef& ref) const;

 private:
  /// The file of a `credential:` or `file:` reference; empty when there are no credentials.
  std::string PathOf(const SecretRef& ref) const;

  Environment environment_;
};

}  // namespace hubmirror
