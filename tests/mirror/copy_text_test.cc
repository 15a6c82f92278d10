#include "mirror/copy_text.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "mirror/copy_fields.h"

using namespace hubmirror;

namespace {

std::string Copy(std::string_view raw) {
  std::string out;
  AppendCopyText(raw, out);
  return out;
}

}  // namespace

TEST_CASE("copy text: ordinary text is copied byte for byte") {
  for (const char* raw : {"", "a", "longer than eight bytes", "größer \xF0\x9F\x9A\x80 新しい",
                          "bell \x07, form feed \f, vertical tab \v, delete \x7F", "\"quoted\""}) {
    CHECK(Copy(raw) == raw);
  }
}

TEST_CASE("copy text: backslash, tab, newline and carriage return are escaped") {
  CHECK(Copy("C:\\temp\\") == "C:\\\\temp\\\\");
  CHECK(Copy("a\tb\nc\rd") == "a\\tb\\nc\\rd");
  CHECK(Copy("\\N") == "\\\\N");
  CHECK(Copy("\\.") == "\\\\.");
}

TEST_CASE("copy text: U+0000 becomes U+FFFD and is counted") {
  std::string out = "before ";
  CHECK(AppendCopyText(std::string_view("a\0\0b", 4), out) == 2);
  CHECK(out ==
        "before a\xEF\xBF\xBD\xEF\xBF\xBD"
        "b");
}

TEST_CASE("copy text: a byte that needs care is found at every place") {
  for (const char care : {'\\', '\t', '\n', '\r'}) {
    for (size_t place = 0; place < 40; ++place) {
      std::string raw(40, 'x');
      raw[place] = care;
      CHECK(testing::CopyFields(Copy(raw) + "\n").at(0) == raw);
    }
  }
}

TEST_CASE("copy text: whatever is written reads back the same") {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string raw(random() % 60, ' ');
    for (char& letter : raw) {
      letter =
          random() % 4 == 0 ? "\\\t\n\r N.u0"[random() % 9] : static_cast<char>(1 + random() % 255);
    }
    CHECK(testing::CopyFields(Copy(raw) + "\n").at(0) == raw);
  }
}
