#include <doctest/doctest.h>

#include <string>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

TEST_CASE("changes: a mixed script of two hundred ends in an equal mirror") {
  World world({.seed = 21, .records = 3000, .index_delay = "2s"});
  world.Load();

  world.portal.StartScript(
      R"({"events":200,"seconds":10,"seed":5,"weights":{"create":20,"update":45,
    "archive":10,"restore":5,"merge":8,"erase":4,"purge":3,"calculate":5},"erasures_max":20})");
  world.portal.AwaitScript(60s);

  world.ExpectEqual();
}

TEST_CASE("changes: an update shows by itself within interval and index delay") {
  World world({.seed = 22, .records = 300, .index_delay = "2s"});
  world.Load();
  const std::string id = world.portal.Mutate(
      R"({"object":"deals","kind":"create","properties":{"dealname":"first"}})");
  const auto name = [&] {
    return world.Sql("SELECT dealname FROM acme.deals_live WHERE id = " + id);
  };
  Await("the new deal", 8s, [&] { return name() == "first"; });

  world.portal.Mutate(R"({"object":"deals","kind":"update","id":")" + id +
                      R"(","properties":{"dealname":"second"}})");

  Await("its update", 8s, [&] { return name() == "second"; });

  // A poll and a batch read at least have found the two.
  const compare::Json changes = world.daemon.Status()["portals"]["acme"]["changes"];
  CHECK(changes["found"].AsInteger() >= 2);
  CHECK(changes["requests"].AsInteger() >= 4);
  CHECK(changes["requests"].AsInteger() <=
        world.portal.Requests("search ") + world.portal.Requests("batch read "));
}

TEST_CASE("changes: thousands of records on one millisecond all arrive") {
  World world({.seed = 23, .records = 4000, .limits = false});
  world.Load();

  world.portal.Control("mutate", R"({"object":"contacts","kind":"import","count":2200,
    "properties":{"city":"Imported"}})");
  Await("all of them", 60s, [&] {
    return world.Sql("SELECT count(*)::text FROM acme.contacts_live WHERE city = 'Imported'") ==
           "2200";
  });

  world.ExpectEqual();
}

TEST_CASE("changes: calculated values are caught up by the sweep that settles") {
  World world({.seed = 24, .records = 500});
  world.Load();
  world.portal.StartScript(R"({"events":60,"seconds":1,"seed":6,"weights":{"create":0,"update":0,
    "archive":0,"restore":0,"merge":0,"erase":0,"purge":0,"calculate":1}})");
  world.portal.AwaitScript(30s);

  world.ExpectEqual();
}

}  // namespace
}  // namespace hubmirror::testing
