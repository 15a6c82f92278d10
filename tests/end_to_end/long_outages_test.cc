#include <doctest/doctest.h>

#include <chrono>
#include <random>
#include <string>
#include <thread>

#include "long_settings.h"
#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

TEST_CASE("long outages: a minute without PostgreSQL and ten restarts lose nothing") {
  const auto seed = static_cast<uint64_t>(FromEnvironment("HUBMIRROR_SEED", 1));
  World world(RealPortal(seed), BriskSettings(), {.durable = true});
  std::mt19937 random(static_cast<std::mt19937::result_type>(seed));
  MESSAGE(world.portal.Announcement());
  world.daemon.Start();
  std::this_thread::sleep_for(5s);  // Into the first load.

  world.database.Stop();
  Await("the streams to say failing/database", 40s, [&] {
    const auto stream = world.daemon.Stream("acme", "contacts");
    return stream.Text("state") == "failing" && stream.Text("reason") == "database";
  });
  std::this_thread::sleep_for(60s);
  CHECK(world.daemon.running());
  CHECK(world.daemon.StatusCodeOf("/livez") == 200);
  world.database.Start();
  world.mirror.WaitBackfill(15min);

  world.portal.StartScript(R"({"events":2000,"seconds":120,"erasures_max":100,"seed":)" +
                           std::to_string(seed) + "}");
  std::uniform_int_distribution<int> pause_ms(2000, 12'000);
  for (int restart = 0; restart < 10; ++restart) {
    std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms(random)));
    restart % 2 == 0 ? world.database.Stop() : world.database.Crash();
    world.database.Start();
  }
  world.portal.AwaitScript(5min);

  CHECK(world.daemon.running());
  world.ExpectEqual(600s);
}

}  // namespace
}  // namespace hubmirror::testing
