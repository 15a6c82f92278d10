#include "telemetry/http/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>

namespace hubmirror {
namespace {

struct Authority {
  std::string_view host;
  std::optional<std::string_view> port;
};

/// Splits only; brackets mark an IPv6 literal, whose colons do not begin a port.
std::optional<Authority> Split(std::string_view text) {
  size_t host_end = text.find(':');
  std::string_view host = text.substr(0, host_end);
  if (text.starts_with('[')) {
    const size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    host = text.substr(1, bracket - 1);
    host_end = bracket + 1;
  }
  if (host.empty()) return std::nullopt;
  if (host_end == std::string_view::npos || host_end == text.size()) {
    return Authority{host, std::nullopt};
  }
  if (text[host_end] != ':') return std::nullopt;
  return Authority{host, text.substr(host_end + 1)};
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

bool IsLiteral(const std::string& host) {
  in6_addr six{};
  in_addr four{};
  return inet_pton(AF_INET, host.c_str(), &four) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &six) == 1;
}

}  // namespace

std::optional<ListenAddress> ParseListenAddress(std::string_view text) {
  const auto split = Split(text);
  if (!split || !split->port) return std::nullopt;
  const auto port = ParsePort(*split->port);
  if (!port) return std::nullopt;
  std::string host(split->host == "localhost" ? "127.0.0.1" : split->host);
  if (!IsLiteral(host)) return std::nullopt;
  return ListenAddress{std::move(host), *port};
}

std::string FormatAddress(const ListenAddress& address) {
  const bool is_six = address.host.find(':') != std::string::npos;
  return (is_six ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::optional<std::string> HostOf(std::string_view authority) {
  const auto split = Split(authority);
  if (!split || (split->port && !ParsePort(*split->port))) return std::nullopt;
  return std::string(split->host);
}

bool IsLoopback(const std::string& host) {
  in6_addr six{};
  in_addr four{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  return inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

}  // namespace hubmirror
