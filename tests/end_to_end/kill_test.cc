#include <doctest/doctest.h>

#include <random>
#include <string>
#include <thread>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

TEST_CASE("kill: a daemon killed again and again ends in an equal mirror") {
  World world({.seed = 41, .records = 4000, .latency = "30ms", .index_delay = "2s"});
  std::mt19937 random(41);
  std::uniform_int_distribution<int> life_ms(100, 2500);

  world.daemon.Start();
  for (int kill = 0; kill < 8; ++kill) {
    if (kill == 4) world.portal.StartScript(R"({"events":200,"seconds":10,"seed":4})");
    std::this_thread::sleep_for(std::chrono::milliseconds(life_ms(random)));
    world.daemon.Kill();
    world.daemon.Start();
  }
  world.portal.AwaitScript(60s);
  world.mirror.WaitBackfill(3min);

  world.ExpectEqual();
}

TEST_CASE("kill: a polite end is quick, says goodbye with 0 and loses nothing") {
  World world({.seed = 42, .records = 3000, .latency = "50ms"});
  world.daemon.Start();
  Await("some rows", 60s, [&] {
    return world.Sql("SELECT to_regclass('acme.contacts') IS NOT NULL") == "t" &&
           world.Sql("SELECT count(*) > 0 FROM acme.contacts") == "t";
  });

  CHECK(world.daemon.Terminate() == ProcessEnd{.exit_code = 0});

  world.Load();
  world.ExpectEqual();
}

TEST_CASE("kill: a pause outlives a restart, and ends when the operator says so") {
  World world({.seed = 34, .records = 200});
  world.Load();
  CHECK(world.daemon.Cli({"pause", "acme/deals"}).end.exit_code == 0);
  const auto state = [&](const char* object) {
    return world.daemon.Stream("acme", object).Text("state");
  };
  Await("the pause in the database", 15s, [&] {
    return world.Sql(
               "SELECT state FROM acme._stream_state WHERE object = 'deals' AND job = "
               "'stream'") == "paused";
  });

  world.daemon.Kill();
  world.daemon.Start();

  Await("the other streams", 30s, [&] { return state("contacts") == "current"; });
  CHECK(state("deals") == "paused");
  CHECK(world.daemon.Cli({"resume", "acme/deals"}).end.exit_code == 0);
  Await("the paused stream", 30s, [&] { return state("deals") == "current"; });
}

}  // namespace
}  // namespace hubmirror::testing
