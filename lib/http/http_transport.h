#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace hubmirror {

/// The terms of a request that must not be sent twice (rule W23).
struct SendOnce {
  std::chrono::milliseconds deadline{std::chrono::seconds{100}};  ///< instead of the transport's
  /// Its first byte leaves by then, or none does; of Clock::BootNow.
  Instant leave_by{};
};

/// One request. A body is a POST, no body is a GET. Without `once` it must be one that may be sent
/// twice without harm.
struct ClientRequest {
  std::string target;                ///< path and query, percent-encoded
  Secret bearer;                     ///< sent as the Authorization header; empty: none
  std::string content_type;          ///< of the body
  std::string body;                  ///< may hold secrets: never logged
  std::vector<Secret> secrets = {};  ///< those of the body, so that none comes back in an answer
  /// Further fields of the header, names and values as they are sent.
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::optional<SendOnce> once = {};
};

/// A whole answer, whatever its status.
struct ClientAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;         ///< inflated; with BodyLimit::kCut as it came, as far as it was read
  uint64_t wire_bytes = 0;  ///< of the body before inflating

  /// The first header of this name in any case (HTTP/2 proxies lower them); empty when absent.
  std::string_view Header(std::string_view name) const;
};

/// Why there is no whole answer.
struct HttpFailure {
  enum class Kind {
    kConnect,   ///< no connection, or no answer on it: DNS, refused, TLS, closed
    kTimeout,   ///< the total deadline passed
    kDecode,    ///< cut or corrupt
    kTooLarge,  ///< over a bound
  };
  Kind kind = Kind::kConnect;
  int status = 0;       ///< as far as one arrived
  std::string message;  ///< for people: lowercase, no full stop, never a secret or a value
  /// Some of the request was handed over, so the peer may have acted on it.
  bool left = false;
};

/// Carries one request to one peer and brings the whole answer back. Thread-safe; calls block.
/// Every status is an answer, not a failure.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  virtual Result<ClientAnswer, HttpFailure> Send(const ClientRequest& request) = 0;
};

}  // namespace hubmirror
