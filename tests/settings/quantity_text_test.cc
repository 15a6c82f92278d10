#include "settings/text/quantity_text.h"

#include <doctest/doctest.h>

#include <string>

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

TEST_CASE("durations read in every unit") {
  CHECK(*ReadDuration("250ms") == 250ms);
  CHECK(*ReadDuration("30s") == 30s);
  CHECK(*ReadDuration("5m") == 5min);
  CHECK(*ReadDuration("1h") == 1h);
  CHECK(*ReadDuration("7d") == 168h);
  CHECK(*ReadDuration("0s") == 0s);
  CHECK(*ReadDuration("007s") == 7s);
}

TEST_CASE("a duration of more than 366 days is refused, also where it would overflow") {
  CHECK(*ReadDuration("366d") == 366 * 24h);
  CHECK(!ReadDuration("367d"));
  CHECK(!ReadDuration("8785h"));
  CHECK(!ReadDuration("9223372036854775807s"));
  CHECK(!ReadDuration("99999999999999999999999s"));
}

TEST_CASE("what is no duration says what to write") {
  for (const std::string text : {"", "30", "s", "1h30m", "1.5h", "-5m", "+5m", "5 m", " 5m", "5m ",
                                 "5M", "5min", "5sec", "1:30", "0x5s", "1e3s", "5ms5", "forever"}) {
    CAPTURE(text);
    const auto read = ReadDuration(text);
    REQUIRE(!read);
    CHECK(read.error().next.find("30s") != std::string::npos);
  }
  CHECK(ReadDuration("30").error().what == "\"30\" has no unit");
}

TEST_CASE("a duration is written in the largest unit that leaves a whole number") {
  CHECK(WriteDuration(250ms) == "250ms");
  CHECK(WriteDuration(1500ms) == "1500ms");
  CHECK(WriteDuration(90s) == "90s");
  CHECK(WriteDuration(60s) == "1m");
  CHECK(WriteDuration(24h) == "24h");
  CHECK(WriteDuration(0s) == "0s");
}

TEST_CASE("sizes read in every unit, in bytes") {
  CHECK(*ReadByteSize("1KiB") == 1024);
  CHECK(*ReadByteSize("64MiB") == 67108864);
  CHECK(*ReadByteSize("2GiB") == 2147483648);
  CHECK(*ReadByteSize("1024GiB") == 1099511627776);
}

TEST_CASE("what is no size says what to write") {
  for (const std::string text : {"", "64", "MiB", "64MB", "64M", "64mib", "1.5GiB", "-1MiB"}) {
    CAPTURE(text);
    const auto read = ReadByteSize(text);
    REQUIRE(!read);
    CHECK(read.error().next.find("64MiB") != std::string::npos);
  }
  CHECK(!ReadByteSize("1025GiB"));
  CHECK(!ReadByteSize("9223372036854775807GiB"));
}

TEST_CASE("a size is written in the largest unit that leaves a whole number") {
  CHECK(WriteByteSize(67108864) == "64MiB");
  CHECK(WriteByteSize(1536 * 1024) == "1536KiB");
  CHECK(WriteByteSize(int64_t{1} << 30) == "1GiB");
}

}  // namespace
}  // namespace hubmirror
