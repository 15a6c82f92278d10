#include <doctest/doctest.h>

#include <chrono>
#include <random>
#include <string>
#include <thread>

#include "long_settings.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kPagesLostPerKill = 64;

/// Live lists read to their end, in pages of a hundred.
int64_t LeastListPages(const World& world) {
  int64_t pages = 0;
  for (const std::string& object : world.mirror.objects()) {
    pages += std::stoll(world.Sql("SELECT count(*)::text FROM acme." + object + "_live")) / 100 + 1;
  }
  return pages;
}

/// Kills the daemon `count` times after random lives, starting it again each time.
void KillAtRandom(World& world, int count, std::chrono::milliseconds longest_life,
                  std::mt19937& random) {
  std::uniform_int_distribution<int64_t> life_ms(200, longest_life.count());
  for (int i = 0; i < count; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(life_ms(random)));
    world.daemon.Kill();
    world.daemon.Start();
  }
}

TEST_CASE("long kills: fifty kills during load and changes end equal, with little read twice") {
  const auto seed = static_cast<uint64_t>(FromEnvironment("HUBMIRROR_SEED", 1));
  const auto kills = static_cast<int>(FromEnvironment("HUBMIRROR_KILLS", 50));
  World world(RealPortal(seed), BriskSettings());
  std::mt19937 random(static_cast<std::mt19937::result_type>(seed));
  MESSAGE(world.portal.Announcement());

  // A first load takes about half a minute of undisturbed work; these lives fit into it.
  world.daemon.Start();
  KillAtRandom(world, kills / 2, 2500ms, random);
  world.mirror.WaitBackfill(20min);
  const int64_t spent =
      world.portal.Requests("list contacts", 200) + world.portal.Requests("list companies", 200) +
      world.portal.Requests("list deals", 200) + world.portal.Requests("list emails", 200) +
      world.portal.Requests("list tickets", 200) + world.portal.Requests("list tasks", 200);
  const int64_t again = spent - LeastListPages(world);
  MESSAGE(spent << " list pages read, " << again << " more than least possible");
  CHECK(again <= kPagesLostPerKill * (kills / 2));

  world.portal.StartScript(R"({"events":2000,"seconds":120,"erasures_max":100,"seed":)" +
                           std::to_string(seed) + "}");
  KillAtRandom(world, kills - kills / 2, 9000ms, random);
  world.portal.AwaitScript(5min);

  world.ExpectEqual(600s);
}

}  // namespace
}  // namespace hubmirror::testing
