#pragma once

#include <string>
#include <string_view>

namespace hubmirror {

// Letters as protocols mean them: ASCII, whatever the locale.

constexpr bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool IsLower(char c) {
  return c >= 'a' && c <= 'z';
}

constexpr bool IsLetterOrDigit(char c) {
  return IsLower(c) || (c >= 'A' && c <= 'Z') || IsDigit(c);
}

/// Whether a URL shows it as it is (RFC 3986, section 2.3).
constexpr bool IsUnreserved(char c) {
  return IsLetterOrDigit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/// The small letter of a capital; anything else as it is.
constexpr char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// All of it in small letters.
inline std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = Lower(c);
  return lower;
}

/// The value of a hexadecimal digit, -1 for anything else.
constexpr int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Whether all of it can be seen, which leaves out spaces, line ends and everything above ASCII.
constexpr bool IsVisible(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c > '~') return false;
  }
  return true;
}

}  // namespace hubmirror
