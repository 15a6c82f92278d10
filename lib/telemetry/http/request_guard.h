#pragma once

#include <optional>
#include <string>
#include <vector>

#include "telemetry/http/http_message.h"

namespace hubmirror {

/// Decides which requests the local port answers: GET and HEAD only, under a name that only this
/// machine's own browsers use (so that a foreign name that resolves to a loopback address gets
/// nothing), and never for a page from elsewhere. Immutable.
class RequestGuard {
 public:
  /// `allowed_hosts`: names beside loopback addresses and `localhost`, without a port.
  explicit RequestGuard(std::vector<std::string> allowed_hosts);

  std::optional<HttpRefusal> Refuses(const HttpRequest& request) const;

 private:
  bool Knows(const std::string& authority) const;

  std::vector<std::string> allowed_hosts_;  ///< lower case
};

}  // namespace hubmirror
