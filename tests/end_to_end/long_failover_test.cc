#include <doctest/doctest.h>

#include <string>

#include "support/await.h"
#include "support/temp_patroni.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

TEST_CASE("fault 24: a failover by Patroni loses the last commits, and the mirror notices") {
  World world(
      {.seed = static_cast<uint64_t>(FromEnvironment("HUBMIRROR_SEED", 1)), .records = 500});
  TempPatroni cluster;
  const std::string role = World::kRole;
  const std::string database = World::kDatabase;
  cluster.Run("CREATE ROLE " + role + " LOGIN");
  cluster.Run("CREATE DATABASE " + database);
  cluster.Run("GRANT CREATE ON DATABASE " + database + " TO " + role);
  world.daemon.settings().dsn = cluster.Dsn(role, database);
  world.daemon.WriteFiles();
  world.Load();
  MirrorCheck mirror(world.portal, world.daemon, cluster.Dsn("postgres", database),
                     world.daemon.settings().portals.at(0));
  cluster.StopStreaming();
  cluster.Run("CREATE TABLE public.lost ()", database);
  world.portal.StartScript(R"({"events":200,"seconds":4,"seed":1})");
  world.portal.AwaitScript(60s);
  mirror.Settle();

  cluster.CrashLeader();
  Await("the streams to say failing/database", 40s, [&] {
    const auto stream = world.daemon.Stream("acme", "contacts");
    return stream.Text("state") == "failing" && stream.Text("reason") == "database";
  });
  cluster.AwaitLeader(90s);

  CHECK(cluster.Run("SELECT to_regclass('public.lost')", database).empty());
  CHECK(world.daemon.running());
  mirror.Settle();
  const MirrorCheck::Outcome outcome = mirror.Compare();
  INFO(outcome.words);
  CHECK(outcome.report.differences == 0);
}

}  // namespace
}  // namespace hubmirror::testing
