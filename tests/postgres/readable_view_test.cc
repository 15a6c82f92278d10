#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

struct ReadableFixture : MirrorFixture {
  static MirrorColumn Enumeration(const std::string& name,
                                  const std::string& field_type = "select") {
    MirrorColumn column = Property(name);
    column.definition.Edit().type = "enumeration";
    column.definition.Edit().field_type = field_type;
    column.definition.Edit().options = {{.value = "a", .label = "Aye"},
                                        {.value = "b", .label = "Bee"}};
    return column;
  }
  MirrorColumn Owner(const std::string& name, const std::string& field_type = "select") {
    MirrorColumn column = Property(name);
    column.definition.Edit().type = "enumeration";
    column.definition.Edit().field_type = field_type;
    column.definition.Edit().referenced_object_type = "OWNER";
    if (field_type != "checkbox") column.type = ColumnType::kInteger;
    return column;
  }
  void WriteOwner(const std::string& id, const std::string& first_name) {
    std::vector<ReferenceRow> owners(1);
    owners[0].values.resize(TableOf(ReferenceKind::kOwners).columns.size());
    owners[0].values[0] = id;
    owners[0].values[4] = first_name;
    static_cast<ReferenceSink&>(sink()).WriteReference(
        {{.kind = ReferenceKind::kOwners, .rows = owners, .marks_gone = false, .at = Second(1)}});
  }
};

TEST_CASE_FIXTURE(ReadableFixture,
                  "readable views show labels and names, and what has none as it is") {
  MakeContacts({Enumeration("one"), Enumeration("many", "checkbox"), Owner("hubspot_owner_id"),
                Owner("all_owners", "checkbox")});
  WriteOwner("7", "Ada");
  WriteOwner("8", "Bob");
  Write({{.id = 1,
          .values = {{"one", "a"},
                     {"many", "b;x;a"},
                     {"hubspot_owner_id", "7"},
                     {"all_owners", "8;9;7"}}},
         {.id = 2, .values = {{"one", "x"}, {"many", "a"}, {"hubspot_owner_id", "9"}}},
         {.id = 3}});

  CHECK(List("id, one, many, hubspot_owner_id, all_owners",
             "FROM acme.contacts_readable ORDER BY id") ==
        "1|Aye|Bee;x;Aye|Ada|Bob;9;Ada;2|x|Aye|9;3");
  CHECK(Value("SELECT count(*) FROM acme.contacts_live l JOIN acme.owners o ON o.id ="
              " l.hubspot_owner_id") == "1");
}

TEST_CASE_FIXTURE(ReadableFixture,
                  "readable views are not compiled first, and look nothing up row by row") {
  std::vector<MirrorColumn> columns;
  for (int i = 0; i < 114; ++i) {
    columns.push_back(Enumeration("p" + std::to_string(i), i < 10 ? "checkbox" : "select"));
  }
  columns.push_back(Owner("hubspot_owner_id"));
  MakeContacts(columns);
  Value(
      "INSERT INTO acme.contacts (id, p0, p20) SELECT n, 'a;b', 'b' FROM generate_series(1, 10000) "
      "n;"
      " ANALYZE acme.contacts");

  const std::string plan = Value(
      "CREATE FUNCTION pg_temp.plan() RETURNS text LANGUAGE plpgsql AS $$ DECLARE line text;"
      " whole text := ''; BEGIN FOR line IN EXPLAIN SELECT * FROM acme.contacts_readable LOOP"
      " whole := whole || line || E'\\n'; END LOOP; RETURN whole; END $$;"
      "SET jit = on; SELECT pg_temp.plan()");

  CHECK(plan.find("InitPlan") != std::string::npos);
  CHECK(plan.find("SubPlan") == std::string::npos);
  CHECK(plan.find("JIT") == std::string::npos);
  CHECK(Value("SELECT p0 || p20 FROM acme.contacts_readable WHERE id = 1") == "Aye;BeeBee");
}

TEST_CASE_FIXTURE(ReadableFixture,
                  "ids of owners that were text become numbers, and none is lost") {
  MirrorColumn before = Owner("hubspot_owner_id");
  before.type = ColumnType::kText;
  MakeContacts({before});
  Write({{.id = 1, .values = {{"hubspot_owner_id", "7"}}},
         {.id = 2, .values = {{"hubspot_owner_id", "somebody"}}},
         {.id = 3},
         {.id = 4, .values = {{"hubspot_owner_id", "8"}}}});
  // HubSpot shows nothing of this one any more.
  Value("UPDATE acme.contacts SET merged_into = 1 WHERE id = 4");

  MirrorTable wanted = *contacts();
  wanted.columns[1].type = ColumnType::kInteger;
  wanted.columns[1].state = PropertyState::kFilling;
  set_contacts(sink().ApplyLayout(wanted));

  CHECK(contacts()->columns[1].type == ColumnType::kInteger);
  CHECK(contacts()->columns[1].storage == Storage::kColumn);
  CHECK(contacts()->columns[1].state == PropertyState::kCurrent);
  CHECK(contacts()->columns[1].blocked_by.empty());
  CHECK(List("id, hubspot_owner_id, _rejected", "FROM acme.contacts ORDER BY id") ==
        "1|7;2|{\"hubspot_owner_id\": \"somebody\"};3;4|8");
  CHECK(Value("SELECT count(*) FROM acme.contacts WHERE _overflow IS NOT NULL") == "0");
  CHECK(Value("SELECT pg_typeof(hubspot_owner_id) FROM acme.contacts_live LIMIT 1") == "bigint");
  CHECK(
      Value(
          "SELECT change || ' ' || detail FROM acme.schema_changes WHERE change LIKE 'retype%'") ==
      "retype_column text to bigint");
}

TEST_CASE_FIXTURE(ReadableFixture, "ids of owners stay text where somebody's view needs them so") {
  MirrorColumn before = Owner("hubspot_owner_id");
  before.type = ColumnType::kText;
  MakeContacts({before});
  Write({{.id = 1, .values = {{"hubspot_owner_id", "7"}}}});
  Value("CREATE VIEW public.theirs AS SELECT hubspot_owner_id FROM acme.contacts_live");

  MirrorTable wanted = *contacts();
  wanted.columns[1].type = ColumnType::kInteger;
  wanted.columns[1].state = PropertyState::kFilling;
  set_contacts(sink().ApplyLayout(wanted));

  CHECK(contacts()->columns[1].type == ColumnType::kText);
  CHECK(contacts()->columns[1].storage == Storage::kColumn);
  CHECK(contacts()->columns[1].blocked_by == "view public.theirs");
  CHECK(Value("SELECT hubspot_owner_id FROM public.theirs") == "7");
}

}  // namespace
}  // namespace hubmirror::testing
