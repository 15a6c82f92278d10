#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hubmirror {

/// Base64 with padding (RFC 4648, section 4).
std::string Base64Encode(std::string_view bytes);

/// Undoes it; padding may be left out. Nothing where the text is no base64.
std::optional<std::string> Base64Decode(std::string_view text);

}  // namespace hubmirror
