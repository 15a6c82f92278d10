// R7: one transaction holds the rows and the cursor they prove; the cursor is read again after
// every reconnect.
#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

Commit RowsAndCursor(MirrorFixture& fixture, const std::vector<Told>& records) {
  Commit commit = fixture.NewCommit();
  commit.rows.push_back(fixture.Batch(records));
  commit.progress[JobKind::kSweep] = {.cursor = R"({"after": "1"})"};
  commit.pending = {{.id = RecordId{9}, .cause = PendingCause::kNominated}};
  return commit;
}

TEST_CASE_FIXTURE(MirrorFixture, "R7: when the cursor cannot be saved, no row is there either") {
  MakeContacts();
  Value(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
      " $$BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '53100'; END$$;"
      "CREATE TRIGGER refuse BEFORE INSERT ON acme._stream_state"
      " FOR EACH ROW EXECUTE FUNCTION refuse()");

  CHECK_THROWS_AS(sink().Write(RowsAndCursor(*this, {{.id = 1}})), DatabaseError);

  CHECK(Value("SELECT count(*) FROM acme.contacts") == "0");
  CHECK(Value("SELECT count(*) FROM acme._pending") == "0");
}

TEST_CASE_FIXTURE(MirrorFixture, "R7: when a row cannot be written, the cursor does not move") {
  MakeContacts();
  Value(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
      " $$BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '53100'; END$$;"
      "CREATE TRIGGER refuse BEFORE INSERT ON acme.contacts"
      " FOR EACH ROW EXECUTE FUNCTION refuse()");

  CHECK_THROWS_AS(sink().Write(RowsAndCursor(*this, {{.id = 1}})), DatabaseError);

  CHECK(sink().Load(contacts()->object).progress.empty());
  CHECK(Value("SELECT count(*) FROM acme._pending") == "0");
}

TEST_CASE_FIXTURE(MirrorFixture, "R7: after a lost session nothing is written before a new claim") {
  MakeContacts();
  // Only this test's sessions: the server is shared.
  Value(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
      " WHERE datname = current_database() AND pid <> pg_backend_pid()");

  CHECK_THROWS_AS(sink().Write(RowsAndCursor(*this, {{.id = 1}})), DatabaseError);
  // The pool has a good session again by now; the cursors of the caller may still be too new.
  CHECK_THROWS_AS(sink().Write(RowsAndCursor(*this, {{.id = 1}})), DatabaseError);
  CHECK(Value("SELECT count(*) FROM acme.contacts") == "0");

  sink().Claim();
  CHECK(sink().Load(contacts()->object).progress.empty());
  CHECK(sink().Write(RowsAndCursor(*this, {{.id = 1}})).inserted == 1);
}

}  // namespace
}  // namespace hubmirror::testing
