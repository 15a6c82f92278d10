#include <doctest/doctest.h>

#include <string>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

bool SaysDatabaseIsAway(const World& world) {
  const auto stream = world.daemon.Stream("acme", "contacts");
  return stream.Text("state") == "failing" && stream.Text("reason") == "database";
}

TEST_CASE("database outage: the daemon stays up, says so, and recovers alone") {
  World world({.seed = 51, .records = 1500});
  world.Load();
  // On a slow machine a stream may be late for a moment after its first load.
  Await("the daemon to be ready", 60s, [&] { return world.daemon.StatusCodeOf("/readyz") == 200; });

  world.database.Stop();
  Await("the stream to say failing/database", 60s, [&] { return SaysDatabaseIsAway(world); });
  CHECK(world.daemon.running());
  CHECK(world.daemon.StatusCodeOf("/livez") == 200);
  CHECK(world.daemon.StatusCodeOf("/readyz") == 503);
  CHECK(world.daemon.Metric("hubmirror_db_up") == 0.0);
  world.portal.StartScript(R"({"events":60,"seconds":1,"seed":5})");
  world.portal.AwaitScript(30s);
  world.database.Start();

  Await("the daemon to be ready again", 60s,
        [&] { return world.daemon.StatusCodeOf("/readyz") == 200; });
  CHECK(world.daemon.Metric("hubmirror_db_up") == 1.0);
  world.ExpectEqual();
}

TEST_CASE("database outage: restarts and crashes during load and changes lose nothing") {
  World world({.seed = 52, .records = 4000, .latency = "20ms"}, {}, {.durable = true});
  world.daemon.Start();
  Await("some rows", 60s, [&] {
    return world.Sql("SELECT to_regclass('acme.contacts') IS NOT NULL") == "t" &&
           world.Sql("SELECT count(*) > 0 FROM acme.contacts") == "t";
  });
  world.database.Restart();
  world.database.Crash();
  world.database.Start();
  world.mirror.WaitBackfill(3min);
  world.portal.StartScript(R"({"events":100,"seconds":4,"seed":5})");
  world.database.Restart();
  world.portal.AwaitScript(30s);
  world.database.Crash();
  world.database.Start();

  world.ExpectEqual();
  CHECK(world.daemon.running());
}

TEST_CASE("database outage: a daemon started before its database waits for it") {
  World world({.seed = 53, .records = 300});
  world.database.Stop();

  world.daemon.Start();
  CHECK(world.daemon.StatusCodeOf("/readyz") == 503);
  world.database.Start();
  world.mirror.WaitBackfill(60s);

  world.ExpectEqual();
}

}  // namespace
}  // namespace hubmirror::testing
