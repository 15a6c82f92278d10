#include <doctest/doctest.h>

#include "base/utf8.h"
#include "postgres/session/copy_text.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

TEST_CASE("sql text: names and strings cannot break out of their quotes") {
  CHECK(QuoteName("a\"b") == "\"a\"\"b\"");
  CHECK(QuoteName("s\"", "t") == "\"s\"\"\".\"t\"");
  CHECK(QuoteLiteral("it's") == "'it''s'");
  CHECK(QuoteLiteral("a\\'") == "E'a\\\\'''");
}

TEST_CASE("sql text: arrays quote what would end an element") {
  ArrayText array;
  array.Add("a\"b\\c,{}");
  array.AddNull();
  array.Add(int64_t{-5});
  array.AddFlag(true);
  array.Add("");
  CHECK(array.Take() == R"({"a\"b\\c,{}",NULL,-5,t,""})");
  CHECK(array.Take() == "{}");
}

TEST_CASE("copy text: a line comes apart into the values it was made of") {
  const auto fields = FieldsOfLine("1\t\\N\t\ta\\tb\\nc\\\\d\\re\n");
  REQUIRE(fields.size() == 4);
  CHECK(fields[0] == "1");
  CHECK_FALSE(fields[1].has_value());
  CHECK(fields[2] == "");
  CHECK(fields[3] == "a\tb\nc\\d\re");
}

TEST_CASE("copy text: what is no UTF-8 is replaced byte by byte, the rest stays") {
  const std::string replaced = "\xEF\xBF\xBD";
  CHECK(ValidUtf8("caf\xC3\xA9 \xF0\x9F\x98\x80") == "caf\xC3\xA9 \xF0\x9F\x98\x80");
  CHECK(ValidUtf8("a\xFFz") == "a" + replaced + "z");
  CHECK(ValidUtf8("\xC0\xAF") == replaced + replaced);
  CHECK(ValidUtf8("\xED\xA0\x80") == replaced + replaced + replaced);
  CHECK(ValidUtf8("x\xE2\x82") == "x" + replaced + replaced);
  CHECK(ValidUtf8("\xF4\x90\x80\x80") == replaced + replaced + replaced + replaced);
}

}  // namespace
}  // namespace hubmirror
