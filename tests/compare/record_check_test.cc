#include "compare/record_check.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "compare/sample_mirror.h"

namespace hubmirror::compare {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* kLater = "2026-01-02 00:00:00+00";

/// The findings after one cell of a right row was changed.
Lines Spoiled(const std::string& column, std::optional<std::string> cell) {
  const SampleMirror mirror;
  const TruthRecord record = mirror.Record(5);
  MirrorRow row = mirror.RowOf(record);
  mirror.Cell(row, column) = std::move(cell);
  return RowFindings(mirror, record, row);
}

TEST_CASE("record check: a right row has no differences") {
  const SampleMirror mirror;
  const TruthRecord record = mirror.Record(5);

  CHECK(RowFindings(mirror, record, mirror.RowOf(record)) == Lines{});
  CHECK(ViewFindings(mirror, record, mirror.ViewRowOf(record)) == Lines{});
}

TEST_CASE("record check: a wrong value in a column is found") {
  CHECK(Spoiled("name", "Zoe") == Lines{"5 name: Zoë / Zoe"});
  CHECK(Spoiled("name", std::nullopt) == Lines{"5 name: Zoë / NULL"});
}

/// A mirror whose operator made this of the property `name`.
SampleMirror Selecting(const Selection& selection) {
  SampleMirror mirror;
  mirror.selection = selection;
  for (MirrorProperty& property : mirror.layout.properties) {
    if (property.name != "name") continue;
    property.excluded = !selection.exclude.empty();
    property.hashed_with = selection.hash.empty() ? "" : "some key";
  }
  return mirror;
}

TEST_CASE("record check: values of an excluded property must be gone") {
  const SampleMirror mirror = Selecting({.exclude = {"na*"}});
  const TruthRecord record = mirror.Record(5);
  CHECK(LayoutFindings(mirror).empty());
  MirrorRow row = mirror.RowOf(record);
  CHECK(RowFindings(mirror, record, row) == Lines{"5 name: NULL / Zoë"});
  CHECK(ViewFindings(mirror, record, mirror.ViewRowOf(record)) == Lines{"5 view.name: NULL / Zoë"});
  mirror.Cell(row, "name").reset();
  CHECK(RowFindings(mirror, record, row) == Lines{});
}

TEST_CASE("record check: of a hashed property only the right hash is right") {
  const SampleMirror mirror = Selecting({.hash = {"name"}, .hash_key = "Jefe"});
  const TruthRecord record = mirror.Record(5);
  MirrorRow row = mirror.RowOf(record);
  CHECK(RowFindings(mirror, record, row).size() == 1);
  mirror.Cell(row, "name") = HashOf(mirror.selection, "Zoë");
  CHECK(RowFindings(mirror, record, row) == Lines{});
  mirror.Cell(row, "name") = HashOf({.hash_key = "Jefa"}, "Zoë");
  CHECK(RowFindings(mirror, record, row).size() == 1);
}

TEST_CASE("layout check: a mirror that does not say what it left out or hashed is found") {
  SampleMirror mirror;
  mirror.selection = {.exclude = {"name"}, .hash = {"amount"}, .hash_key = "Jefe"};
  CHECK(LayoutFindings(mirror).size() >= 3);
}

TEST_CASE("record check: a lost scale is a wrong number") {
  CHECK(Spoiled("amount", "1.5") == Lines{"5 amount: 1.50 / 1.5"});
}

TEST_CASE("record check: an instant may differ by less than a millisecond only") {
  CHECK(Spoiled("lastmodifieddate", "2026-01-01 00:00:01.500999+00") == Lines{});
  CHECK(Spoiled("lastmodifieddate", "2026-01-01 00:00:01.501+00") ==
        Lines{"5 lastmodifieddate: 2026-01-01T00:00:01.500Z / 2026-01-01 00:00:01.501+00"});
  CHECK(Spoiled("lastmodifieddate", "infinity").size() == 1);
}

TEST_CASE("record check: wrong times of the envelope are found") {
  CHECK(Spoiled("created_at", kLater).size() == 1);
  CHECK(Spoiled("updated_at", kLater).size() == 1);
  CHECK(Spoiled("archived_at", kLater).size() == 1);
  CHECK(Spoiled("_synced_at", std::nullopt) == Lines{"5 _synced_at: a value / NULL"});
}

TEST_CASE("record check: a live record carries no mark of any end") {
  CHECK(Spoiled("archived", "t") == Lines{"5 archived: f / t"});
  CHECK(Spoiled("merged_into", "6") == Lines{"5 merged_into: NULL / 6"});
  CHECK(Spoiled("erased_at", kLater).size() == 1);
  CHECK(Spoiled("purged_at", kLater).size() == 1);
}

TEST_CASE("record check: a value that does not parse must be kept raw, and only such a one") {
  CHECK(Spoiled("_rejected", std::nullopt) == Lines{"5 _rejected.birthday: yesterday / NULL"});
  CHECK(Spoiled("_rejected", R"({"birthday": "today"})") ==
        Lines{"5 _rejected.birthday: yesterday / today"});
  CHECK(Spoiled("_rejected", R"({"birthday": "yesterday", "amount": "1.50"})") ==
        Lines{"5 _rejected.amount: NULL / 1.50"});
  CHECK(Spoiled("birthday", "2026-01-01") == Lines{"5 birthday: NULL / 2026-01-01"});
}

TEST_CASE("record check: a value without a column must be in the overflow, as parsed") {
  CHECK(Spoiled("_overflow", R"({"level": "7"})") ==
        Lines{"5 _overflow.remark: first\nsecond / NULL"});
  CHECK(Spoiled("_overflow", R"({"level": "8", "remark": "first\nsecond"})") ==
        Lines{"5 _overflow.level: 7 / 8"});
  CHECK(Spoiled("_overflow", R"({"level": "7", "remark": "first\nsecond", "name": "Zoë"})") ==
        Lines{"5 _overflow.name: in its column / kept here"});
  CHECK(Spoiled("_overflow", R"({"level": "7", "remark": "first\nsecond", "ghost": "x"})") ==
        Lines{"5 _overflow.ghost: no such property / kept"});
}

TEST_CASE("record check: an archived property is not promised any more") {
  CHECK(Spoiled("retired", std::nullopt) == Lines{});
}

TEST_CASE("record check: an archived record needs its flag and its time and keeps its values") {
  const SampleMirror mirror;
  TruthRecord record = mirror.Record(5);
  record.state = RecordState::kArchived;
  record.archived_at = record.created_at + 86'400'000;
  MirrorRow row = mirror.RowOf(record);

  CHECK(RowFindings(mirror, record, row) ==
        Lines{"5 archived: t / f", "5 archived_at: 2026-01-02T00:00:00.000Z / NULL"});
  mirror.Cell(row, "archived") = "t";
  mirror.Cell(row, "archived_at") = kLater;
  CHECK(RowFindings(mirror, record, row) == Lines{});
  mirror.Cell(row, "score") = "13";
  CHECK(RowFindings(mirror, record, row) == Lines{"5 score: 12 / 13"});
}

TEST_CASE("record check: a loser names the last survivor and keeps its last values") {
  const SampleMirror mirror;
  TruthRecord record = mirror.Record(5);
  record.state = RecordState::kMerged;
  record.merged_into = 9;
  record.survivor_state = RecordState::kLive;
  MirrorRow row = mirror.RowOf(record);

  CHECK(RowFindings(mirror, record, row) == Lines{"5 merged_into: 9 / NULL"});
  mirror.Cell(row, "merged_into") = "8";
  CHECK(RowFindings(mirror, record, row) == Lines{"5 merged_into: 9 / 8"});
  mirror.Cell(row, "merged_into") = "9";
  CHECK(RowFindings(mirror, record, row) == Lines{});
  mirror.Cell(row, "name") = "Zoe";
  CHECK(RowFindings(mirror, record, row) == Lines{"5 name: Zoë / Zoe"});
}

TEST_CASE("record check: what a client cannot know of a loser is not held against the mirror") {
  const SampleMirror mirror;
  TruthRecord record = mirror.Record(5);
  record.state = RecordState::kMerged;
  record.merged_into = 9;
  MirrorRow row = mirror.RowOf(record);
  mirror.Cell(row, "merged_into") = "9";

  mirror.Cell(row, "score") = "13";  // Calculated after it was read.
  CHECK(RowFindings(mirror, record, row) == Lines{});
  record.modified += 1;  // Changed and merged between two reads.
  mirror.Cell(row, "name") = "Zoe";
  CHECK(RowFindings(mirror, record, row) == Lines{});
}

TEST_CASE("record check: who was merged into an erased contact is erased with it") {
  const SampleMirror mirror;
  TruthRecord record = mirror.Record(5);
  record.state = RecordState::kMerged;
  record.merged_into = 9;
  record.survivor_state = RecordState::kErased;
  MirrorRow row = mirror.RowOf(record);
  mirror.Cell(row, "merged_into") = "9";
  CHECK(RowFindings(mirror, record, row).size() > 5);
  mirror.Erase(row);
  CHECK(RowFindings(mirror, record, row) == Lines{});
}

TEST_CASE("record check: of an erased contact nothing personal may be left") {
  const SampleMirror mirror;
  TruthRecord record = mirror.Record(5);
  record.state = RecordState::kErased;
  MirrorRow row = mirror.RowOf(record);

  CHECK(RowFindings(mirror, record, row).size() > 5);
  mirror.Erase(row);
  CHECK(RowFindings(mirror, record, row) == Lines{});
  mirror.Cell(row, "retired") = "a secret";
  mirror.Cell(row, "_hash") = "17";
  CHECK(RowFindings(mirror, record, row) ==
        Lines{"5 _hash: NULL / 17", "5 retired: NULL / a secret"});
}

TEST_CASE("record check: a vanished record of another type is purged and keeps its values") {
  const SampleMirror mirror("deals");
  TruthRecord record = mirror.Record(5);
  record.state = RecordState::kPurged;
  MirrorRow row = mirror.RowOf(record);

  CHECK(RowFindings(mirror, record, row) == Lines{"5 purged_at: a value / NULL"});
  mirror.Cell(row, "purged_at") = kLater;
  CHECK(RowFindings(mirror, record, row) == Lines{});
  mirror.Cell(row, "amount") = "1.5";
  CHECK(RowFindings(mirror, record, row) == Lines{"5 amount: 1.50 / 1.5"});
}

TEST_CASE("record check: the view must show the same values, also those without a column") {
  const SampleMirror mirror;
  const TruthRecord record = mirror.Record(5);
  MirrorRow row = mirror.ViewRowOf(record);
  row.cells[mirror.layout.views[0].Find("level").value()] = std::nullopt;
  row.cells[mirror.layout.views[0].Find("name").value()] = "Zoe";

  CHECK(ViewFindings(mirror, record, row) ==
        Lines{"5 view.level: 7 / NULL", "5 view.name: Zoë / Zoe"});
}

}  // namespace
}  // namespace hubmirror::compare
