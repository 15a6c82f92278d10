#pragma once

#include <string>
#include <vector>

#include "http/http_transport.h"

namespace hubmirror {

/// What the body of an error says. Every field may be empty: HubSpot promises none of them.
struct ErrorBody {
  bool json = false;  ///< the body is a JSON object at all
  std::string category;
  std::string policy;   ///< of a 429: TEN_SECONDLY_ROLLING, DAILY, ...
  std::string message;  ///< one printable line of at most 200 bytes
  std::string correlation_id;
  std::vector<std::string> scopes;  ///< any one of them would do
  /// Token endpoint: BAD_REFRESH_TOKEN and so on, else the RFC 6749 name (`invalid_grant`).
  std::string oauth_status;
};

/// Pure.
ErrorBody ReadErrorBody(const ClientAnswer& answer);

}  // namespace hubmirror
