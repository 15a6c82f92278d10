#pragma once

#include <string>
#include <vector>

namespace hubmirror {

/// Where root keeps the files that systemd hands to the daemon as credentials, each by its name.
inline constexpr const char* kSecretFolder = "/etc/hubmirror/secrets";

/// The two files that make a secret a credential of the service: the secret itself, and the drop-in
/// of the unit that names it. Immutable.
class ServiceCredential {
 public:
  /// `name` as the configuration has it behind `credential:`.
  explicit ServiceCredential(
      std::string name, const std::string& secret_folder = kSecretFolder,
      const std::string& drop_in_folder = "/etc/systemd/system/hubmirror.service.d");

  const std::string& name() const { return name_; }
  const std::string& secret_path() const { return secret_path_; }
  const std::string& drop_in_path() const { return drop_in_path_; }
  /// What the drop-in says: the unit starts without the secret, too, for the other portals' sake.
  std::string DropInText() const;

  struct Removal {
    std::vector<std::string> removed;
    std::string failed;  ///< this one could not be removed, for the cause in errno
  };
  /// Removes the drop-in, then the secret; what is not there is passed over.
  Removal Remove() const;

 private:
  std::string name_;
  std::string secret_path_;
  std::string drop_in_path_;
};

/// The credential that a person means by the key of a portal, or by its own name, which has a dot;
/// empty for what cannot be either.
std::string CredentialNameOf(const std::string& text);

}  // namespace hubmirror
