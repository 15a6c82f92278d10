#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hubmirror::compare {

/// Appends a code point; also a surrogate, in three bytes, as WTF-8 does.
void AppendUtf8(std::string& out, uint32_t code_point);

/// What PostgreSQL can hold of a raw string: each U+0000 and each unpaired surrogate has become
/// one U+FFFD, all else is byte for byte.
std::string Storable(std::string_view raw);

/// The first bytes of `text`, at most `limit`, without cutting a character in two.
std::string_view Utf8Prefix(std::string_view text, size_t limit);

}  // namespace hubmirror::compare
