#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hubmirror {

/// Where the local port listens.
struct ListenAddress {
  std::string host;   ///< an IPv4 or IPv6 literal, without brackets
  uint16_t port = 0;  ///< 0: any free one
};

/// Reads `127.0.0.1:9437`, `[::1]:9437` or `localhost:0`; nullopt when it is none of these.
std::optional<ListenAddress> ParseListenAddress(std::string_view text);
/// The same, written; an IPv6 literal gets its brackets.
std::string FormatAddress(const ListenAddress& address);

/// The host of `host`, `host:port` or `[v6]:port`, without brackets; nullopt when the port is not
/// a number or the host is empty.
std::optional<std::string> HostOf(std::string_view authority);

/// Whether `host` is a literal address of this machine's own loopback: 127.0.0.0/8 or ::1.
bool IsLoopback(const std::string& host);

}  // namespace hubmirror
