#include "postgres/outbox/outbox_upkeep.h"

#include <doctest/doctest.h>

#include "postgres/outbox_fixture.h"
#include "postgres/schema/portal_removal.h"

namespace hubmirror::testing {
namespace {

struct UpkeepFixture : OutboxFixture {
  void Keep() {
    const PortalSchema schema(plan(), "me");
    OutboxUpkeep(shared_pool(), schema).Keep();
  }
  void Erase(int64_t record) {
    Commit commit = NewCommit();
    commit.fates = {
        {.id = RecordId{record}, .kind = Fate::Kind::kErased, .at = Second(1'700'000'000)}};
    sink().Write(commit);
  }
};

TEST_CASE_FIXTURE(UpkeepFixture, "W24: what was under way when its person was erased is let go") {
  Write({{.id = 1, .values = {{"city", "Bonn"}}}, {.id = 2, .values = {{"city", "Bonn"}}}});
  const OutboxId sending = Insert(1, R"({"city": "Trier"})");
  REQUIRE(Claim(sending, {{"city", "Trier"}}));
  Erase(1);
  REQUIRE(Of(sending, "properties") == R"({"city": "Trier"})");
  Change({.id = sending, .attempts = 1, .state = OutboxState::kFailed, .reason = "gone"});
  const OutboxId later = Insert(1, R"({"city": "Ulm"})");
  const OutboxId another = Insert(2, R"({"city": "Ulm"})");

  Keep();

  CHECK(Of(sending, "properties || coalesce(sent, '{}') || coalesce(base, '{}')") == "{}");
  CHECK(StateOf(later) == "cancelled/gone");
  CHECK(Of(later, "properties") == "{}");
  CHECK(Of(another, "properties") == R"({"city": "Ulm"})");
}

TEST_CASE_FIXTURE(UpkeepFixture,
                  "W24: an erasure reaches what was written before it was forbidden") {
  Write({{.id = 1, .values = {{"city", "Bonn"}}}});
  const OutboxId row = Insert(1, R"({"city": "Trier"})");
  PortalPlan reading = Asking({"city"});
  reading.write.enabled = false;
  Open(reading);
  MakeContacts(Properties());

  Erase(1);

  CHECK(StateOf(row) == "cancelled/gone");
  CHECK(Of(row, "properties") == "{}");
}

TEST_CASE_FIXTURE(UpkeepFixture, "W24: what is done goes in its time, all else stays") {
  for (int i = 0; i < 6; ++i) Insert(i + 1, R"({"score": 1})");
  Value(
      "UPDATE acme.outbox SET done_at = clock_timestamp() - interval '32 days', state ="
      " (ARRAY['done', 'cancelled', 'failed', 'conflict', 'rejected', 'queued'])[id]");
  Value(
      "INSERT INTO acme.outbox (object, op, record_id, properties) VALUES ('contacts', 'update',"
      " 9, '{\"score\": 1}'); UPDATE acme.outbox SET state = 'done', done_at = clock_timestamp() -"
      " interval '30 days' WHERE id = 7");

  Keep();

  CHECK(List("state", "FROM acme.outbox ORDER BY id") == "failed;conflict;rejected;queued;done");
}

TEST_CASE_FIXTURE(UpkeepFixture, "W24: the log has a part of its own for every day, and lets go") {
  Keep();
  CHECK(Value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'acme.outbox_log'::regclass") ==
        "4");
  Keep();
  Value(
      "INSERT INTO acme.outbox_log (day, outbox_id, attempt, event) SELECT d::date, 1, 1, 'x'"
      " FROM generate_series(now() - interval '95 days', now(), interval '1 day') d");
  Value(
      "CREATE TABLE acme._outbox_log_20200101 (LIKE acme.outbox_log INCLUDING ALL); ALTER TABLE"
      " acme.outbox_log ATTACH PARTITION acme._outbox_log_20200101 FOR VALUES FROM"
      " ('2020-01-01') TO ('2020-01-02')");

  Keep();

  CHECK(Value("SELECT to_regclass('acme._outbox_log_20200101')").empty());
  CHECK(Value("SELECT min(day) = (now() AT TIME ZONE 'UTC')::date - 90 FROM acme.outbox_log") ==
        "t");
  CHECK(Value("SELECT tableoid::regclass::text ~ '^acme._outbox_log_[0-9]{8}$' FROM"
              " acme.outbox_log ORDER BY day DESC LIMIT 1") == "t");
}

TEST_CASE_FIXTURE(UpkeepFixture, "W4: a row that waits for nothing is let go") {
  Insert(1, R"({"score": 1})");
  Insert(1, R"({"score": 2})");
  Value("UPDATE acme.outbox SET reason = 'order'");

  Keep();

  CHECK(List("coalesce(reason, '-')", "FROM acme.outbox ORDER BY id") == "-;order");
}

TEST_CASE_FIXTURE(UpkeepFixture, "W24: rows that the application refers to are kept") {
  Insert(1, R"({"score": 1})");
  Value(
      "UPDATE acme.outbox SET state = 'done', done_at = '2020-01-01'; CREATE TABLE app (row bigint"
      " REFERENCES acme.outbox (id)); INSERT INTO app VALUES (1)");
  Keep();
  CHECK(Value("SELECT count(*) FROM acme.outbox") == "1");
}

TEST_CASE_FIXTURE(UpkeepFixture, "outbox: it goes with its portal") {
  sink().Heartbeat();
  Value("UPDATE acme._owner SET renewed_at = '2020-01-01'");
  Connection connection({.dsn = dsn(), .password = {}});
  const auto remains = FindRemains(connection, "acme", "acme");
  REQUIRE(remains);

  RemovePortal(connection, *remains, false, std::chrono::seconds(2));

  CHECK(Value("SELECT to_regnamespace('acme')").empty());
}

TEST_CASE_FIXTURE(UpkeepFixture, "outbox: every table and column of it says what it is") {
  CHECK(Value("SELECT string_agg(c.relname || '.' || a.attname, ' ') FROM pg_class c JOIN"
              " pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 WHERE c.relnamespace ="
              " 'acme'::regnamespace AND c.relname ~ 'outbox|_writable|_echo|_write_state' AND"
              " c.relkind IN ('r', 'p') AND c.relname !~ '[0-9]{8}$' AND (obj_description(c.oid,"
              " 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL)")
            .empty());
}

}  // namespace
}  // namespace hubmirror::testing
