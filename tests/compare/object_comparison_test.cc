#include "compare/object_comparison.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "compare/sample_mirror.h"

namespace hubmirror::compare {
namespace {

using Lines = std::vector<std::string>;

template <typename T>
std::function<std::optional<T>()> StreamOf(const std::vector<T>& elements) {
  return [elements, next = size_t{0}]() mutable -> std::optional<T> {
    if (next == elements.size()) return std::nullopt;
    return elements[next++];
  };
}

/// Records and the rows a mirror has for them; right until a test spoils it.
struct Both {
  SampleMirror mirror;
  std::vector<TruthRecord> records;
  std::vector<MirrorRow> table;
  std::vector<MirrorRow> view;
  ObjectComparisonOptions options;
  ObjectTally tally;

  explicit Both(const std::vector<RecordId>& ids) {
    for (const RecordId id : ids) {
      records.push_back(mirror.Record(id));
      table.push_back(mirror.RowOf(records.back()));
      view.push_back(mirror.ViewRowOf(records.back()));
    }
  }

  Lines Compare() {
    Findings findings;
    const DifferenceSink sink = findings.sink();
    RecordCheck check(mirror.layout, CheckLayout(mirror.definitions, mirror.layout, sink), sink);
    tally = CompareObject(mirror.layout, check, StreamOf(records), StreamOf(table),
                          {StreamOf(view)}, options, sink);
    return findings.lines();
  }
};

TEST_CASE("object comparison: equal sides have no differences and are counted") {
  Both both({1, 5, 9});

  CHECK(both.Compare() == Lines{});
  CHECK(both.tally.records == 3);
  CHECK(both.tally.rows == 3);
  CHECK(both.tally.values == 3 * 14);
  CHECK(both.tally.ids == std::vector<RecordId>{1, 5, 9});
}

TEST_CASE("object comparison: a missing row is found wherever it stands") {
  for (const size_t missing : {0U, 1U, 2U}) {
    Both both({1, 5, 9});
    const RecordId id = both.records[missing].id;
    both.table.erase(both.table.begin() + static_cast<std::ptrdiff_t>(missing));

    CHECK(both.Compare() == Lines{std::to_string(id) + " row: a row / none"});
  }
}

TEST_CASE("object comparison: an extra row is found wherever it stands") {
  for (const RecordId id : {1, 6, 20}) {
    Both both({2, 5, 9});
    const TruthRecord stranger = both.mirror.Record(id);
    const auto at = std::find_if(both.table.begin(), both.table.end(),
                                 [id](const MirrorRow& row) { return row.id > id; });
    both.table.insert(at, both.mirror.RowOf(stranger));

    CHECK(both.Compare() ==
          Lines{std::to_string(id) + " row: none: the portal has no such record / a row"});
  }
}

TEST_CASE("object comparison: the view shows live records, all of them and no others") {
  Both both({1, 5});
  both.view.erase(both.view.begin());
  CHECK(both.Compare() == Lines{"1 row of contacts_live: a row / none"});

  Both archived({5});
  archived.records[0].state = RecordState::kArchived;
  archived.records[0].archived_at = archived.records[0].created_at;
  archived.mirror.Cell(archived.table[0], "archived") = "t";
  archived.mirror.Cell(archived.table[0], "archived_at") = "2026-01-01 00:00:00+00";
  CHECK(archived.Compare() ==
        Lines{"5 row of contacts_live: none: the record is not live / a row"});
}

TEST_CASE("object comparison: a record that was gone before anybody saw it has no row") {
  Both both({1});
  both.view.clear();
  both.records[0].state = RecordState::kErased;
  both.records[0].read = both.records[0].listed = false;

  CHECK(both.Compare() == Lines{"1 row: none: gone before a client ever saw it / a row"});
  both.table.clear();
  CHECK(both.Compare() == Lines{});
}

TEST_CASE("object comparison: an archived record that no list shows may be unknown") {
  Both both({1});
  both.view.clear();
  both.table.clear();
  both.records[0].state = RecordState::kArchived;
  both.records[0].read = false;
  CHECK(both.Compare() == Lines{"1 row: a row / none"});

  both.records[0].listed = false;
  CHECK(both.Compare() == Lines{});
}

TEST_CASE("object comparison: a record that is gone may be unknown, unless it was known before") {
  Both both({1});
  both.view.clear();
  both.table.clear();
  both.records[0].state = RecordState::kMerged;
  both.records[0].merged_into = 7;

  CHECK(both.Compare() == Lines{});
  both.options.known_before = {1};
  CHECK(both.Compare() == Lines{"1 row: still a row / none"});
}

TEST_CASE("object comparison: lateness runs from the change to the write") {
  Both both({1, 5});
  both.records[1].last_change = "calculate";
  CHECK(both.Compare() == Lines{});
  CHECK(both.tally.lateness.empty());

  both.options.changes_since = both.records[0].changed_at;
  CHECK(both.Compare() == Lines{});
  REQUIRE(both.tally.lateness.size() == 1);
  CHECK(both.tally.lateness[0].id == 1);
  CHECK(both.tally.lateness[0].took == 2750);

  both.options.changes_since = both.records[0].changed_at + 1;
  CHECK(both.Compare() == Lines{});
  CHECK(both.tally.lateness.empty());
}

TEST_CASE("object comparison: a side that is not in order is an error, not a difference") {
  Both both({5, 1});

  CHECK_THROWS_AS(both.Compare(), std::runtime_error);
}

}  // namespace
}  // namespace hubmirror::compare
