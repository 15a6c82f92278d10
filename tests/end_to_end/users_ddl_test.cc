#include <doctest/doctest.h>

#include <string>

#include "support/await.h"
#include "world.h"

// People who change our tables, and what it costs them: nothing that HubSpot still shows.

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

std::string StateOf(const World& world, const std::string& property) {
  return world.Sql("SELECT state FROM acme.properties WHERE object = 'contacts' AND name = '" +
                   property + "'");
}

TEST_CASE("users' DDL: a dropped column comes back with the values of live and archived records") {
  World world({.seed = 301, .records = 600});
  world.Load();

  world.Sql("ALTER TABLE acme.contacts DROP COLUMN firstname CASCADE");

  Await("the column to be back with its values", 120s, [&] {
    return world.Sql(
               "SELECT count(*) FROM pg_attribute WHERE attrelid = 'acme.contacts'::regclass"
               " AND attname = 'firstname'") == "1" &&
           StateOf(world, "firstname") == "current";
  });
  Await("the archived records to have theirs", 60s, [&] {
    return world.Sql(
               "SELECT count(*) > 0 FROM acme.contacts WHERE archived AND merged_into IS NULL"
               " AND firstname IS NOT NULL") == "t";
  });
  world.ExpectEqual();
}

TEST_CASE("users' DDL: a dropped table is made again and loaded again") {
  World world({.seed = 302, .records = 300});
  world.Load();

  const std::string rows = world.Sql("SELECT count(*) FROM acme.contacts");
  world.Sql("DROP TABLE acme.contacts CASCADE");
  world.portal.StartScript(R"({"events":20,"seconds":1,"seed":5})");
  world.portal.AwaitScript(30s);

  Await("the table to be back with its rows", 120s, [&] {
    return world.Sql("SELECT to_regclass('acme.contacts') IS NOT NULL") == "t" &&
           world.Sql("SELECT count(*) >= " + rows + " / 2 FROM acme.contacts") == "t";
  });
  world.mirror.WaitBackfill(60s);
  world.ExpectEqual();
}

TEST_CASE("users' DDL: a stop does not wait for what a trigger makes slow") {
  World world({.seed = 303, .records = 100});
  world.Load();
  world.Sql(
      "CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS"
      " 'BEGIN PERFORM pg_sleep(25); RETURN NEW; END';"
      "CREATE TRIGGER slow BEFORE INSERT OR UPDATE ON acme.contacts"
      " FOR EACH ROW EXECUTE FUNCTION public.slow()");
  world.portal.StartScript(R"({"events":60,"seconds":1,"seed":6})");
  world.portal.AwaitScript(30s);
  Await("the trigger to run", 60s, [&] {
    return world.Sql("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'") ==
           "t";
  });

  const auto asked = std::chrono::steady_clock::now();
  CHECK(world.daemon.Terminate().exit_code == 0);
  const auto took = std::chrono::steady_clock::now() - asked;

  CHECK(took < 15s);
  world.Sql("DROP TRIGGER slow ON acme.contacts");
  world.daemon.Start();
  world.ExpectEqual();
}

}  // namespace
}  // namespace hubmirror::testing
