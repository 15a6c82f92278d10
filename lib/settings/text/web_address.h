#pragma once

#include <optional>
#include <string_view>

#include "settings/text/problem.h"

namespace hubmirror {

/// Whether `host` is `localhost` or a literal address of this machine's own loopback.
bool IsLoopbackName(std::string_view host);

// What is wrong with an address of the configuration; nullopt when nothing is.

/// `https://HOST[:PORT]`, one slash at the end forgiven; `http://` for loopback only, since a token
/// must not cross a network in the clear.
std::optional<ConfigFault> CheckOrigin(std::string_view text);
/// The same, and a path and query behind it.
std::optional<ConfigFault> CheckReceiverUrl(std::string_view text);
/// `http://HOST:PORT`, without user and password.
std::optional<ConfigFault> CheckProxy(std::string_view text);
/// `127.0.0.1:9437`, `[::1]:9437` or `localhost:9437`, port 0 for any free one. Other addresses
/// are refused: the local port has neither TLS nor authentication.
std::optional<ConfigFault> CheckListenAddress(std::string_view text);

}  // namespace hubmirror
