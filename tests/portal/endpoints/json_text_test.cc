#include "endpoints/json_text.h"

#include <doctest/doctest.h>

namespace simulated_portal {
namespace {

std::string Escaped(std::string_view raw) {
  std::string out;
  AppendJsonString(out, raw);
  return out;
}

}  // namespace

TEST_CASE("JSON strings carry U+0000 and lone surrogates as escapes") {
  CHECK(Escaped(std::string_view("a\0b", 3)) == "\"a\\u0000b\"");
  std::string lone = "x";
  AppendCodePoint(lone, 0xD83D);
  CHECK(Escaped(lone) == "\"x\\ud83d\"");
  CHECK(Escaped("🚀 \"q\" \\ \n") == "\"🚀 \\\"q\\\" \\\\ \\n\"");
}

TEST_CASE("unescaping gives back every raw value") {
  using namespace std::string_literals;
  std::string raw = "ünï\0\x01\x1F \"\\/\n\r\t end"s;
  AppendCodePoint(raw, 0xDE00);
  AppendCodePoint(raw, 0x1F680);
  std::string escaped;
  AppendJsonEscaped(escaped, raw);
  CHECK(UnescapeJson(escaped) == raw);
}

}  // namespace simulated_portal
