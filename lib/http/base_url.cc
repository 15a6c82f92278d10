#include "http/base_url.h"

#include <arpa/inet.h>

#include <charconv>
#include <optional>

#include "base/ascii.h"

namespace hubmirror {
namespace {

struct Authority {
  std::string host;
  std::optional<int> port;
};

std::optional<int> ParsePort(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (port < 1 || port > 65535) return std::nullopt;
  return port;
}

bool IsHostText(std::string_view host, bool bracketed) {
  if (host.empty()) return false;
  for (const char c : host) {
    if (!IsLetterOrDigit(c) && c != '.' && c != '-' && !(bracketed && c == ':')) return false;
  }
  return true;
}

/// What stands between the scheme and the end; one trailing slash is forgiven.
Result<Authority, std::string> ParseAuthority(std::string_view text) {
  if (text.ends_with('/')) text.remove_suffix(1);
  if (text.find('@') != std::string_view::npos)
    return std::string("must not hold a user or password");
  if (text.find_first_of("/?#") != std::string_view::npos)
    return std::string("must end after the host and port");
  const bool bracketed = text.starts_with('[');
  const size_t host_end = bracketed ? text.find(']') : text.find(':');
  if (bracketed && host_end == std::string_view::npos) return std::string("has a [ without its ]");

  Authority authority;
  authority.host = std::string(bracketed ? text.substr(1, host_end - 1) : text.substr(0, host_end));
  if (!IsHostText(authority.host, bracketed))
    return std::string("has no valid host name or address");
  if (host_end == std::string_view::npos) return authority;

  std::string_view rest = text.substr(bracketed ? host_end + 1 : host_end);
  if (rest.empty()) return authority;
  if (!rest.starts_with(':')) return std::string("must end after the host and port");
  authority.port = ParsePort(rest.substr(1));
  if (!authority.port) return std::string("has a port that is not a number from 1 to 65535");
  return authority;
}

}  // namespace

std::string BaseUrl::Origin() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (tls ? "https://" : "http://") + (ipv6 ? "[" + host + "]" : host) + ":" +
         std::to_string(port);
}

// `127.example.com` may be anyone's host; an address is not.
bool StaysOnThisMachine(const std::string& host) {
  if (host == "localhost") return true;
  in_addr four{};
  if (::inet_pton(AF_INET, host.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  in6_addr six{};
  return ::inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

Result<BaseUrl, std::string> ParseBaseUrl(std::string_view text) {
  const bool tls = text.starts_with("https://");
  if (!tls && !text.starts_with("http://")) return std::string("must start with https://");
  const auto authority = ParseAuthority(text.substr(tls ? 8 : 7));
  if (!authority) return authority.error();
  if (!tls && !StaysOnThisMachine(authority->host)) {
    return std::string("must use https:// unless the host is a loopback address");
  }
  return BaseUrl{
      .tls = tls, .host = authority->host, .port = authority->port.value_or(tls ? 443 : 80)};
}

Result<RequestUrl, std::string> ParseRequestUrl(std::string_view text) {
  const size_t scheme = text.find("://");
  const size_t end =
      scheme == std::string_view::npos ? scheme : text.find_first_of("/?#", scheme + 3);
  auto base = ParseBaseUrl(text.substr(0, end));
  if (!base) return base.error();
  RequestUrl url{.base = std::move(*base)};
  if (end == std::string_view::npos) return url;
  const std::string_view target = text.substr(end);
  for (const char c : target) {
    if (!IsLetterOrDigit(c) &&
        std::string_view("-._~:/?@!$&'()*+,;=%[]").find(c) == std::string_view::npos) {
      return std::string(c == '#' ? "must not have a fragment (#)"
                                  : "has a character that must be percent-encoded");
    }
  }
  url.target = (target.starts_with('/') ? "" : "/") + std::string(target);
  return url;
}

Result<ProxyAddress, std::string> ParseProxyAddress(std::string_view text) {
  if (!text.starts_with("http://")) return std::string("must start with http://");
  const auto authority = ParseAuthority(text.substr(7));
  if (!authority) return authority.error();
  if (!authority->port) return std::string("must name a port");
  return ProxyAddress{.host = authority->host, .port = *authority->port};
}

}  // namespace hubmirror
