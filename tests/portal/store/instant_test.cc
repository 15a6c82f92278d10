#include "store/instant.h"

#include <doctest/doctest.h>

namespace simulated_portal {

TEST_CASE("an instant is written with three digits, or trimmed") {
  CHECK(FormatInstant(0) == "1970-01-01T00:00:00.000Z");
  CHECK(FormatInstant(1'767'225'600'120) == "2026-01-01T00:00:00.120Z");
  CHECK(FormatInstant(1'767'225'600'120, InstantStyle::kTrimmed) == "2026-01-01T00:00:00.12Z");
  CHECK(FormatInstant(1'767'225'610'000, InstantStyle::kTrimmed) == "2026-01-01T00:00:10Z");
  CHECK(FormatInstant(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(FormatDate(1'767'225'600'120) == "2026-01-01");
}

TEST_CASE("the Date header follows HTTP") {
  CHECK(FormatHttpDate(784'111'777'000) == "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_CASE("an instant is read from RFC 3339, a date or epoch milliseconds") {
  CHECK(ParseInstant("2026-01-01T00:00:00.12Z") == 1'767'225'600'120);
  CHECK(ParseInstant("2026-01-01T02:00:00+02:00") == 1'767'225'600'000);
  CHECK(ParseInstant("2026-01-01") == 1'767'225'600'000);
  CHECK(ParseInstant("1767225600120") == 1'767'225'600'120);
  CHECK_FALSE(ParseInstant("2026-02-30"));
  CHECK_FALSE(ParseInstant("yesterday"));
  CHECK_FALSE(ParseInstant("2026-01-01T00:00:00"));
}

TEST_CASE("durations and offsets need their units and signs") {
  CHECK(ParseDuration("250ms") == 250);
  CHECK(ParseDuration("20s") == 20'000);
  CHECK(ParseDuration("1.5m") == 90'000);
  CHECK_FALSE(ParseDuration("20 parsecs"));
  CHECK(ParseUtcOffset("-05:30") == -19'800'000);
  CHECK_FALSE(ParseUtcOffset("5:30"));
}

}  // namespace simulated_portal
