#include <doctest/doctest.h>

#include "mirror/tables.h"
#include "mirror/written_row.h"

// R10: we parse, PostgreSQL does not guess; what does not parse is kept, never lost.

using namespace hubmirror;
using namespace hubmirror::testing;

namespace {

/// The cell and what `_rejected` says of one value of a property of `type`.
std::pair<std::string, std::string> Written(const std::string& type, const std::string& raw) {
  const WrittenRow row(MapWhole(TableOf(Deals(), {Define("p", type)}), 1, {{"p", raw}}), 0);
  return {row["p"], row["_rejected"]};
}

using Cell = std::pair<std::string, std::string>;

Cell Taken(const std::string& cell) {
  return {cell, "NULL"};
}
Cell Rejected(const std::string& raw) {
  return {"NULL", "{\"p\":\"" + raw + "\"}"};
}

}  // namespace

TEST_CASE("R10: words that PostgreSQL would take are not taken") {
  CHECK(Written("datetime", "now") == Rejected("now"));
  CHECK(Written("datetime", "infinity") == Rejected("infinity"));
  CHECK(Written("date", "today") == Rejected("today"));
  CHECK(Written("date", "epoch") == Rejected("epoch"));
  CHECK(Written("number", "NaN") == Rejected("NaN"));
  CHECK(Written("number", " 1 ") == Rejected(" 1 "));
  CHECK(Written("number", "0x1F") == Rejected("0x1F"));
  CHECK(Written("bool", "on") == Rejected("on"));
  CHECK(Written("bool", "1") == Rejected("1"));
  CHECK(Written("bool", "t") == Rejected("t"));
}

TEST_CASE("R10: every form that HubSpot sends is taken") {
  CHECK(Written("number", "10.50") == Taken("10.50"));
  CHECK(Written("number", "1.7E12") == Taken("1.7E12"));
  CHECK(Written("bool", "Yes") == Taken("true"));
  CHECK(Written("date", "2024-02-29") == Taken("2024-02-29"));
  CHECK(Written("date", "1709164800000") == Taken("2024-02-29"));
  CHECK(Written("datetime", "2026-02-01T10:00:00.123Z") == Taken("2026-02-01T10:00:00.123Z"));
  CHECK(Written("datetime", "1.7E12") == Taken("2023-11-14T22:13:20.000Z"));
  CHECK(Written("string", "now") == Taken("now"));
}

TEST_CASE("R10: what cannot be a value of its type is kept raw") {
  CHECK(Written("number", "3092727991;3881228353") == Rejected("3092727991;3881228353"));
  CHECK(Written("date", "2024-02-30") == Rejected("2024-02-30"));
  CHECK(Written("date", "2024-01-01T00:00:00Z") == Rejected("2024-01-01T00:00:00Z"));
  CHECK(Written("datetime", "2024-01-01") == Rejected("2024-01-01"));
  CHECK(Written("datetime", "12024-01-01T00:00:00Z") == Rejected("12024-01-01T00:00:00Z"));
}

TEST_CASE("R10: strings are kept byte for byte, save for U+0000") {
  CHECK(Written("string", " \t\\N\r\n") == Taken(" \t\\N\r\n"));
  CHECK(Written("string", "größer 🚀") == Taken("größer 🚀"));
  CHECK(Written("string", std::string("a\0b", 3)) == Taken("a\uFFFD"
                                                           "b"));
  CHECK(Written("string", "NULL") == Taken("NULL"));
}
