#include "compare/value.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

namespace hubmirror::compare {
namespace {

using enum ValueKind;

std::string CellOf(ValueKind kind, std::string_view raw) {
  return Expect(kind, raw).cell.value_or("NULL");
}

void CheckRejected(ValueKind kind, std::string_view raw) {
  CAPTURE(raw);
  const ExpectedValue expected = Expect(kind, raw);
  CHECK_FALSE(expected.cell);
  CHECK(expected.rejected == std::string(raw));
}

TEST_CASE("values: an empty one is NULL whatever its type, and is not rejected") {
  for (const ValueKind kind : {kText, kNumeric, kBoolean, kDate, kInstant}) {
    CHECK(Expect(kind, "") == ExpectedValue{});
  }
}

TEST_CASE("values: numbers keep their scale as PostgreSQL shows it") {
  CHECK(CellOf(kNumeric, "1.50") == "1.50");
  CHECK(CellOf(kNumeric, "007") == "7");
  CHECK(CellOf(kNumeric, "+7.50") == "7.50");
  CHECK(CellOf(kNumeric, "-0") == "0");
  CHECK(CellOf(kNumeric, "-0.00") == "0.00");
  CHECK(CellOf(kNumeric, "-12.5") == "-12.5");
  CHECK(CellOf(kNumeric, "99999999999999999999999.125") == "99999999999999999999999.125");
}

TEST_CASE("values: an exponent moves the point and the scale with it") {
  CHECK(CellOf(kNumeric, "1.7E12") == "1700000000000");
  CHECK(CellOf(kNumeric, "1E-3") == "0.001");
  CHECK(CellOf(kNumeric, "1.50e1") == "15.0");
  CHECK(CellOf(kNumeric, "0e5") == "0");
  CHECK(CellOf(kNumeric, "12.5e-2") == "0.125");
  CHECK(CellOf(kNumeric, "1e400") == "1" + std::string(400, '0'));
}

TEST_CASE("values: what only looks like a number is rejected") {
  for (const std::string_view raw : {"1,234", "134;137", "n/a", "NaN", "Infinity", "0x1F", "-",
                                     " 42 ", "1.", ".5", "1e", "1e1000", "12 000", "--1", "١٢٣"}) {
    CheckRejected(kNumeric, raw);
  }
}

TEST_CASE("values: a number finer than numeric can hold is rejected") {
  CHECK(CellOf(kNumeric, "0." + std::string(16'383, '1')) == "0." + std::string(16'383, '1'));
  CheckRejected(kNumeric, "0." + std::string(16'384, '1'));
}

TEST_CASE("values: true, false, yes and no are booleans in any case, nothing else is") {
  CHECK(CellOf(kBoolean, "true") == "true");
  CHECK(CellOf(kBoolean, "YES") == "true");
  CHECK(CellOf(kBoolean, "False") == "false");
  CHECK(CellOf(kBoolean, "nO") == "false");
  for (const std::string_view raw : {"1", "on", "t", "maybe", " true"})
    CheckRejected(kBoolean, raw);
}

TEST_CASE("values: dates are days that exist, or whole epoch milliseconds in UTC") {
  CHECK(CellOf(kDate, "2024-02-29") == "2024-02-29");
  CHECK(CellOf(kDate, "0001-01-01") == "0001-01-01");
  CHECK(CellOf(kDate, "1700006399999") == "2023-11-14");
  CHECK(CellOf(kDate, "1700006400000") == "2023-11-15");
  CHECK(CellOf(kDate, "-1") == "1969-12-31");
  CHECK(CellOf(kDate, "-62135596800000") == "0001-01-01");
  for (const std::string_view raw :
       {"2024-02-30", "0000-00-00", "31.12.2023", "now", "infinity", "2024-1-5", "1.7E12",
        "1700000000000.0", "2024-06-01T12:00:00Z", "9223372036854775807", "-62135596800001"}) {
    CheckRejected(kDate, raw);
  }
}

TEST_CASE("values: instants are RFC 3339 or epoch milliseconds, to the millisecond") {
  CHECK(CellOf(kInstant, "2026-01-01T00:00:00.123Z") == "2026-01-01T00:00:00.123Z");
  CHECK(CellOf(kInstant, "2026-01-01T00:00:00Z") == "2026-01-01T00:00:00.000Z");
  CHECK(CellOf(kInstant, "2023-11-14T22:13:20.5Z") == "2023-11-14T22:13:20.500Z");
  CHECK(CellOf(kInstant, "2024-06-01T12:00:00+02:00") == "2024-06-01T10:00:00.000Z");
  CHECK(CellOf(kInstant, "1.7E12") == "2023-11-14T22:13:20.000Z");
  CHECK(CellOf(kInstant, "1700000000000.0") == "2023-11-14T22:13:20.000Z");
  CHECK(CellOf(kInstant, "-1") == "1969-12-31T23:59:59.999Z");
  for (const std::string_view raw :
       {"yesterday", "2024-06-01", "12024-01-01T00:00:00Z", "9223372036854775807", "now",
        "2024-06-01T12:00:00", "2024-06-01T24:00:00Z", "2024-06-01T12:00:00.Z",
        "0001-01-01T00:00:00+01:00"}) {
    CheckRejected(kInstant, raw);
  }
}

TEST_CASE("values: text keeps every byte but those PostgreSQL cannot hold") {
  CHECK(CellOf(kText, "  padded\t\\N ") == "  padded\t\\N ");
  CHECK(CellOf(kText, std::string_view("a\0b", 3)) ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(CellOf(kText, "high \xED\xA0\xBD alone") == "high \xEF\xBF\xBD alone");
  CHECK(CellOf(kText, "\xED\x9F\xBF") == "\xED\x9F\xBF");
  CHECK(Expect(kNumeric, std::string_view("1\0", 2)).rejected == std::string("1\xEF\xBF\xBD"));
}

TEST_CASE("values: cells as PostgreSQL shows them come in the same form") {
  CHECK(CanonicalCell(kInstant, "2026-01-01 00:00:00.123+00") ==
        std::string("2026-01-01T00:00:00.123Z"));
  CHECK(CanonicalCell(kInstant, "2026-01-01 00:00:00.123999+00") ==
        std::string("2026-01-01T00:00:00.123Z"));
  CHECK(CanonicalCell(kInstant, "2026-01-01 02:00:00+02") ==
        std::string("2026-01-01T00:00:00.000Z"));
  CHECK(CanonicalCell(kBoolean, "t") == std::string("true"));
  CHECK(CanonicalCell(kNumeric, "1.50") == std::string("1.50"));
  CHECK(CanonicalCell(kText, "") == std::string());
}

TEST_CASE("values: cells no raw value can lead to have no such form") {
  CHECK_FALSE(CanonicalCell(kInstant, "infinity"));
  CHECK_FALSE(CanonicalCell(kInstant, "0044-03-15 00:00:00+00 BC"));
  CHECK_FALSE(CanonicalCell(kNumeric, "NaN"));
  CHECK_FALSE(CanonicalCell(kDate, "infinity"));
}

TEST_CASE("values: HubSpot's types have their kinds and all else is text") {
  CHECK(KindOfProperty("number") == kNumeric);
  CHECK(KindOfProperty("bool") == kBoolean);
  CHECK(KindOfProperty("date") == kDate);
  CHECK(KindOfProperty("datetime") == kInstant);
  for (const std::string_view type : {"string", "enumeration", "phone_number", "json", "new_one"}) {
    CHECK(KindOfProperty(type) == kText);
  }
  CHECK(KindOfColumn("timestamp with time zone") == kInstant);
  CHECK_FALSE(KindOfColumn("double precision"));
}

}  // namespace
}  // namespace hubmirror::compare
