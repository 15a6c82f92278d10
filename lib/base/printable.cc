#include "base/printable.h"

#include <cstdint>

#include "base/utf8.h"

namespace hubmirror {
namespace {

// Unicode Standard Annex 9 has the characters that change the direction.
bool IsObeyed(uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x061C || point == 0x200E ||
         point == 0x200F || (point >= 0x2028 && point <= 0x202E) ||
         (point >= 0x2066 && point <= 0x2069);
}

/// Of a character whose first byte is `lead`, in valid UTF-8.
size_t BytesOf(unsigned char lead) {
  return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

}  // namespace

std::string WithoutControls(std::string_view text, char instead, char keep) {
  const std::string valid = ValidUtf8(text);
  std::string shown;
  for (size_t at = 0; at < valid.size();) {
    const auto lead = static_cast<unsigned char>(valid[at]);
    const size_t bytes = BytesOf(lead);
    uint32_t point = bytes == 1 ? lead : lead & (0xFFU >> (bytes + 1));
    for (size_t i = 1; i < bytes; ++i) {
      point = point << 6 | (static_cast<unsigned char>(valid[at + i]) & 0x3F);
    }
    if (IsObeyed(point) && (keep == '\0' || valid[at] != keep)) {
      shown += instead;
    } else {
      shown.append(valid, at, bytes);
    }
    at += bytes;
  }
  return shown;
}

}  // namespace hubmirror
