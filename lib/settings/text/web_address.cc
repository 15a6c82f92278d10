#include "settings/text/web_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace hubmirror {
namespace {

using Fault = std::optional<ConfigFault>;

struct Authority {
  std::string host;         ///< IPv6 without brackets
  std::optional<int> port;  ///< 0 to 65535
  bool bracketed = false;
};

std::optional<int> PortOf(std::string_view text) {
  int port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  if (text[0] == '-' || port > 65535) return std::nullopt;
  return port;
}

bool IsHostLetter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '.' || letter == '-';
}

bool IsIpv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool IsIpv4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

/// Reads `HOST`, `HOST:PORT` or `[V6]:PORT`; nullopt when it is none of them.
std::optional<Authority> ReadAuthority(std::string_view text) {
  Authority authority;
  authority.bracketed = text.starts_with('[');
  const size_t end = authority.bracketed ? text.find(']') : text.find(':');
  if (authority.bracketed && end == std::string_view::npos) return std::nullopt;
  authority.host = text.substr(authority.bracketed ? 1 : 0, end - (authority.bracketed ? 1 : 0));
  if (authority.bracketed
          ? !IsIpv6(authority.host)
          : authority.host.empty() || !std::ranges::all_of(authority.host, IsHostLetter)) {
    return std::nullopt;
  }
  if (end == std::string_view::npos) return authority;
  std::string_view rest = text.substr(end + (authority.bracketed ? 1 : 0));
  if (rest.empty()) return authority;
  if (rest[0] != ':') return std::nullopt;
  rest.remove_prefix(1);
  authority.port = rest.empty() ? std::nullopt : PortOf(rest);
  if (!authority.port) return std::nullopt;
  return authority;
}

std::string_view WithoutSlash(std::string_view text) {
  if (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

/// An address may hold a password before its @: then it is not quoted.
std::string Named(std::string_view text) {
  return text.find('@') == std::string_view::npos ? QuoteForMessage(text) : "this value";
}

}  // namespace

bool IsLoopbackName(std::string_view name) {
  const std::string host(name);
  if (host == "localhost") return true;
  in_addr four{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  in6_addr six{};
  return inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

Fault CheckOrigin(std::string_view text) {
  const bool tls = text.starts_with("https://");
  const bool plain = text.starts_with("http://");
  const auto authority =
      ReadAuthority(WithoutSlash(text.substr(std::min(text.size(), tls ? size_t{8} : size_t{7}))));
  if ((!tls && !plain) || !authority || authority->port == 0) {
    return ConfigFault{Named(text) + " is not the address of a server",
                       "write https://HOST or https://HOST:PORT, nothing after it"};
  }
  if (tls || IsLoopbackName(authority->host)) return std::nullopt;
  return ConfigFault{"http:// would send the token in the clear",
                     "use https://; http:// is for loopback addresses only"};
}

Fault CheckReceiverUrl(std::string_view text) {
  const size_t scheme = text.find("://");
  const size_t end =
      scheme == std::string_view::npos ? scheme : text.find_first_of("/?#", scheme + 3);
  const std::string_view rest = end == std::string_view::npos ? "" : text.substr(end);
  constexpr std::string_view kMarks = "-._~:/?@!$&'()*+,;=%[]";
  const bool good = std::ranges::all_of(rest, [&](char letter) {
    return IsHostLetter(letter) || kMarks.find(letter) != std::string_view::npos;
  });
  if (!good) {
    return ConfigFault{"the path has a character that a URL cannot have",
                       "percent-encode it, and leave out a fragment (#)"};
  }
  auto fault = CheckOrigin(text.substr(0, end));
  if (!fault) return fault;
  if (fault->what.starts_with("http://")) {
    return ConfigFault{"http:// would send records in the clear", std::move(fault->next)};
  }
  fault->next = "write https://HOST/PATH or https://HOST:PORT/PATH, without user and password";
  return fault;
}

Fault CheckProxy(std::string_view text) {
  const bool plain = text.starts_with("http://");
  const auto authority =
      plain ? ReadAuthority(WithoutSlash(text.substr(7))) : std::optional<Authority>();
  if (authority && authority->port && *authority->port > 0) return std::nullopt;
  return ConfigFault{Named(text) + " is not the address of a proxy",
                     "write http://HOST:PORT, without user and password"};
}

Fault CheckListenAddress(std::string_view text) {
  const auto authority = ReadAuthority(text);
  const bool address =
      authority && authority->port &&
      (authority->bracketed || authority->host == "localhost" || IsIpv4(authority->host));
  if (!address) {
    return ConfigFault{QuoteForMessage(text) + " is not an address to listen on",
                       "write ADDRESS:PORT, such as 127.0.0.1:9437 or \"[::1]:9437\""};
  }
  if (IsLoopbackName(authority->host)) return std::nullopt;
  return ConfigFault{QuoteForMessage(text) + " can be reached from other machines, which needs " +
                         "TLS and authentication that this port does not have",
                     "listen on 127.0.0.1 and put a reverse proxy with both in front"};
}

}  // namespace hubmirror
