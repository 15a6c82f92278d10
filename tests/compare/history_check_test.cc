#include "compare/history_check.h"

#include <doctest/doctest.h>

namespace hubmirror::compare {
namespace {

const std::vector<TruthHistory> kTruth = {
    ParseHistoryLine(R"({"id":"5","state":"live","propertiesWithHistory":{"stage":[
      {"value":"won","timestamp":"2026-01-02T00:00:00.000Z","sourceType":"CRM_UI","sourceId":"userId:4","updatedByUserId":4},
      {"value":"new","timestamp":"2026-01-01T00:00:00.000Z","sourceType":"IMPORT"}]}})"),
    ParseHistoryLine(R"({"id":"6","state":"erased","propertiesWithHistory":{"stage":[
      {"value":"new","timestamp":"2026-01-01T00:00:00.000Z","sourceType":"IMPORT"}]}})")};

constexpr Milliseconds kFirst = 1767225600000;
const PastValue kNew{"stage", kFirst, "new", "IMPORT", "", ""};
const PastValue kWon{"stage", kFirst + 86400000, "won", "CRM_UI", "userId:4", "4"};

int64_t DifferencesOf(const std::string& object, HistoryRows rows,
                      const Selection& selection = {}) {
  int64_t differences = 0;
  CompareHistory(object, kTruth, std::move(rows), selection,
                 [&](const Difference&) { ++differences; });
  return differences;
}

TEST_CASE("history check: all entries, each once") {
  CHECK(DifferencesOf("contacts", {{5, {kNew, kWon}}}) == 0);
  CHECK(DifferencesOf("contacts", {{5, {kWon}}}) == 1);
  CHECK(DifferencesOf("contacts", {{5, {kNew, kWon, kWon}}}) == 1);
  CHECK(DifferencesOf("contacts", {}) == 2);
  PastValue other = kWon;
  std::get<5>(other) = "";
  CHECK(DifferencesOf("contacts", {{5, {kNew, other}}}) == 2);
}

TEST_CASE("history check: an erased contact has none, a purged deal may keep its own") {
  CHECK(DifferencesOf("contacts", {{5, {kNew, kWon}}, {6, {kNew}}}) == 1);
  CHECK(DifferencesOf("deals", {{5, {kNew, kWon}}, {6, {kNew}}}) == 0);
  CHECK(DifferencesOf("deals", {{5, {kNew, kWon}}, {6, {kWon}}}) == 1);
  CHECK(DifferencesOf("deals", {{5, {kNew, kWon}}, {7, {kNew}}}) == 1);
}

TEST_CASE("history check: former values of a hashed property are hashed") {
  const Selection selection{.hash = {"stage"}, .hash_key = "Jefe"};
  CHECK(DifferencesOf("deals", {{5, {kNew, kWon}}}, selection) == 4);
  PastValue one = kNew, two = kWon;
  std::get<2>(one) = HashOf(selection, "new");
  std::get<2>(two) = HashOf(selection, "won");
  CHECK(DifferencesOf("deals", {{5, {one, two}}}, selection) == 0);
}

}  // namespace
}  // namespace hubmirror::compare
