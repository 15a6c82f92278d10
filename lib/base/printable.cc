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

/// `text` with what `write` makes of every character that is obeyed, but for `keep`.
template <typename Write>
std::string Replaced(std::string_view text, char keep, Write write) {
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
      write(shown, point);
    } else {
      shown.append(valid, at, bytes);
    }
    at += bytes;
  }
  return shown;
}

}  // namespace

std::string WithoutControls(std::string_view text, char instead, char keep) {
  return Replaced(text, keep, [instead](std::string& shown, uint32_t) { shown += instead; });
}

std::string JsonWithoutControls(std::string_view json) {
  return Replaced(json, '\n', [](std::string& shown, uint32_t point) {
    // All of them are in the Basic Multilingual Plane, so four digits do.
    constexpr std::string_view kDigits = "0123456789abcdef";
    shown += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) shown += kDigits[point >> shift & 0xF];
  });
}

}  // namespace hubmirror
