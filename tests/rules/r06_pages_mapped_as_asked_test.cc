#include <doctest/doctest.h>

#include "mirror/tables.h"
#include "mirror/written_row.h"

// R6: a page is mapped under the property set it was asked with, whatever the table has by then.

using namespace hubmirror;
using namespace hubmirror::testing;

namespace {

MirrorTablePtr WithNewProperty(const MirrorTablePtr& table) {
  return std::make_shared<const MirrorTable>(
      PlanLayout(table->object, {Define("a"), Define("later")}, table.get(), {}));
}

}  // namespace

TEST_CASE("R6: a property that was not asked for is not in the rows, so it is not emptied") {
  const MirrorTablePtr before = TableOf(Deals(), {Define("a")});
  const PropertySetPtr asked = WholeSet(*before);
  const MirrorTablePtr now = WithNewProperty(before);

  const RowBatch batch = MapPage(now, PageBuilder(asked).Add(1, {{"a", "x"}}).Build());

  CHECK(WrittenRow(batch, 0)["a"] == "x");
  CHECK(WrittenRow(batch, 0)["later"] == "no such column");
  CHECK(batch.shape->asked == asked->names());
}

TEST_CASE("R6: rows of a set that lacks a property have no hash to compare with whole ones") {
  const MirrorTablePtr before = TableOf(Deals(), {Define("a")});
  const PropertySetPtr asked = WholeSet(*before);

  const RowBatch whole = MapPage(before, PageBuilder(asked).Add(1, {}).Build());
  const RowBatch partial = MapPage(WithNewProperty(before), PageBuilder(asked).Add(1, {}).Build());

  CHECK(whole.shape->whole);
  CHECK(WrittenRow(whole, 0)["_hash"] != "NULL");
  CHECK_FALSE(partial.shape->whole);
  CHECK(WrittenRow(partial, 0)["_hash"] == "NULL");
}

TEST_CASE("R6: an archived property is not part of a whole read") {
  const MirrorTablePtr before = TableOf(Deals(), {Define("a"), Define("b")});
  const auto now =
      std::make_shared<const MirrorTable>(PlanLayout(Deals(), {Define("a")}, before.get(), {}));

  const RowBatch batch = MapPage(now, PageBuilder(WholeSet(*now)).Add(1, {}).Build());

  CHECK(batch.shape->whole);
  CHECK(WrittenRow(batch, 0)["b"] == "no such column");
}

TEST_CASE("R6: a value that was asked for before its property was excluded is not kept") {
  const MirrorTablePtr before = TableOf(Deals(), {Define("a"), Define("b")});
  MirrorTable excluding = *before;
  for (MirrorColumn& column : excluding.columns) column.excluded = column.property() == "b";
  const auto now = std::make_shared<const MirrorTable>(excluding);

  const RowBatch batch =
      MapPage(now, PageBuilder(WholeSet(*before)).Add(1, {{"a", "x"}, {"b", "secret"}}).Build());

  CHECK(WrittenRow(batch, 0)["a"] == "x");
  CHECK(batch.copy_text.find("secret") == std::string::npos);
}

TEST_CASE("R6: a whole read always asks for what tells records apart") {
  const PropertySetPtr whole = WholeSet(*TableOf(Contacts(), {}));
  for (const char* name :
       {"hs_object_id", "lastmodifieddate", "hs_merged_object_ids", "hs_calculated_merged_vids"}) {
    CHECK(whole->Index(name).has_value());
  }
}

TEST_CASE("R6: absent and empty mean the same") {
  const MirrorTablePtr table = TableOf(Deals(), {Define("a"), Define("b")});
  const RowBatch absent = MapWhole(table, 1, {{"a", "x"}});
  const RowBatch empty = MapWhole(table, 1, {{"a", "x"}, {"b", ""}});
  CHECK(absent.copy_text == empty.copy_text);
}
