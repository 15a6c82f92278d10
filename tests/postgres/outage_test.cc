#include <doctest/doctest.h>

#include <thread>

#include "postgres/mirror_fixture.h"
#include "support/temp_pgbouncer.h"

namespace hubmirror::testing {
namespace {

TEST_CASE_FIXTURE(MirrorFixture,
                  "outage: a stopped server is said, and a claim afterwards goes on") {
  // A server of its own: the shared one serves the other tests.
  TempPostgres server;
  Open(plan(), server.Dsn());
  MakeContacts({Property("v")});
  Write({{.id = 1, .values = {{"v", "a"}}}});

  for (int round = 0; round < 3; ++round) {
    server.Stop();
    try {
      Write({{.id = 2}});
      FAIL("written without a server");
    } catch (const DatabaseError& error) {
      CHECK(error.kind() == DatabaseError::Kind::kUnavailable);
    }
    CHECK_THROWS_AS(sink().Claim(), DatabaseError);
    server.Start();
    sink().Claim();
    set_contacts(sink().Load(contacts()->object).table);
    REQUIRE(contacts() != nullptr);
  }

  CHECK(Write({{.id = 2}}).inserted == 1);
  CHECK(observer().database_up.back());
  CHECK(observer().reconnects >= 3);
}

TEST_CASE_FIXTURE(MirrorFixture,
                  "outage: after a crash what was committed is there, the rest is not") {
  TempPostgres server({.durable = true, .tcp = false, .settings = {}});
  Open(plan(), server.Dsn());
  MakeContacts();
  Commit commit = NewCommit();
  commit.rows.push_back(Batch({{.id = 1}}));
  commit.progress[JobKind::kSweep] = {.cursor = "{\"after\": 1}"};
  sink().Write(commit);

  server.Crash();
  CHECK_THROWS_AS(Write({{.id = 2}}), DatabaseError);
  server.Start();
  sink().Claim();

  const StoredStream stored = sink().Load(contacts()->object);
  CHECK(stored.progress.at(JobKind::kSweep).cursor == "{\"after\": 1}");
  CHECK(server.Run("SELECT string_agg(id::text, ',') FROM acme.contacts") == "1");
}

TEST_CASE_FIXTURE(MirrorFixture, "pgbouncer: everything works in transaction mode") {
  TempPgBouncer bouncer(SharedServer(), database(), "postgres", 2);
  Open(plan(), bouncer.Dsn());
  MakeContacts(
      {Property("a"), Property("n"), Property("o", ColumnType::kText, Storage::kOverflow)});
  std::vector<Told> records;
  for (int i = 1; i <= 1000; ++i) {
    records.push_back({.id = i, .values = {{"a", "x"}, {"o", "y"}}});
  }
  CHECK(Write(records).inserted == 1000);
  CHECK(Write(records).unchanged == 1000);
  for (Told& told : records) told.values["a"] = "z";
  CHECK(Write(records).updated == 1000);
  records.resize(3);
  for (Told& told : records) told.values["a"] = "w";
  CHECK(Write(records).updated == 3);

  MirrorTable wanted = *contacts();
  wanted.columns[2].type = ColumnType::kNumeric;
  wanted.columns.push_back(Property("b"));
  set_contacts(sink().ApplyLayout(wanted));
  CHECK(contacts()->columns[2].type == ColumnType::kNumeric);
  CHECK(Write({{.id = 2000, .values = {{"n", "bad"}}}}).quarantined == 1);
  sink().Heartbeat();
  sink().Analyze(contacts()->object);

  CHECK(List("a, count(*)", "FROM acme.contacts GROUP BY a ORDER BY a") == "w|3;z|997");
  CHECK(Value("SELECT count(*) FROM pg_class WHERE relpersistence = 't'") == "0");
}

TEST_CASE_FIXTURE(MirrorFixture,
                  "pgbouncer: many writers of one portal and a reader do not get stuck") {
  TempPgBouncer bouncer(SharedServer(), database(), "postgres", 2);
  Open(plan(), bouncer.Dsn());
  MakeContacts({Property("a")});
  std::array<int64_t, 4> written{};
  {
    std::vector<std::jthread> threads;
    for (size_t t = 0; t < written.size(); ++t) {
      threads.emplace_back([this, t, &written] {
        for (int round = 0; round < 10; ++round) {
          std::vector<Told> records;
          for (int i = 0; i < 50; ++i) {
            // Ranges overlap: each record is written by two threads.
            records.push_back(
                {.id = static_cast<int64_t>(t) * 25 + i + round * 1000, .values = {{"a", "x"}}});
          }
          Commit commit = NewCommit();
          commit.rows.push_back(Batch(records));
          written[t] += sink().Write(commit).inserted;
          sink().Stored(commit.object, {RecordId{1}});
        }
      });
    }
  }

  int64_t sum = 0;
  for (const int64_t one : written) sum += one;
  CHECK(std::to_string(sum) == Value("SELECT count(*) FROM acme.contacts"));
  CHECK(Value("SELECT rows FROM hubmirror.status") == std::to_string(sum));
}

}  // namespace
}  // namespace hubmirror::testing
