#include "simulation/simulation.h"

#include <doctest/doctest.h>

namespace hubmirror::simulation {
namespace {

void Check(uint64_t seed, std::chrono::hours hours) {
  CAPTURE(seed);
  CAPTURE(hours.count());
  const Outcome outcome = Simulation(MakeStory(seed, hours), nullptr).Run();
  for (const std::string& complaint : outcome.complaints) FAIL_CHECK(complaint);
  CHECK(outcome.values > 0);
}

}  // namespace

TEST_CASE("through a fixed set of stories the mirror equals the portal") {
  for (uint64_t seed = 1; seed <= 4; ++seed) Check(seed, std::chrono::hours(3));
}

TEST_CASE("the same seed gives the same run") {
  const auto tell = [] {
    std::string all;
    Simulation(MakeStory(5, std::chrono::hours(1)), [&](std::chrono::milliseconds at,
                                                        const std::string& what) {
      all += std::to_string(at.count()) + " " + what + "\n";
    }).Run();
    return all;
  };
  CHECK(tell() == tell());
}

}  // namespace hubmirror::simulation
