#include "mirror/same_value.h"

#include <doctest/doctest.h>

using namespace hubmirror;

namespace {

MirrorColumn Of(ColumnType type, PropertyDefinition definition = {.name = "x"}) {
  return {.definition = std::move(definition), .type = type};
}

const MirrorColumn kNumber = Of(ColumnType::kNumeric);
const MirrorColumn kText = Of(ColumnType::kText);

}  // namespace

TEST_CASE("same value: numbers are what they amount to") {
  struct Pair {
    const char* one;
    const char* other;
  };
  for (const Pair& pair :
       {Pair{"2.50", "2.5"}, Pair{"+7", "7"}, Pair{"007", "7"}, Pair{"1E3", "1000"},
        Pair{"1.7e+12", "1700000000000"}, Pair{"5e-3", "0.005"}, Pair{"-0", "0"}, Pair{"0.0", "0"},
        Pair{"0e5", "0"}, Pair{"-2.0", "-2"},
        Pair{"123456789012345678901234567890", "123456789012345678901234567890.0"}}) {
    CAPTURE(pair.one);
    CHECK(SameValue(kNumber, pair.one, pair.other));
    CHECK(SameValue(kNumber, pair.other, pair.one));
  }
  for (const Pair& pair :
       {Pair{"2.5", "25"}, Pair{"2", "-2"}, Pair{"10", "1"}, Pair{"1e3", "1e4"}, Pair{"0", ""},
        Pair{"123456789012345678901234567890", "123456789012345678901234567891"},
        Pair{"2", "two"}}) {
    CAPTURE(pair.one);
    CHECK_FALSE(SameValue(kNumber, pair.one, pair.other));
    CHECK_FALSE(SameValue(kNumber, pair.other, pair.one));
  }
}

TEST_CASE("same value: what does not parse equals itself only") {
  CHECK(SameValue(kNumber, "n/a", "n/a"));
  CHECK_FALSE(SameValue(kNumber, "n/a", "N/A"));
}

TEST_CASE("same value: times are one moment however they are spelled") {
  const MirrorColumn time = Of(ColumnType::kTimestamp);
  CHECK(SameValue(time, "2026-12-01T09:00:00Z", "2026-12-01T10:00:00+01:00"));
  CHECK(SameValue(time, "2026-12-01T09:00:00.000Z", "1796115600000"));
  CHECK_FALSE(SameValue(time, "2026-12-01T09:00:00Z", "2026-12-01T09:00:00.001Z"));
  const MirrorColumn day = Of(ColumnType::kDate);
  CHECK(SameValue(day, "2026-12-01", "1796083200000"));
  CHECK_FALSE(SameValue(day, "2026-12-01", "2026-12-02"));
}

TEST_CASE("same value: booleans") {
  const MirrorColumn flag = Of(ColumnType::kBoolean);
  CHECK(SameValue(flag, "true", "TRUE"));
  CHECK_FALSE(SameValue(flag, "true", "false"));
  CHECK_FALSE(SameValue(flag, "false", ""));
}

TEST_CASE("same value: several options are a set, one option is a text") {
  const MirrorColumn several =
      Of(ColumnType::kText, {.name = "x", .type = "enumeration", .field_type = "checkbox"});
  CHECK(SameValue(several, "a;b", "b;a"));
  CHECK(SameValue(several, "a;b;a", ";b;a"));
  CHECK(SameValue(several, ";", ""));
  CHECK_FALSE(SameValue(several, "a;b", "a"));
  CHECK_FALSE(SameValue(several, "a", "A"));
  const MirrorColumn one =
      Of(ColumnType::kText, {.name = "x", .type = "enumeration", .field_type = "select"});
  CHECK_FALSE(SameValue(one, "a;b", "b;a"));
}

TEST_CASE("same value: only e-mail addresses are without case") {
  CHECK(SameValue(Of(ColumnType::kText, {.name = "email"}), "Jo@Example.com", "jo@example.com"));
  CHECK(SameValue(Of(ColumnType::kText, {.name = "work_mail", .text_display_hint = "email"}),
                  "A@b.c", "a@B.c"));
  CHECK_FALSE(SameValue(kText, "Jo", "jo"));
  CHECK_FALSE(SameValue(kText, "2.50", "2.5"));
}

TEST_CASE("same value: the parts of a value, each once") {
  CHECK(PartsOf("a;;b;a") == std::vector<std::string_view>{"a", "b"});
  CHECK(PartsOf("").empty());
}
