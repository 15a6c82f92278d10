#include "model/store/schema_change.h"

#include <doctest/doctest.h>

namespace hubmirror::testing {
namespace {

MirrorColumn ColumnFor(const std::string& name) {
  return {.definition = PropertyDefinition{.name = name}, .column_name = name};
}

/// What CompareLayouts says of a table with one column, before and after `edit`.
template <typename Edit>
std::string Said(Edit&& edit) {
  MirrorColumn before = ColumnFor("a");
  MirrorColumn after = before;
  edit(before, after);
  std::string text;
  for (const SchemaChange& change : CompareLayouts({before}, {after})) {
    CHECK(change.property == "a");
    text += std::string(NameOf(change.kind)) + (change.detail.empty() ? "" : ": ") + change.detail;
    text += ";";
  }
  return text;
}

TEST_CASE("each thing that can happen to a property is one change") {
  using Column = MirrorColumn;
  CHECK(Said([](Column&, Column&) {}).empty());
  CHECK(Said([](Column&, Column& after) { after.type = ColumnType::kTimestamp; }) ==
        "retype_column: text to timestamptz;");
  CHECK(Said([](Column& before, Column&) { before.storage = Storage::kOverflow; }) ==
        "move_to_column: text;");
  CHECK(Said([](Column&, Column& after) { after.excluded = true; }) == "exclude;");
  CHECK(Said([](Column& before, Column&) { before.excluded = true; }) == "include;");
  CHECK(Said([](Column&, Column& after) { after.hashed_with = "k1"; }) ==
        "rehash: hashed from now on;");
  CHECK(Said([](Column& before, Column& after) {
          before.hashed_with = "k1";
          after.hashed_with = "k2";
        }) == "rehash: hashed with another key;");
  CHECK(Said([](Column& before, Column&) { before.hashed_with = "k1"; }) ==
        "rehash: no longer hashed;");
  CHECK(Said([](Column&, Column& after) { after.definition.Edit().archived = true; }) ==
        "archive;");
  CHECK(Said([](Column& before, Column& after) {
          before.definition.Edit().archived = true;
          after.type = ColumnType::kDate;
        }) == "retype_column: text to date;restore;");
}

TEST_CASE("labels, descriptions and the filling of values are no changes of the schema") {
  CHECK(Said([](MirrorColumn&, MirrorColumn& after) {
          after.definition.Edit().label = "A";
          after.definition.Edit().options = {{.value = "x"}};
          after.state = PropertyState::kFilling;
          after.blocked_by = "view theirs";
        }).empty());
}

TEST_CASE("a new table is one change, a new property another") {
  MirrorColumn kept_aside = ColumnFor("b");
  kept_aside.storage = Storage::kOverflow;
  const auto table = CompareLayouts({}, {ColumnFor("a"), kept_aside});
  REQUIRE(table.size() == 1);
  CHECK(table[0].kind == SchemaChange::Kind::kCreateTable);
  CHECK(table[0].detail == "1 properties, 1 more in _overflow");

  const auto added = CompareLayouts({ColumnFor("a")}, {ColumnFor("a"), kept_aside});
  REQUIRE(added.size() == 1);
  CHECK(added[0].kind == SchemaChange::Kind::kAddOverflow);
  CHECK(added[0].column_name == "b");
}

}  // namespace
}  // namespace hubmirror::testing
