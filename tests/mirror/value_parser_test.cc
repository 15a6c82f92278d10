#include "mirror/value_parser.h"

#include <doctest/doctest.h>

#include <string>

using namespace hubmirror;

namespace {

/// The canonical text, or `-` for a value that does not parse.
std::string Canonical(ColumnType type, std::string_view raw) {
  std::string out;
  if (AppendCanonical(type, raw, out)) return out;
  CHECK(out.empty());
  return "-";
}

std::string Number(std::string_view raw) {
  return Canonical(ColumnType::kNumeric, raw);
}
std::string Boolean(std::string_view raw) {
  return Canonical(ColumnType::kBoolean, raw);
}
std::string Date(std::string_view raw) {
  return Canonical(ColumnType::kDate, raw);
}
std::string Time(std::string_view raw) {
  return Canonical(ColumnType::kTimestamp, raw);
}

std::string Digits(size_t count) {
  return std::string(count, '7');
}

}  // namespace

TEST_CASE("value parser: a number is kept as sent, scale and sign included") {
  for (const char* raw : {"0", "42", "-42", "+7.50", "0.10", "1.000", "007", "1E12", "1.7e+12",
                          "5e-3", "-0.0", "99999999999999999999999.125", "1e999"}) {
    CHECK(Number(raw) == raw);
  }
}

TEST_CASE("value parser: what only looks like a number does not parse") {
  for (const char* raw :
       {"",         " 42",    "42 ", "1,234", "1.",    ".5",
        "1e",       "1e1234", "1e+", "0x1F",  "NaN",   "nan",
        "Infinity", "-inf",   "--1", "+-1",   "1.2.3", "134;137",
        "1_000",    "12 000", "-",   "+",     "e5",    "\xD9\xA1\xD9\xA2\xD9\xA3"}) {
    CAPTURE(raw);
    CHECK(Number(raw) == "-");
  }
  CHECK(Number(std::string_view("1\0", 2)) == "-");
}

TEST_CASE("value parser: a number that numeric cannot hold does not parse") {
  CHECK(IsNumber(Digits(131'072)));
  CHECK_FALSE(IsNumber(Digits(131'073)));
  CHECK(IsNumber(std::string(5'000, '0') + Digits(131'072)));
  CHECK(IsNumber("0." + Digits(16'383)));
  CHECK_FALSE(IsNumber("0." + Digits(16'384)));
  CHECK(IsNumber(Digits(131'072 - 999) + "e999"));
  CHECK_FALSE(IsNumber(Digits(131'072 - 998) + "e999"));
  CHECK(IsNumber("0." + Digits(16'383 - 999) + "e-999"));
  CHECK_FALSE(IsNumber("0." + Digits(16'383 - 998) + "e-999"));
  CHECK(IsNumber("0." + Digits(17'000) + "e999"));
  CHECK(IsNumber(std::string(140'000, '0')));
}

TEST_CASE("value parser: booleans are true, false, yes and no in any case") {
  CHECK(Boolean("true") == "true");
  CHECK(Boolean("TRUE") == "true");
  CHECK(Boolean("Yes") == "true");
  CHECK(Boolean("False") == "false");
  CHECK(Boolean("nO") == "false");
  for (const char* raw : {"", "on", "off", "t", "f", "1", "0", "y", "n", " true", "true "}) {
    CAPTURE(raw);
    CHECK(Boolean(raw) == "-");
  }
}

TEST_CASE("value parser: a date is a calendar day or whole epoch milliseconds") {
  CHECK(Date("2024-02-29") == "2024-02-29");
  CHECK(Date("0001-01-01") == "0001-01-01");
  CHECK(Date("9999-12-31") == "9999-12-31");
  CHECK(Date("1700000000000") == "2023-11-14");
  CHECK(Date("+1700000000000") == "2023-11-14");
  CHECK(Date("0") == "1970-01-01");
  CHECK(Date("-1") == "1969-12-31");
  CHECK(Date("-62135596800000") == "0001-01-01");
  for (const char* raw : {"", "2023-02-29", "2024-02-30", "0000-01-01", "2024-13-01", "2024-00-10",
                          "2024-1-5", "12024-01-01", "31.12.2023", "yesterday", "now", "infinity",
                          "1.7E12", "1700000000000.0", "2024-01-01T00:00:00Z", "-62135596800001",
                          "253402300800000", "9223372036854775807", "99999999999999999999999999"}) {
    CAPTURE(raw);
    CHECK(Date(raw) == "-");
  }
}

TEST_CASE("value parser: a time is RFC 3339, brought to UTC and milliseconds") {
  CHECK(Time("2026-02-01T10:00:00.123Z") == "2026-02-01T10:00:00.123Z");
  CHECK(Time("2026-02-01T10:00:00Z") == "2026-02-01T10:00:00.000Z");
  CHECK(Time("2023-11-14T22:13:20.5Z") == "2023-11-14T22:13:20.500Z");
  CHECK(Time("2023-11-14T22:13:20.123987Z") == "2023-11-14T22:13:20.123Z");
  CHECK(Time("2024-06-01T12:00:00+02:00") == "2024-06-01T10:00:00.000Z");
  CHECK(Time("2024-06-01t12:00:00-00:30") == "2024-06-01T12:30:00.000Z");
  CHECK(Time("0001-01-01T00:00:00.000Z") == "0001-01-01T00:00:00.000Z");
  CHECK(Time("9999-12-31T23:59:59.999Z") == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("value parser: a time may be epoch milliseconds, also as a float") {
  CHECK(Time("1700000000000") == "2023-11-14T22:13:20.000Z");
  CHECK(Time("1.7E12") == "2023-11-14T22:13:20.000Z");
  CHECK(Time("1700000000000.0") == "2023-11-14T22:13:20.000Z");
  CHECK(Time("1700000000000.9") == "2023-11-14T22:13:20.000Z");
  CHECK(Time("17000000000005e-1") == "2023-11-14T22:13:20.000Z");
  CHECK(Time("-0.5") == "1969-12-31T23:59:59.999Z");
  CHECK(Time("-1.0") == "1969-12-31T23:59:59.999Z");
  CHECK(Time("1e-999") == "1970-01-01T00:00:00.000Z");
  CHECK(Time("0e999") == "1970-01-01T00:00:00.000Z");
}

TEST_CASE("value parser: other times and years beyond 1-9999 do not parse") {
  for (const char* raw : {"",
                          "now",
                          "infinity",
                          "2024-01-01",
                          "2024-01-01T00:00:00",
                          "2024-01-01T24:00:00.000Z",
                          "2024-01-01T00:60:00.000Z",
                          "2024-01-01T00:00:60.000Z",
                          "2024-02-30T00:00:00.000Z",
                          "2024-00-01T00:00:00.000Z",
                          "0000-12-31T00:00:00.000Z",
                          "12024-01-01T00:00:00Z",
                          "0001-01-01T00:00:00+01:00",
                          "9999-12-31T23:59:59-01:00",
                          "2024-01-01T00:00:00.000z ",
                          "2024-01-01T00:00:00.Z",
                          "253402300800000",
                          "-62135596800001",
                          "9223372036854775807",
                          "1e999",
                          "1.7E",
                          "0x10"}) {
    CAPTURE(raw);
    CHECK(Time(raw) == "-");
  }
}

TEST_CASE("value parser: text is any bytes") {
  CHECK(Canonical(ColumnType::kText, " a\tb\\ ") == " a\tb\\ ");
}
