#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>

#include "long_settings.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr compare::Milliseconds kInterval = 5'000;
constexpr compare::Milliseconds kIndexDelay = 20'000;
constexpr compare::Milliseconds kSlack = 5'000;

TEST_CASE("long truth: six objects and two thousand changes under real limits end equal") {
  const auto seed = static_cast<uint64_t>(FromEnvironment("HUBMIRROR_SEED", 1));
  const int64_t records = FromEnvironment("HUBMIRROR_RECORDS", 46'000);
  World world(RealPortal(seed, records), BriskSettings());
  MESSAGE(world.portal.Announcement());

  const auto start = std::chrono::steady_clock::now();
  world.Load(15min);
  const auto loaded = std::chrono::steady_clock::now();
  MESSAGE("first load took " << std::chrono::duration<double>(loaded - start).count() << " s, "
                             << world.portal.Requests("") << " requests");

  // The portal's clock is this machine's.
  world.mirror.MeasureFrom(std::chrono::duration_cast<std::chrono::milliseconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count());
  world.portal.StartScript(R"({"events":2000,"seconds":120,"erasures_max":100,"seed":)" +
                           std::to_string(seed) + "}");
  world.portal.AwaitScript(5min);
  // All links are read too, within the limit that associations have of their own.
  world.mirror.Settle(600s);

  const MirrorCheck::Outcome outcome = world.mirror.Compare();
  INFO(outcome.words);
  MESSAGE(outcome.report.Summary());
  CHECK(outcome.report.differences == 0);
  const Violations violations = world.portal.LimitViolations();
  CHECK(violations.burst == 0);
  CHECK(violations.search == 0);
  CHECK(violations.daily == 0);
  CHECK(world.portal.FirstUnexpected() == "");
  MESSAGE("latest change shown after " << outcome.report.worst_lateness() << " ms, "
                                       << world.portal.Requests("") << " requests in all");
  for (const auto& [object, tally] : outcome.report.objects) {
    auto lateness = tally.lateness;
    std::ranges::sort(lateness, std::greater(), &compare::Lateness::took);
    std::string latest;
    for (size_t i = 0; i < lateness.size() && i < 5; ++i) {
      latest += " " + lateness[i].change + " " + std::to_string(lateness[i].id) + " " +
                std::to_string(lateness[i].took) + ";";
    }
    MESSAGE(object << ": " << lateness.size() << " changes, the latest after (kind, id, ms)"
                   << latest);
  }
  CHECK(outcome.report.worst_lateness() <= kInterval + kIndexDelay + kSlack);
}

}  // namespace
}  // namespace hubmirror::testing
