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

}  // namespace
}  // namespace hubmirror::testing
