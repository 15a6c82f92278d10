// R9: compare before writing; a row of equal hash is not touched.
#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

TEST_CASE_FIXTURE(MirrorFixture, "R9: what is equal is neither written nor locked") {
  MakeContacts({Property("v")});
  std::vector<Told> records;
  for (int i = 1; i <= 500; ++i) records.push_back({.id = i, .values = {{"v", "a"}}});
  Write(records);
  const std::string before = Value(
      "SELECT string_agg(xmin || ' ' || xmax || ' ' || ctid, ',' ORDER BY id) FROM acme.contacts");

  const CommitOutcome outcome = Write(records);

  CHECK(outcome.unchanged == 500);
  CHECK(outcome.updated == 0);
  CHECK(Value("SELECT string_agg(xmin || ' ' || xmax || ' ' || ctid, ',' ORDER BY id) FROM "
              "acme.contacts") == before);
}

TEST_CASE_FIXTURE(MirrorFixture, "R9: only what changed is written") {
  MakeContacts({Property("v")});
  std::vector<Told> records;
  for (int i = 1; i <= 500; ++i) records.push_back({.id = i, .values = {{"v", "a"}}});
  Write(records);
  records[7].values["v"] = "b";

  const CommitOutcome outcome = Write(records);

  CHECK(outcome.updated == 1);
  CHECK(outcome.unchanged == 499);
  CHECK(Value("SELECT id FROM acme.contacts WHERE v = 'b'") == "8");
}

TEST_CASE_FIXTURE(MirrorFixture, "R9: the hash of a partial read is not kept") {
  MakeContacts({Property("v"), Property("w")});
  Write({{.id = 1, .values = {{"v", "a"}, {"w", "a"}}}});

  Write(PartialBatch({"lastmodifieddate", "v"}, {{.id = 1, .values = {{"v", "b"}}}}));

  CHECK(List("v, w, coalesce(_hash::text, 'none')", "FROM acme.contacts") == "b|a|none");
}

TEST_CASE_FIXTURE(MirrorFixture, "R9: nor is that of a read asked for an older layout") {
  MakeContacts({Property("v")});
  const RowBatch asked_before = Batch({{.id = 1, .values = {{"v", "a"}}}});
  MirrorTable wanted = *contacts();
  wanted.columns.push_back(Property("w"));
  sink().ApplyLayout(wanted);

  Write(asked_before);

  CHECK(List("v, coalesce(_hash::text, 'none')", "FROM acme.contacts") == "a|none");
}

TEST_CASE_FIXTURE(MirrorFixture, "R9: an equal hash does not hide that a flag must change") {
  MakeContacts({Property("v")});
  Write({{.id = 1, .values = {{"v", "a"}}}, {.id = 2}});
  Commit commit = NewCommit();
  commit.fates = {{.id = RecordId{1}, .kind = Fate::Kind::kPurged, .at = Second(300)}};
  sink().Write(commit);
  clock().Advance(std::chrono::seconds(1));

  const CommitOutcome outcome = Write({{.id = 1, .values = {{"v", "a"}}}});

  CHECK(outcome.restored == 1);
  CHECK(Value("SELECT purged_at FROM acme.contacts WHERE id = 1").empty());
}

TEST_CASE_FIXTURE(MirrorFixture, "R9: a column that somebody dropped comes back with its values") {
  MakeContacts({Property("a"), Property("b")});
  Write({{.id = 1, .values = {{"a", "1"}, {"b", "2"}}}, {.id = 2, .values = {{"a", "3"}}}});
  Value("ALTER TABLE acme.contacts DROP COLUMN a CASCADE");

  // Whoever meets this has the catalog look.
  CHECK_THROWS_AS(Write({{.id = 3, .values = {{"a", "5"}}}}), DatabaseError);
  set_contacts(sink().ApplyLayout(*contacts()));
  CHECK(Write({{.id = 3, .values = {{"a", "5"}}}}).inserted == 1);
  // What is stored is equal to nothing any more.
  CHECK(Write({{.id = 1, .values = {{"a", "1"}, {"b", "2"}}}, {.id = 2, .values = {{"a", "3"}}}})
            .updated == 2);
  CHECK(List("id, a, b", "FROM acme.contacts_live ORDER BY id") == "1|1|2;2|3;3|5");
  CHECK(Value("SELECT state FROM acme.properties WHERE name = 'a'") == "filling");
}

TEST_CASE_FIXTURE(MirrorFixture,
                  "R9: the catalog finds a dropped column though nothing else differs") {
  MakeContacts({Property("a")});
  Write({{.id = 1, .values = {{"a", "1"}}}});
  const size_t changes = observer().schema_changes.size();
  CHECK(sink().ApplyLayout(*contacts()) == contacts());
  CHECK(observer().schema_changes.size() == changes);
  Value("ALTER TABLE acme.contacts DROP COLUMN a CASCADE");

  set_contacts(sink().ApplyLayout(*contacts()));

  CHECK(contacts()->columns[1].state == PropertyState::kFilling);
  CHECK(Write({{.id = 1, .values = {{"a", "1"}}}}).updated == 1);
  CHECK(Value("SELECT a FROM acme.contacts_live") == "1");
}

TEST_CASE_FIXTURE(MirrorFixture, "R9: a type that changes to and fro costs no values") {
  MakeContacts({Property("a"), Property("b")});
  const MirrorTable before = *contacts();
  Write({{.id = 1, .values = {{"a", "1"}, {"b", "2"}}}});
  MirrorTable other = before;
  other.columns[1].type = ColumnType::kNumeric;
  other.columns[1].state = PropertyState::kFilling;
  sink().ApplyLayout(other);

  MirrorTable again = before;
  again.columns[1].state = PropertyState::kFilling;
  set_contacts(sink().ApplyLayout(again));

  CHECK(Value("SELECT a FROM acme.contacts").empty());
  CHECK(Write({{.id = 1, .values = {{"a", "1"}, {"b", "2"}}}}).updated == 1);
  CHECK(List("a, b", "FROM acme.contacts") == "1|2");
}

TEST_CASE_FIXTURE(MirrorFixture, "R9: of a large table the hashes are taken away in pieces") {
  MakeContacts({Property("a")});
  Value(
      "INSERT INTO acme.contacts (id, a, _hash) SELECT i, 'x', i FROM generate_series(1, 45000) i");
  Value("ALTER TABLE acme.contacts DROP COLUMN a CASCADE");

  sink().ApplyLayout(*contacts());

  CHECK(Value("SELECT count(*) FROM acme.contacts WHERE _hash IS NOT NULL") == "0");
  // Each piece is a transaction of its own, in which the others may write in between.
  CHECK(Value("SELECT count(DISTINCT xmin::text) FROM acme.contacts") == "3");
}

TEST_CASE_FIXTURE(MirrorFixture, "R9: somebody's own column that bears a property's name is his") {
  MirrorColumn property = Property("a", ColumnType::kNumeric);
  MakeContacts({Property("b")});
  Write({{.id = 1, .values = {{"b", "2"}}}});
  Value("ALTER TABLE acme.contacts ADD a text; UPDATE acme.contacts SET a = 'mine'");
  MirrorTable wanted = *contacts();
  wanted.columns.push_back(property);
  wanted.columns.back().definition.Edit().archived = true;
  set_contacts(sink().ApplyLayout(wanted));

  wanted.columns.back().definition.Edit().archived = false;
  set_contacts(sink().ApplyLayout(wanted));

  CHECK_FALSE(contacts()->columns.back().blocked_by.empty());
  CHECK(Value("SELECT a FROM acme.contacts") == "mine");
}

}  // namespace
}  // namespace hubmirror::testing
