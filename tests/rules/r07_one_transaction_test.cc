// R7: one transaction holds the rows and the cursor they prove; the cursor is read again after
// every reconnect.
#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"
#include "support/temp_pgbouncer.h"

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

TEST_CASE_FIXTURE(MirrorFixture, "R7: a database that went back under a live session is noticed") {
  MakeContacts();
  sink().Write(RowsAndCursor(*this, {{.id = 1}}));
  Value("CREATE TABLE public.before AS SELECT * FROM acme._stream_state");
  Commit second = RowsAndCursor(*this, {{.id = 2}});
  second.progress[JobKind::kSweep].cursor = R"({"after": "2"})";
  sink().Write(second);

  // A failover behind PgBouncer that loses the last commit looks like this from here.
  Value(
      "DELETE FROM acme.contacts WHERE id = 2; DELETE FROM acme._stream_state;"
      "INSERT INTO acme._stream_state SELECT * FROM public.before");

  CHECK_THROWS_AS(sink().Write(RowsAndCursor(*this, {{.id = 3}})), DatabaseError);
  // Nobody else may go on from what is not there either.
  CHECK_THROWS_AS(sink().Heartbeat(), DatabaseError);
  CHECK(Value("SELECT string_agg(id::text, ',') FROM acme.contacts") == "1");
  sink().Claim();
  CHECK(sink().Load(contacts()->object).progress.at(JobKind::kSweep).cursor == R"({"after": "1"})");
  CHECK(sink().Write(RowsAndCursor(*this, {{.id = 2}, {.id = 3}})).inserted == 2);
}

TEST_CASE_FIXTURE(MirrorFixture, "R7: a first commit that is lost is noticed, a reset is not") {
  MakeContacts();
  sink().Write(RowsAndCursor(*this, {{.id = 1}}));
  sink().ResetStream(contacts()->object);
  CHECK(sink().Write(RowsAndCursor(*this, {{.id = 2}})).inserted == 1);

  sink().Write(RowsAndCursor(*this, {{.id = 3}}));
  Value("DELETE FROM acme._stream_state WHERE job = 'sweep'");
  CHECK_THROWS_AS(sink().Write(RowsAndCursor(*this, {{.id = 4}})), DatabaseError);
}

TEST_CASE_FIXTURE(MirrorFixture, "R7: another server behind PgBouncer is noticed") {
  TempPostgres server;
  TempPgBouncer bouncer(server, "postgres", "postgres", 2);
  Open(plan(), bouncer.Dsn());
  MakeContacts();
  CHECK(sink().Write(RowsAndCursor(*this, {{.id = 1}})).inserted == 1);
  const int sessions_lost = observer().reconnects;

  server.Stop();
  server.Start();

  // Our sessions are with PgBouncer, which may or may not have found out by itself.
  for (int i = 0; i < 5; ++i) {
    CHECK_THROWS_AS(sink().Write(RowsAndCursor(*this, {{.id = 2}})), DatabaseError);
  }
  CHECK(observer().reconnects >= sessions_lost);
  sink().Claim();
  CHECK(sink().Write(RowsAndCursor(*this, {{.id = 2}})).inserted == 1);
}

}  // namespace
}  // namespace hubmirror::testing
