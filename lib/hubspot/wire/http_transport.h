#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "model/source/api_error.h"

namespace hubmirror {

/// One request. A body is a POST, no body is a GET; every request we send may be sent twice
/// without harm.
struct ApiRequest {
  std::string target;                ///< path and query, percent-encoded
  Secret bearer;                     ///< sent as the Authorization header; empty: none
  std::string content_type;          ///< of the body
  std::string body;                  ///< may hold secrets: never logged
  std::vector<Secret> secrets = {};  ///< those of the body, so that none comes back in an answer
};

/// A whole answer, whatever its status.
struct ApiAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;         ///< inflated
  uint64_t wire_bytes = 0;  ///< of the body before inflating

  /// The first header of this name in any case (HTTP/2 proxies lower them); empty when absent.
  std::string_view Header(std::string_view name) const;
};

/// Carries one request to HubSpot and brings the whole answer back. Thread-safe; calls block.
///
/// The error is one of kConnect, kTimeout, kTooLarge and kDecode (cut or corrupt body); every
/// status is an answer, not an error.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  virtual Result<ApiAnswer, ApiError> Send(const ApiRequest& request) = 0;
};

}  // namespace hubmirror
