#include "base/time_text.h"

#include <doctest/doctest.h>

using namespace hubmirror;
using namespace std::chrono_literals;

namespace {

TimePoint At(int64_t milliseconds) {
  return TimePoint{std::chrono::milliseconds{milliseconds}};
}

}  // namespace

TEST_CASE("RFC 3339 times are read with any fraction and offset") {
  CHECK(ParseRfc3339("2026-02-01T10:00:00Z") == At(1769940000000));
  CHECK(ParseRfc3339("2026-02-01T10:00:00.1Z") == At(1769940000100));
  CHECK(ParseRfc3339("2026-02-01T10:00:00.123456789Z") == At(1769940000123));
  CHECK(ParseRfc3339("2026-02-01T12:30:00.123+02:30") == At(1769940000123));
  CHECK(ParseRfc3339("0001-01-01T00:00:00Z"));
  CHECK(ParseRfc3339("9999-12-31T23:59:59.999Z"));
}

TEST_CASE("what is not an RFC 3339 time is refused") {
  for (const char* text : {"", "now", "2026-02-01", "2026-02-30T10:00:00Z", "2026-02-01T24:00:00Z",
                           "2026-02-01T10:00:00", "2026-02-01T10:00:00.Z", "infinity",
                           "10000-01-01T00:00:00Z", "2026-02-01T10:00:00Zx"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseRfc3339(text));
  }
}

TEST_CASE("epoch milliseconds are read as whole numbers and as floats") {
  CHECK(ParseEpochMilliseconds("1700000000000") == At(1700000000000));
  CHECK(ParseEpochMilliseconds("1700000000000.0") == At(1700000000000));
  CHECK(ParseEpochMilliseconds("1.7E12") == At(1700000000000));
  CHECK(ParseEpochMilliseconds("-62135596800000") == At(-62135596800000));
  CHECK_FALSE(ParseEpochMilliseconds("-62135596800001"));
  CHECK_FALSE(ParseEpochMilliseconds("253402300800000"));
  CHECK_FALSE(ParseEpochMilliseconds("NaN"));
  CHECK_FALSE(ParseEpochMilliseconds("12 "));
  CHECK_FALSE(ParseEpochMilliseconds(""));
}

TEST_CASE("the Date header is read") {
  CHECK(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT") == At(784111777000));
  CHECK_FALSE(ParseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT"));
  CHECK_FALSE(ParseHttpDate(""));
}

TEST_CASE("times are written as they are read") {
  const TimePoint time = At(1769940000123);
  CHECK(FormatRfc3339(time) == "2026-02-01T10:00:00.123Z");
  CHECK(ParseRfc3339(FormatRfc3339(time)) == time);
  CHECK(FormatRfc3339(At(-62135596800000)) == "0001-01-01T00:00:00.000Z");
}
