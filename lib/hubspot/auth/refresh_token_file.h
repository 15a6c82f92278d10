#pragma once

#include <optional>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "base/secret.h"

namespace hubmirror {

/// The newest refresh token of one portal, in the state directory. HubSpot may issue a new one with
/// every refresh and invalidate the old one, so it must survive a power cut. Another process may
/// replace it at any time (`hubmirror portal authorize`). Immutable; safe to use from several
/// threads, if not for two Stores at once.
class RefreshTokenFile {
 public:
  /// What the file holds.
  struct Grant {
    Secret refresh_token;
    /// SHA-256 of the configured refresh token it descends from, "" of none: when the configuration
    /// names another one, that one counts and this is left over.
    std::string configured_digest;
  };

  /// The file is `<state_dir>/oauth/<portal>.json`.
  RefreshTokenFile(const std::string& state_dir, const PortalKey& portal);

  const std::string& path() const { return path_; }

  /// Nothing if there is no file. The error says what is wrong with the file and what to do.
  Result<std::optional<Grant>, std::string> Load() const;

  /// Writes a new file (0600), forces it to disk and puts it in place of the old one. When it
  /// returns, the grant is safe; on an error the old file is still there. Run by root, the file
  /// goes to the owner of the state directory, whom the daemon runs as.
  Result<Done, std::string> Store(const Grant& grant) const;

 private:
  const std::string folder_;
  const std::string path_;
};

}  // namespace hubmirror
