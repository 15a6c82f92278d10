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

  const FeedPurge asked = PurgeFeed(connection, "acme", false);
  CHECK(asked.entries == 10);
  CHECK(asked.to == today + 9);
  CHECK(asked.lost == std::vector<std::string>{"early"});
  CHECK(Value("SELECT count(*) FROM acme.changes") == "10");

  PurgeFeed(connection, "acme", true);
  CHECK(Value("SELECT count(*) FROM acme.changes") == "0");
  Note(10, 10);
  CHECK(Says(FailureOf(connection, "SELECT * FROM acme.feed_read('early')"), "HM001"));
  CHECK(FailureOf(connection, "SELECT * FROM acme.feed_read('done')") == "none");
}

}  // namespace
}  // namespace hubmirror::testing
