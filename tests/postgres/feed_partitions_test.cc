#include "postgres/feed/feed_partitions.h"

#include <doctest/doctest.h>

#include "postgres/feed_fixture.h"
#include "postgres/schema/layout_steps.h"
#include "postgres/schema/portal_removal.h"

namespace hubmirror::testing {
namespace {

std::string Partitions(const MirrorFixture& fixture) {
  return fixture.List("c.relname",
                      "FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent"
                      " = 'acme.changes'::regclass ORDER BY 1");
}

TEST_CASE("feed partitions: a day has the numbers from its own times 2^34, and a name") {
  CHECK(FirstNumberOf(20'818) == 357'650'516'672'512);
  CHECK(FeedDayOf(357'650'516'672'512) == 20'818);
  CHECK(FeedDayOf(357'650'516'672'511) == 20'817);
  CHECK(FeedPartition(20'818) == "_changes_20261231");
}

TEST_CASE_FIXTURE(FeedFixture,
                  "feed partitions: today and two days ahead are there from the start") {
  const FeedDay day = FeedDayOf(today);

  CHECK(Partitions(*this) ==
        FeedPartition(day) + ";" + FeedPartition(day + 1) + ";" + FeedPartition(day + 2));
  Value("INSERT INTO acme.changes (seq, tx, op) VALUES (" +
        std::to_string(FirstNumberOf(day + 3) - 1) + ", 0, 'epoch')");
  CHECK_THROWS(Value("INSERT INTO acme.changes (seq, tx, op) VALUES (" +
                     std::to_string(FirstNumberOf(day + 3)) + ", 0, 'epoch')"));
  CHECK_THROWS(Value("INSERT INTO acme.changes (seq, tx, op) VALUES (" +
                     std::to_string(FirstNumberOf(day + 3) - 1) + ", 0, 'epoch')"));
}

TEST_CASE_FIXTURE(FeedFixture,
                  "feed partitions: are made beside those who read and write the feed") {
  Session reader(dsn());
  reader.Run("BEGIN; SELECT count(*) FROM acme.changes");
  Session writer(dsn());
  writer.Run("BEGIN; INSERT INTO acme.changes (seq, tx, op) VALUES (" + Seq(1) + ", 1, 'epoch')");

  MakeDay(1);

  CHECK(Value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'acme.changes'::regclass") ==
        "4");
}

TEST_CASE_FIXTURE(MirrorFixture, "feed partitions: there is none where the feed is off") {
  sink().Claim();
  CHECK(Partitions(*this) == "");
}

TEST_CASE_FIXTURE(FeedFixture, "feed partitions: a query by number looks into none that is older") {
  Session session(dsn());
  session.Run(
      "CREATE FUNCTION pg_temp.plan_of(text) RETURNS SETOF text LANGUAGE plpgsql AS"
      " 'BEGIN RETURN QUERY EXECUTE ''EXPLAIN '' || $1; END'");
  const std::string plan_text = session.Run(
      "SELECT string_agg(l, ' ') FROM pg_temp.plan_of('SELECT * FROM acme.changes WHERE seq > " +
      std::to_string(FirstNumberOf(FeedDayOf(today) + 2)) + " ORDER BY seq LIMIT 500') l");
  CHECK(Says(plan_text, FeedPartition(FeedDayOf(today) + 2)));
  CHECK_FALSE(Says(plan_text, FeedPartition(FeedDayOf(today))));
}

TEST_CASE_FIXTURE(FeedFixture, "feed partitions: a portal that is dropped takes its feed along") {
  Note(1, 3);
  Value("SELECT acme.feed_start('billing')");
  Value("UPDATE acme._owner SET renewed_at = now() - interval '61 s'");
  Connection connection({.dsn = dsn(), .password = {}});

  RemovePortal(connection, FindRemains(connection, "acme", "").value(), false,
               std::chrono::milliseconds(100));

  CHECK(Value("SELECT count(*) FROM pg_namespace WHERE nspname = 'acme'") == "0");
}

TEST_CASE_FIXTURE(MirrorFixture, "feed: a mirror of before there was a feed gets its tables") {
  {
    Transaction transaction(pool());
    transaction.Run("CREATE SCHEMA acme");
    RunSteps(transaction, "acme", 0, PortalSteps().first(11));
    transaction.Run("INSERT INTO acme._portal (portal_id, layout_version) VALUES (4711, 11)");
    transaction.Commit();
  }
  SUBCASE("") {
    sink().Claim();
    CHECK(Value("SELECT count(*) FROM acme.changes") == "0");
    CHECK(Value("SELECT dropped_to FROM acme._feed") == "0");
  }
  SUBCASE("or says which of its names a custom type has") {
    Value("CREATE TABLE acme.changes (id bigint)");
    std::string said;
    try {
      sink().Claim();
    } catch (const DatabaseError& error) {
      said = error.what();
    }
    CHECK(Says(said, "custom type: changes"));
    CHECK(Says(said, "hubmirror portal drop"));
  }
}

}  // namespace
}  // namespace hubmirror::testing
