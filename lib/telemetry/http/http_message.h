#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace hubmirror {

/// A request of the local port: the part of HTTP/1.1 (RFC 9112) that GET and HEAD need. It has no
/// body.
struct HttpRequest {
  std::string method;
  std::string path;                          ///< as sent, without the query
  std::map<std::string, std::string> query;  ///< percent-decoded; the last of a name counts
  std::string host;
  std::optional<std::string> origin;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  ///< beside those every answer has
};

/// Why a request is not answered with what it asked for.
struct HttpRefusal {
  int status = 400;
  std::string_view reason;  ///< host, origin, method, size, rate, syntax, timeout: a metric's label
  std::string_view words;   ///< for the body
};

/// Bytes of a request up to and with the empty line; npos while it has not come.
size_t HeaderLength(std::string_view bytes);

/// Reads a whole header, as measured by HeaderLength. Takes hostile bytes: what is not clearly
/// right is refused, also every request that announces a body.
Result<HttpRequest, HttpRefusal> ParseHttpRequest(std::string_view header);

/// The bytes to send. The connection ends after them. `head`: without the body, but with its
/// length.
std::string Serialize(const HttpResponse& response, bool head);

/// An answer that says why not.
HttpResponse ResponseTo(const HttpRefusal& refusal);

}  // namespace hubmirror
