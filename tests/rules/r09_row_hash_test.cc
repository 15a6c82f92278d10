#include <doctest/doctest.h>

#include "mirror/tables.h"
#include "mirror/written_row.h"

// R9: the hash of a row moves when, and only when, what is stored of it would.

using namespace hubmirror;
using namespace hubmirror::testing;
using namespace std::chrono_literals;

namespace {

const PageBuilder::Values kValues = {{"a", "x"}, {"n", "1"}};

MirrorTable Plain() {
  return *TableOf(Deals(), {Define("a"), Define("b"), Define("n", "number")});
}

int64_t HashUnder(const MirrorTable& table, const PageBuilder::Values& values) {
  return MapWhole(std::make_shared<const MirrorTable>(table), 1, values).rows[0].hash;
}

int64_t HashOf(const PageBuilder::Values& values) {
  return HashUnder(Plain(), values);
}

MirrorColumn& Edit(MirrorTable& table, const std::string& property) {
  return const_cast<MirrorColumn&>(ColumnOf(table, property));
}

template <typename Change>
int64_t HashAfter(Change change) {
  const auto table = std::make_shared<const MirrorTable>(Plain());
  PageBuilder builder(WholeSet(*table));
  builder.Add(1, kValues);
  change(builder.last());
  return MapPage(table, builder.Build()).rows[0].hash;
}

}  // namespace

TEST_CASE("R9: the hash of a record is the same on every machine and in every version") {
  // A changed number here means that every row of every mirror is written again.
  CHECK(HashOf(kValues) == 6'022'813'587'113'237'660);
}

TEST_CASE("R9: a changed, added or removed value moves the hash") {
  CHECK(HashOf({{"a", "y"}, {"n", "1"}}) != HashOf(kValues));
  CHECK(HashOf({{"a", "x"}, {"n", "1"}, {"b", "z"}}) != HashOf(kValues));
  CHECK(HashOf({{"n", "1"}}) != HashOf(kValues));
  CHECK(HashOf({{"b", "x"}, {"n", "1"}}) != HashOf(kValues));
}

TEST_CASE("R9: the raw text counts, for a number with another scale is stored differently") {
  CHECK(HashOf({{"a", "x"}, {"n", "1.0"}}) != HashOf(kValues));
}

TEST_CASE("R9: values do not run into each other") {
  CHECK(HashOf({{"a", "xy"}, {"b", "z"}}) != HashOf({{"a", "x"}, {"b", "yz"}}));
}

TEST_CASE("R9: the envelope counts") {
  CHECK(HashAfter([](Record&) {}) == HashOf(kValues));
  CHECK(HashAfter([](Record& record) { *record.created_at += 1ms; }) != HashOf(kValues));
  CHECK(HashAfter([](Record& record) { *record.updated_at += 1ms; }) != HashOf(kValues));
  CHECK(HashAfter([](Record& record) { record.archived = true; }) != HashOf(kValues));
  CHECK(HashAfter([](Record& record) { record.archived_at = TimePoint{}; }) != HashOf(kValues));
  CHECK(HashAfter([](Record& record) { record.updated_at.reset(); }) != HashOf(kValues));
}

TEST_CASE("R9: a property that is added or archived changes nothing for records without it") {
  const MirrorTable table = Plain();
  const MirrorTable added = PlanLayout(
      Deals(), {Define("a"), Define("b"), Define("n", "number"), Define("aa")}, &table, {});
  const MirrorTable archived =
      PlanLayout(Deals(), {Define("a"), Define("n", "number")}, &table, {});
  CHECK(HashUnder(added, kValues) == HashOf(kValues));
  CHECK(HashUnder(archived, kValues) == HashOf(kValues));
}

TEST_CASE("R9: a retyped property moves the hashes of records that have it") {
  MirrorTable table = Plain();
  Edit(table, "n").type = ColumnType::kText;
  CHECK(HashUnder(table, kValues) != HashOf(kValues));
  CHECK(HashUnder(table, {{"a", "x"}}) == HashOf({{"a", "x"}}));
}

TEST_CASE("R9: a value that moves between column and overflow moves the hash") {
  MirrorTable table = Plain();
  Edit(table, "a").storage = Storage::kOverflow;
  CHECK(HashUnder(table, kValues) != HashOf(kValues));
  CHECK(HashUnder(table, {{"n", "1"}}) == HashOf({{"n", "1"}}));
}

TEST_CASE("R9: the order of the columns does not count") {
  MirrorTable table = Plain();
  std::swap(Edit(table, "a"), Edit(table, "n"));
  CHECK(HashUnder(table, kValues) == HashOf(kValues));
}
