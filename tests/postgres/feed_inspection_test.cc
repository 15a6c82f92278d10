#include "postgres/feed/feed_inspection.h"

#include <doctest/doctest.h>

#include "postgres/feed_fixture.h"

namespace hubmirror::testing {
namespace {

struct InspectionFixture : FeedFixture {
  Connection connection{{.dsn = dsn(), .password = {}}};
};

TEST_CASE_FIXTURE(InspectionFixture,
                  "feed inspection: entries after a number, of one object or of all") {
  Note(1, 4);
  Value(
      "INSERT INTO acme.changes (seq, tx, object, id, op, to_object, to_id, before, after) VALUES "
      "(" +
      Seq(5) + ", 1, 'contacts', 3, 'link', 'deals', 7, NULL, NULL)");

  const auto all = ReadEntries(connection, "acme", std::nullopt, today + 2, 2);
  REQUIRE(all.size() == 2);
  CHECK(all[0].seq == today + 3);
  CHECK(all[0].op == "update");
  CHECK(all[0].record == "deals/7");
  CHECK(all[0].after == R"({"a": "1"})");
  CHECK(Says(all[0].json, "\"seq\": " + Seq(3)));
  const auto links = ReadEntries(connection, "acme", "contacts", 0, 10);
  REQUIRE(links.size() == 1);
  CHECK(links[0].record == "contacts/3");
  CHECK(links[0].other == "deals/7");
}

TEST_CASE_FIXTURE(InspectionFixture, "feed inspection: the number before the last entries") {
  CHECK(NumberBeforeLast(connection, "acme", "tickets", 20) == 0);
  Note(1, 9);
  CHECK(NumberBeforeLast(connection, "acme", std::nullopt, 3) == today + 6);
  CHECK(NumberBeforeLast(connection, "acme", "deals", 3) == today + 6);
  CHECK(NumberBeforeLast(connection, "acme", std::nullopt, 99) == today - 1);
}

TEST_CASE_FIXTURE(InspectionFixture,
                  "feed inspection: a consumer goes on from where it is told to") {
  Note(1, 9);
  Value("SELECT acme.feed_start('billing')");
  CHECK(ResetConsumer(connection, "acme", "billing", 0) == today - 1);
  CHECK(ResetConsumer(connection, "acme", "billing", today + 4) == today + 4);
  CHECK(ResetConsumer(connection, "acme", "billing", std::nullopt) == today + 9);
  CHECK_THROWS_AS(ResetConsumer(connection, "acme", "nobody", 0), DatabaseError);
}

TEST_CASE_FIXTURE(InspectionFixture,
                  "feed inspection: a purge drops all there is, and says who misses some") {
  Value("SELECT acme.feed_start('early')");
  Note(1, 9);
  Value("SELECT acme.feed_start('done')");

  const FeedPurge asked = PlanPurge(connection, "acme");
  CHECK(asked.entries == 10);
  CHECK(asked.to == today + 9);
  CHECK(asked.lost == std::vector<std::string>{"consumer early"});
  CHECK(Value("SELECT count(*) FROM acme.changes") == "10");

  Note(10, 10);  // nobody was asked about this one
  PurgeFeed(connection, "acme", asked.to);
  CHECK(Value("SELECT string_agg((seq - " + Seq(0) + ")::text, ' ') FROM acme.changes") == "10");
  CHECK(Says(FailureOf(connection, "SELECT * FROM acme.feed_read('early')"), "HM001"));
  CHECK(FailureOf(connection, "SELECT * FROM acme.feed_read('done')") == "none");
}

TEST_CASE_FIXTURE(InspectionFixture,
                  "feed inspection: a large feed is purged in pieces, each in its transaction, and "
                  "readers are told first") {
  Note(1, 24'999);
  Value(
      "CREATE TABLE public.pieces (tx xid8, entries bigint, dropped_to bigint);"
      "CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO "
      "public.pieces"
      " SELECT pg_current_xact_id(), (SELECT count(*) FROM gone), dropped_to FROM acme._feed;"
      " RETURN NULL; END $$;"
      "CREATE TRIGGER pieces AFTER DELETE ON acme.changes REFERENCING OLD TABLE AS gone"
      " FOR EACH STATEMENT EXECUTE FUNCTION public.note()");

  PurgeFeed(connection, "acme", today + 24'999);

  CHECK(Value("SELECT count(*) FROM acme.changes") == "0");
  CHECK(Value("SELECT string_agg(entries::text, ' ' ORDER BY tx) FROM public.pieces WHERE entries "
              "> 0") == "10000 10000 5000");
  CHECK(Value("SELECT count(DISTINCT tx) FROM public.pieces WHERE entries > 0 AND dropped_to = " +
              Seq(24'999)) == "3");
}

}  // namespace
}  // namespace hubmirror::testing
