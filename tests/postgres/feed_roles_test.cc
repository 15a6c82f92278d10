#include <doctest/doctest.h>

#include "postgres/feed_fixture.h"

namespace hubmirror::testing {
namespace {

/// Roles belong to the server, which other tests use too.
struct Roles {
  Roles() {
    SharedServer().Run(
        "DROP ROLE IF EXISTS feed_reader, feed_app, feed_nobody; CREATE ROLE feed_reader LOGIN;"
        "CREATE ROLE feed_app LOGIN; CREATE ROLE feed_nobody LOGIN");
  }
};

struct RolesFixture : Roles, FeedFixture {
  RolesFixture() : FeedFixture({.enabled = true, .roles = {"feed_app", "feed_missing"}}) {
    PortalPlan asking = plan();
    asking.feed = {.enabled = true, .roles = {"feed_app", "feed_missing"}};
    asking.readers = {"feed_reader"};
    Open(asking);
    sink().Claim();
    Note(1, 3);
    Value("GRANT USAGE ON SCHEMA acme TO feed_nobody");
  }
  ~RolesFixture() {
    Value(
        "DROP OWNED BY feed_reader, feed_app, feed_nobody;"
        "DROP ROLE feed_reader, feed_app, feed_nobody");
  }
  Connection::Target As(const std::string& role) const {
    return {.dsn = SharedServer().Dsn(role, database()), .password = {}};
  }
};

const char* const kCalls[] = {
    "SELECT acme.feed_start('billing', 0)",
    "SELECT * FROM acme.feed_read('billing')",
    "SELECT acme.feed_ack('billing', max(seq)) FROM acme.changes",
    "SELECT acme.feed_reset('billing')",
    "SELECT acme.feed_drop('billing')",
};
const char* const kTables[] = {"changes", "stage_changes", "feed_consumers", "_feed"};

TEST_CASE_FIXTURE(RolesFixture,
                  "feed roles: those of feed.roles are consumers, and write nothing else") {
  Connection app(As("feed_app"));

  for (const char* call : kCalls) {
    CAPTURE(call);
    CHECK(FailureOf(app, call) == "none");
  }
  for (const std::string table : kTables) {
    CAPTURE(table);
    CHECK(FailureOf(app, "SELECT * FROM acme." + table) == "none");
    CHECK(FailureOf(app, "DELETE FROM acme." + table) != "none");
    // Nor may they lock what the mirror is about to write.
    CHECK(Says(FailureOf(app, "SELECT * FROM acme." + table + " FOR UPDATE"), "42501"));
  }
  CHECK(Says(FailureOf(app, "SELECT * FROM acme.properties"), "42501"));
  CHECK(Says(FailureOf(app, "SELECT acme._feed_lock('billing')"), "42501"));
}

TEST_CASE_FIXTURE(RolesFixture, "feed roles: readers read the feed, and may not be consumers") {
  Connection reader(As("feed_reader"));

  for (const std::string table : kTables) {
    CAPTURE(table);
    CHECK(FailureOf(reader, "SELECT * FROM acme." + table) == "none");
    CHECK(Says(FailureOf(reader, "SELECT * FROM acme." + table + " FOR UPDATE"), "42501"));
  }
  for (const char* call : kCalls) {
    CAPTURE(call);
    CHECK(Says(FailureOf(reader, call), "42501"));
  }
}

TEST_CASE_FIXTURE(RolesFixture, "feed roles: nobody else may run or read any of it") {
  Connection nobody(As("feed_nobody"));

  for (const char* call : kCalls) {
    CAPTURE(call);
    CHECK(Says(FailureOf(nobody, call), "42501"));
  }
  CHECK(Says(FailureOf(nobody, "SELECT * FROM acme.changes"), "42501"));
  CHECK(Value("SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
              " WHERE n.nspname = 'acme' AND p.proname ~ 'feed' AND (NOT p.prosecdef OR"
              " p.proconfig <> '{\"search_path=pg_catalog, pg_temp\"}'"
              " OR has_function_privilege('feed_nobody', p.oid, 'EXECUTE'))") == "0");
}

TEST_CASE_FIXTURE(RolesFixture,
                  "feed roles: what a consumer has in its search path does not run as us") {
  Connection app(As("feed_app"));
  app.Begin(
      "CREATE TEMP TABLE feed_consumers (name text, seq bigint);"
      "INSERT INTO feed_consumers VALUES ('billing', 999);"
      "CREATE FUNCTION pg_temp.greatest(bigint, bigint) RETURNS bigint LANGUAGE sql AS 'SELECT "
      "1/0'");
  const Rows rows = app.Run("SELECT acme.feed_start('billing', 0)");
  CHECK(rows.Text(0, 0) == Seq(-1));
  app.Rollback();
}

TEST_CASE_FIXTURE(RolesFixture,
                  "feed roles: one that does not exist is told, and gets its rights once it does") {
  CHECK(sink().MissingReaders() == std::vector<std::string>{"feed_missing"});
  SharedServer().Run("CREATE ROLE feed_missing LOGIN");

  sink().Heartbeat();

  CHECK(sink().MissingReaders().empty());
  Connection app(As("feed_missing"));
  CHECK(FailureOf(app, kCalls[0]) == "none");
  Value("DROP OWNED BY feed_missing; DROP ROLE feed_missing");
}

TEST_CASE_FIXTURE(RolesFixture, "feed roles: a consumer in a long transaction holds up no commit") {
  Connection app(As("feed_app"));
  app.Run(kCalls[0]);
  app.Begin("SELECT * FROM acme.feed_read('billing')");
  MakeContacts({Property("a")});

  CHECK(Write({{.id = 1, .values = {{"a", "x"}}}}).inserted == 1);
  sink().Heartbeat();
  Note(4, 5);
  app.Run("SELECT acme.feed_ack('billing', " + Seq(3) + ")");
  app.Commit();

  CHECK(StandOf("billing") == 3);
}

}  // namespace
}  // namespace hubmirror::testing
