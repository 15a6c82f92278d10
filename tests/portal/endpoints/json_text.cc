#include "endpoints/json_text.h"

#include <array>
#include <charconv>

namespace simulated_portal {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void AppendUnicodeEscape(std::string& out, uint32_t unit) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(unit >> shift) & 15U];
}

/// Bytes that stand for themselves in JSON; 0xED may begin a surrogate and is looked at.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (size_t c = 0x20; c < plain.size(); ++c) plain[c] = c != '"' && c != '\\' && c != 0xED;
  return plain;
}();

bool IsLoneSurrogate(std::string_view raw, size_t at) {
  return at + 2 < raw.size() && static_cast<unsigned char>(raw[at]) == 0xED &&
         static_cast<unsigned char>(raw[at + 1]) >= 0xA0;
}

uint32_t ParseHex(std::string_view text) {
  uint32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

/// Appends the escape at `at` (which points past the backslash) and returns where it ends.
size_t AppendUnescaped(std::string& out, std::string_view escaped, size_t at) {
  switch (escaped[at]) {
    case 'n':
      out += '\n';
      return at + 1;
    case 'r':
      out += '\r';
      return at + 1;
    case 't':
      out += '\t';
      return at + 1;
    case 'b':
      out += '\b';
      return at + 1;
    case 'f':
      out += '\f';
      return at + 1;
    case 'u':
      AppendCodePoint(out, ParseHex(escaped.substr(at + 1, 4)));
      return at + 5;
    default:
      out += escaped[at];
      return at + 1;
  }
}

}  // namespace

void AppendJsonEscaped(std::string& out, std::string_view raw) {
  size_t plain = 0;
  for (size_t at = 0; at < raw.size(); ++at) {
    const auto c = static_cast<unsigned char>(raw[at]);
    if (kPlain[c]) continue;
    const bool surrogate = c == 0xED && IsLoneSurrogate(raw, at);
    if (c == 0xED && !surrogate) continue;
    out.append(raw, plain, at - plain);
    if (surrogate) {
      AppendUnicodeEscape(out, 0xD000U | ((static_cast<unsigned char>(raw[at + 1]) & 0x3FU) << 6U) |
                                   (static_cast<unsigned char>(raw[at + 2]) & 0x3FU));
      at += 2;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20) {
      AppendUnicodeEscape(out, c);
    } else {
      out += '\\';
      out += raw[at];
    }
    plain = at + 1;
  }
  out.append(raw, plain, raw.size() - plain);
}

void AppendJsonString(std::string& out, std::string_view raw) {
  out += '"';
  AppendJsonEscaped(out, raw);
  out += '"';
}

std::string UnescapeJson(std::string_view escaped) {
  std::string raw;
  raw.reserve(escaped.size());
  size_t at = 0;
  while (at < escaped.size()) {
    const size_t backslash = escaped.find('\\', at);
    raw.append(escaped, at, backslash == escaped.npos ? escaped.npos : backslash - at);
    if (backslash == escaped.npos) break;
    at = AppendUnescaped(raw, escaped, backslash + 1);
  }
  return raw;
}

void AppendInteger(std::string& out, int64_t number) {
  std::array<char, 24> text;
  const auto result = std::to_chars(text.data(), text.data() + text.size(), number);
  out.append(text.data(), result.ptr);
}

void AppendCodePoint(std::string& out, uint32_t code_point) {
  const auto tail = [&](uint32_t bits) { out += static_cast<char>(0x80U | (bits & 0x3FU)); };
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0U | (code_point >> 6U));
    tail(code_point);
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xE0U | (code_point >> 12U));
    tail(code_point >> 6U);
    tail(code_point);
  } else {
    out += static_cast<char>(0xF0U | (code_point >> 18U));
    tail(code_point >> 12U);
    tail(code_point >> 6U);
    tail(code_point);
  }
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace simulated_portal
