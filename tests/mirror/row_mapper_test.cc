#include "mirror/row_mapper.h"

#include <doctest/doctest.h>

#include "mirror/tables.h"
#include "mirror/written_row.h"

using namespace hubmirror;
using namespace hubmirror::testing;
using namespace std::chrono_literals;

namespace {

MirrorTablePtr SmallTable() {
  return TableOf(Deals(), {Define("dealname"), Define("amount", "number"), Define("won", "bool"),
                           Define("day", "date"), Define("closedate", "datetime")});
}

std::string Numbered(int i) {
  std::string name = "p";
  return name += std::to_string(i);
}

/// The same table with one property moved to `_overflow`.
MirrorTablePtr WithOverflow(const MirrorTable& table, const std::string& property) {
  auto changed = std::make_shared<MirrorTable>(table);
  for (MirrorColumn& column : changed->columns) {
    if (column.property() == property) column.storage = Storage::kOverflow;
  }
  return changed;
}

}  // namespace

TEST_CASE("row mapper: each value stands, typed, in the column of its property") {
  const RowBatch batch = MapWhole(SmallTable(), 512,
                                  {{"dealname", "Tab\there"},
                                   {"amount", "10.50"},
                                   {"won", "Yes"},
                                   {"day", "1700000000000"},
                                   {"closedate", "2026-02-01T10:00:00Z"}});

  const WrittenRow row(batch, 0);
  CHECK(row["id"] == "512");
  CHECK(row["created_at"] == "2026-01-01T00:00:00.000Z");
  CHECK(row["updated_at"] == "2026-02-01T00:00:00.000Z");
  CHECK(row["archived"] == "false");
  CHECK(row["archived_at"] == "NULL");
  CHECK(row["dealname"] == "Tab\there");
  CHECK(row["amount"] == "10.50");
  CHECK(row["won"] == "true");
  CHECK(row["day"] == "2023-11-14");
  CHECK(row["closedate"] == "2026-02-01T10:00:00.000Z");
  CHECK(row["hs_merged_object_ids"] == "NULL");
  CHECK(row["_rejected"] == "NULL");
  CHECK(row["_overflow"] == "NULL");
  CHECK(row["_hash"] == std::to_string(batch.rows[0].hash));
}

TEST_CASE("row mapper: an archived record carries flag and time") {
  PageBuilder builder(WholeSet(*SmallTable()));
  builder.Add(7, {});
  builder.last().archived = true;
  builder.last().archived_at = TimePoint{1'700'000'000'123ms};

  const RowBatch batch = MapPage(SmallTable(), builder.Build());

  CHECK(batch.rows[0].archived);
  CHECK(WrittenRow(batch, 0)["archived"] == "true");
  CHECK(WrittenRow(batch, 0)["archived_at"] == "2023-11-14T22:13:20.123Z");
}

TEST_CASE("row mapper: a value that does not parse is NULL and kept raw") {
  const RowBatch batch = MapWhole(SmallTable(), 1, {{"amount", "1,\"5\""}, {"won", "maybe\\"}});

  const WrittenRow row(batch, 0);
  CHECK(row["amount"] == "NULL");
  CHECK(row["won"] == "NULL");
  CHECK(row["_rejected"] == R"({"amount":"1,\"5\"","won":"maybe\\"})");
  CHECK(batch.values_rejected == 2);
}

TEST_CASE("row mapper: the value of a property without a column goes, parsed, to overflow") {
  const MirrorTablePtr table = WithOverflow(*WithOverflow(*SmallTable(), "closedate"), "amount");

  const RowBatch batch =
      MapWhole(table, 1, {{"closedate", "1700000000000"}, {"amount", "10.50"}, {"won", "no"}});

  const WrittenRow row(batch, 0);
  CHECK(row["_overflow"] == R"({"amount":"10.50","closedate":"2023-11-14T22:13:20.000Z"})");
  CHECK(row["amount"] == "no such column");
  CHECK(row["won"] == "false");
}

TEST_CASE("row mapper: what does not parse is rejected wherever the property lives") {
  const RowBatch batch =
      MapWhole(WithOverflow(*SmallTable(), "amount"), 1, {{"amount", "NaN"}, {"won", "no"}});

  const WrittenRow row(batch, 0);
  CHECK(row["_overflow"] == "NULL");
  CHECK(row["_rejected"] == R"({"amount":"NaN"})");
}

TEST_CASE("row mapper: a value of a property the table does not know is not lost") {
  const RowBatch batch = MapPage(
      SmallTable(), PageBuilder({"dealname", "brand_new"}).Add(1, {{"brand_new", "x"}}).Build());

  CHECK(WrittenRow(batch, 0)["_overflow"] == R"({"brand_new":"x"})");
  CHECK(batch.shape->overflow == std::vector<std::string>{"brand_new"});
}

TEST_CASE("row mapper: U+0000 is replaced and counted, wherever it stands") {
  const std::string nul("a\0b", 3);
  const MirrorTablePtr table = WithOverflow(
      *TableOf(Deals(), {Define("dealname"), Define("note"), Define("amount", "number")}), "note");

  const RowBatch batch = MapWhole(table, 1, {{"dealname", nul}, {"note", nul}, {"amount", nul}});

  const WrittenRow row(batch, 0);
  CHECK(row["dealname"] ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(row["_overflow"] ==
        "{\"note\":\"a\xEF\xBF\xBD"
        "b\"}");
  CHECK(row["_rejected"] ==
        "{\"amount\":\"a\xEF\xBF\xBD"
        "b\"}");
  CHECK(batch.values_replaced == 3);
}

TEST_CASE("row mapper: the modified stamp is the property, not the envelope's") {
  const RowBatch batch =
      MapWhole(SmallTable(), 1, {{"hs_lastmodifieddate", "2026-03-01T00:00:00.007Z"}});
  CHECK(batch.rows[0].modified == TimePoint{std::chrono::sys_days{2026y / 3 / 1}} + 7ms);
  CHECK_FALSE(MapWhole(SmallTable(), 1, {}).rows[0].modified.has_value());
}

TEST_CASE("row mapper: merged ids come from both properties, without the record itself") {
  const MirrorTablePtr table =
      TableOf(Contacts(), {Define("hs_calculated_merged_vids"), Define("email")});

  const RowBatch batch = MapWhole(
      table, 9, {{"hs_merged_object_ids", "12;9;34"}, {"hs_calculated_merged_vids", "34:1;56:2"}});

  CHECK(batch.rows[0].merged_ids == std::vector<RecordId>{{34}, {56}, {12}});
}

TEST_CASE("row mapper: each row remembers when its request left") {
  Page page = PageBuilder(WholeSet(*SmallTable())).Add(1, {}).Build();
  page.times.sent_at = Instant{5s};
  CHECK(MapPage(SmallTable(), page).rows[0].sent_at == Instant{5s});
}

TEST_CASE("row mapper: pages of one walk gather in one batch") {
  const MirrorTablePtr table = SmallTable();
  const PropertySetPtr whole = WholeSet(*table);
  const RowMapper mapper(table, whole);
  RowBatch batch;

  mapper.Append(PageBuilder(whole).Add(1, {{"dealname", "a"}}).Add(2, {}).Build(), batch);
  mapper.Append(PageBuilder(whole).Add(3, {{"dealname", "c"}}).Build(), batch);

  REQUIRE(batch.rows.size() == 3);
  CHECK(WrittenRow(batch, 0)["dealname"] == "a");
  CHECK(WrittenRow(batch, 1)["dealname"] == "NULL");
  CHECK(WrittenRow(batch, 2)["dealname"] == "c");
  CHECK(batch.rows[2].offset + batch.rows[2].length == batch.copy_text.size());
}

TEST_CASE("row mapper: a rejected value leaves no trace in the next row") {
  const MirrorTablePtr table = SmallTable();
  const RowBatch batch = MapPage(
      table,
      PageBuilder(WholeSet(*table)).Add(1, {{"amount", "x"}}).Add(2, {{"amount", "1"}}).Build());
  CHECK(WrittenRow(batch, 1)["_rejected"] == "NULL");
  CHECK(WrittenRow(batch, 1)["amount"] == "1");
}

TEST_CASE("row mapper: columns beyond the first 64 are found") {
  std::vector<PropertyDefinition> definitions;
  PageBuilder::Values values;
  for (int i = 0; i < 300; ++i) {
    definitions.push_back(Define(Numbered(i)));
    if (i % 7 == 0) values.emplace_back(Numbered(i), std::to_string(i));
  }

  const RowBatch batch = MapWhole(TableOf(Deals(), definitions), 1, values);

  const WrittenRow row(batch, 0);
  for (int i = 0; i < 300; ++i) {
    CHECK(row[Numbered(i)] == (i % 7 == 0 ? std::to_string(i) : "NULL"));
  }
}
