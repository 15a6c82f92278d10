#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hubmirror {

/// Names the place where a secret is kept; it is not the secret and may be shown. Immutable.
struct SecretRef {
  enum class Kind { kCredential, kFile, kEnvironment };
  Kind kind = Kind::kCredential;
  std::string name;  ///< name of the credential, absolute path or name of the variable

  /// `credential:NAME`, `file:/path` or `env:NAME`, as the configuration has it.
  std::string Text() const;
  friend bool operator==(const SecretRef&, const SecretRef&) = default;
};

/// Reads the three forms; nullopt for anything else, which may be a secret: do not print it.
std::optional<SecretRef> ParseSecretRef(std::string_view text);

}  // namespace hubmirror
