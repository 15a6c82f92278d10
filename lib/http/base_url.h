#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace hubmirror {

/// Where requests go (`api.base_url`): scheme, host and port, nothing else. Immutable.
struct BaseUrl {
  bool tls = true;
  std::string host;  ///< a name or an address; IPv6 without brackets
  int port = 443;

  /// `https://api.hubapi.com:443`, IPv6 in brackets.
  std::string Origin() const;
  friend bool operator==(const BaseUrl&, const BaseUrl&) = default;
};

/// Where requests of one kind go. Immutable.
struct RequestUrl {
  BaseUrl base;
  std::string target = "/";  ///< path and query, as they are sent
  friend bool operator==(const RequestUrl&, const RequestUrl&) = default;
};

/// An HTTP proxy that is asked to CONNECT (`api.proxy`). Immutable.
struct ProxyAddress {
  std::string host;
  int port = 0;
  friend bool operator==(const ProxyAddress&, const ProxyAddress&) = default;
};

/// Reads `https://HOST[:PORT]`, or `http://` for loopback addresses only: a token must not cross a
/// network in the clear. The error says in words what is wrong, for the configuration's report.
Result<BaseUrl, std::string> ParseBaseUrl(std::string_view text);

/// The same with a path and a query behind it, in the characters that a URL may have (RFC 3986).
Result<RequestUrl, std::string> ParseRequestUrl(std::string_view text);

/// Whether `host` is `localhost` or an address of this machine's loopback; no proxy leads there.
bool StaysOnThisMachine(const std::string& host);

/// Reads `http://HOST:PORT`. Credentials in it are refused: they would be a secret in the config.
Result<ProxyAddress, std::string> ParseProxyAddress(std::string_view text);

}  // namespace hubmirror
