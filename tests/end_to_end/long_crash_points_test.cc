#include <doctest/doctest.h>

#include <random>

#include "crash_world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

/// Crashes at every point, half of them from an empty database, each at another time that the
/// daemon comes there; compares after every tenth.
template <typename Crash>
void CrashEverywhere(CrashWorld& world, const Crash& crash) {
  const auto rounds = static_cast<int>(FromEnvironment("HUBMIRROR_CRASHES", 100));
  std::mt19937 random(static_cast<std::mt19937::result_type>(FromEnvironment("HUBMIRROR_SEED", 1)));
  for (const NamedCrashPoint& point : kReadingCrashPoints) {
    CAPTURE(point.name);
    int hits = 0;
    for (int i = 0; i < rounds; ++i) {
      CAPTURE(i);
      const bool fresh = i % 2 == 0;
      if (world.world().daemon.running()) world.world().daemon.Kill();
      if (fresh) world.Forget();
      const int time = fresh ? 1 : 1 + static_cast<int>(random() % 12);
      hits += crash(point, time);
      if (i % 10 == 9) world.ExpectEqual();
    }
    MESSAGE(point.name << ": " << hits << " of " << rounds);
    // From an empty database it is met for certain.
    CHECK(hits >= rounds / 2);
  }
}

TEST_CASE("long crash points: killed a hundred times at each, nothing is lost") {
  CrashWorld world(911);
  CrashEverywhere(world, [&](const NamedCrashPoint& point, int time) {
    return world.DieAt(point, time, time == 1 ? 20s : 3s);
  });
}

TEST_CASE("long crash points: PostgreSQL crashes a hundred times at each, nothing is lost") {
  CrashWorld world(912, {.durable = true});
  CrashEverywhere(world, [&](const NamedCrashPoint& point, int time) {
    return world.CrashDatabaseAt(point, time, time == 1 ? 20s : 3s);
  });
}

}  // namespace
}  // namespace hubmirror::testing
