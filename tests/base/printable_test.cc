#include "base/printable.h"

#include <doctest/doctest.h>

#include <string>

namespace hubmirror {
namespace {

using namespace std::string_literals;

TEST_CASE("printable: what would be obeyed rather than shown is replaced") {
  for (const std::string& control :
       {"\x1b"s, "\r"s, "\n"s, "\x7f"s, "\u0085"s, "\u009b"s, "\u2028"s, "\u2029"s, "\u202e"s,
        "\u2066"s, "\u2069"s, "\u200f"s, "\u061c"s}) {
    CAPTURE(control.size());
    CHECK(WithoutControls("a" + control + "b", '?') == "a?b");
  }
}

TEST_CASE("printable: JSON is read as before when what would be obeyed became escapes") {
  CHECK(JsonWithoutControls("{\"a\": \"x\u009b\u2028\x7f\"}\n") ==
        "{\"a\": \"x\\u009b\\u2028\\u007f\"}\n");
  CHECK(JsonWithoutControls("[\"Zoë\\u001b\"]") == "[\"Zoë\\u001b\"]");
}

TEST_CASE("printable: text stays, whatever its script, and what is no UTF-8 never gets through") {
  const std::string text = "Zoë, 日本, עברית, 😀, \u00a0\u2026\u202f\u2070";
  CHECK(WithoutControls(text, '?') == text);
  CHECK(WithoutControls("two\nlines\t", '?', '\n') == "two\nlines?");
  CHECK(WithoutControls("a\0b"s, '?').find('\0') == std::string::npos);
  // An eight-bit terminal takes this byte for the beginning of a sequence.
  CHECK(WithoutControls("a\x9b"
                        "b",
                        '?')
            .find('\x9b') == std::string::npos);
}

}  // namespace
}  // namespace hubmirror
