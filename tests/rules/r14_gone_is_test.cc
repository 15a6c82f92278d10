// R14: gone is erased (contacts: everything personal leaves the database) or purged (the row is
// kept).
#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

Commit OneFate(const MirrorFixture& fixture, Fate fate) {
  Commit commit = fixture.NewCommit();
  commit.fates = {fate};
  return commit;
}

TEST_CASE_FIXTURE(MirrorFixture, "R14: of an erased contact nothing personal is left anywhere") {
  MirrorColumn archived = Property("old");
  MakeContacts(
      {Property("email"), archived, Property("rare", ColumnType::kText, Storage::kOverflow)});
  Write({{.id = 1,
          .values = {{"email", "ada@example.org"}, {"old", "Ada"}, {"rare", "Lovelace"}},
          .rejected = {{"n", "ada"}}},
         {.id = 2, .values = {{"email", "bob@example.org"}}}});
  // A later version of the record could not be stored.
  Value(
      "INSERT INTO acme._quarantine (object, id, sqlstate, reason, record)"
      " VALUES ('contacts', 1, '22P02', 'ada', '{\"email\": \"ada\"}')");
  Value("INSERT INTO acme._pending (object, id, cause) VALUES ('contacts', 1, 'absent')");

  const CommitOutcome outcome = sink().Write(
      OneFate(*this, {.id = RecordId{1}, .kind = Fate::Kind::kErased, .at = Second(300)}));

  CHECK(outcome.erased == 1);
  CHECK(outcome.live_change == -1);
  CHECK(Value("SELECT to_jsonb(c) - '{id,created_at,archived,erased_at,_synced_at}'::text[]"
              " = (SELECT jsonb_object_agg(key, null) FROM jsonb_object_keys(to_jsonb(c) -"
              " '{id,created_at,archived,erased_at,_synced_at}'::text[]) key)"
              " FROM acme.contacts c WHERE id = 1") == "t");
  CHECK(Value("SELECT created_at IS NOT NULL AND _synced_at IS NOT NULL AND NOT archived AND"
              " erased_at = to_timestamp(300) FROM acme.contacts WHERE id = 1") == "t");
  CHECK(Value("SELECT count(*) FROM acme._quarantine") == "0");
  CHECK(Value("SELECT count(*) FROM acme._pending") == "0");
  CHECK(List("id", "FROM acme.contacts_live") == "2");
  CHECK(Value("SELECT email FROM acme.contacts WHERE id = 2") == "bob@example.org");
}

TEST_CASE_FIXTURE(MirrorFixture, "R14: a purged record keeps its last values") {
  MakeContacts({Property("email")});
  Write({{.id = 1, .values = {{"email", "a"}}}});

  const CommitOutcome outcome = sink().Write(
      OneFate(*this, {.id = RecordId{1}, .kind = Fate::Kind::kPurged, .at = Second(300)}));

  CHECK(outcome.purged == 1);
  CHECK(List("email, extract(epoch FROM purged_at)::int", "FROM acme.contacts") == "a|300");
  CHECK(Value("SELECT count(*) FROM acme.contacts_live") == "0");
}

TEST_CASE_FIXTURE(MirrorFixture, "R14: a record gone before it was seen gets no row") {
  MakeContacts();

  const CommitOutcome outcome = sink().Write(
      OneFate(*this, {.id = RecordId{1}, .kind = Fate::Kind::kErased, .at = Second(300)}));

  CHECK(outcome.erased == 0);
  CHECK(Value("SELECT count(*) FROM acme.contacts") == "0");
}

}  // namespace
}  // namespace hubmirror::testing
