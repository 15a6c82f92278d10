#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hubmirror {

/// The SHA-256 of `text`, its 32 bytes.
std::string Sha256(std::string_view text);
/// The same as 64 lower-case hex digits.
std::string Sha256Hex(std::string_view text);

/// HMAC-SHA-256 (RFC 2104) of `text`, its 32 bytes.
std::string HmacSha256(std::string_view key, std::string_view text);
/// The same as 64 lower-case hex digits.
std::string HmacSha256Hex(std::string_view key, std::string_view text);

/// Base64 with padding (RFC 4648, section 4).
std::string Base64Encode(std::string_view bytes);
/// Undoes it; padding may be left out. Nothing where the text is no base64.
std::optional<std::string> Base64Decode(std::string_view text);

/// A fast 64-bit hash (XXH3) for telling equal from changed; not for secrets. The value is stored
/// in the database, so it must stay the same across versions and machines.
uint64_t Hash64(std::string_view bytes, uint64_t seed = 0);

}  // namespace hubmirror
