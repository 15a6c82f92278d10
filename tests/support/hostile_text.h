#pragma once

#include <string>
#include <vector>

namespace hubmirror {

/// One of each kind of character that a terminal, a log or a page would obey rather than show, in
/// UTF-8, and a byte that an eight-bit terminal obeys. Line breaks are not among them.
inline const std::vector<std::string>& ObeyedCharacters() {
  static const std::vector<std::string> kObeyed{"\x1b",   "\r",     "\b",     "\x7f",
                                                "\u0085", "\u009b", "\u2028", "\u2029",
                                                "\u202e", "\u2066", "\u200f", "\u061c"};
  return kObeyed;
}

/// Text that HubSpot, PostgreSQL or a person could give us, with each of them.
inline std::string HostileText() {
  std::string text = "hostile";
  for (const std::string& character : ObeyedCharacters()) text += character + "[2J";
  return text + "\x9b" + "31m end";
}

/// What of it is left in `text`: the first that is, or empty.
inline std::string ObeyedIn(const std::string& text) {
  for (const std::string& character : ObeyedCharacters()) {
    if (text.find(character) != std::string::npos) return character;
  }
  // Alone, not as part of a character.
  return text.find("[2J\x9b") != std::string::npos ? "\x9b" : std::string();
}

}  // namespace hubmirror
