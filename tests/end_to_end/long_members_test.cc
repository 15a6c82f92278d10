#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

TEST_CASE("long members: a list of a million members is mirrored whole, and holds nobody up") {
  const int64_t members = FromEnvironment("HUBMIRROR_MEMBERS", 1'000'000);
  const std::string count = std::to_string(members);
  World world({.scenario_json = R"({"portals":[{"portal_id":1234567,"seed":5,"limits":false,
        "objects":{"contacts":)" +
                                count + R"(,"deals":200},
        "properties":{"contacts":25,"deals":25},
        "reference":{"lists":2,"members":)" +
                                count + R"(},
        "tokens":[{"token":"pat-na1-simulated-token"}]}]})"},
              [] {
                DaemonSettings settings;
                settings.portals[0].objects = {"contacts", "deals"};
                // Nothing is throttled: the time goes into rows.
                settings.defaults = {{"lists", "{every: 1h}"}, {"burst", "10000"}};
                return settings;
              }());
  world.Load(30min);
  const auto loaded = std::chrono::steady_clock::now();
  // Deals keep their promise while members come in.
  bool deals_late = false;
  Await("the lists to be read", 30min, [&] {
    deals_late = deals_late || world.daemon.Stream("acme", "deals").Text("state") != "current";
    return world.Sql("SELECT count(*) > 0 FROM acme.list_memberships") == "t" &&
           world.daemon
               .Metric("hubmirror_job_last_complete_timestamp_seconds", {R"(sync_job="lists")"})
               .has_value();
  });
  CHECK_FALSE(deals_late);
  MESSAGE("members after "
          << std::chrono::duration<double>(std::chrono::steady_clock::now() - loaded).count()
          << " s more; " << world.Sql("SELECT count(*)::text FROM acme.list_memberships")
          << " in the mirror; peak memory of the daemon, MB: "
          << static_cast<double>(world.daemon.process().PeakMemoryBytes()) / 1e6);
  CHECK(world.daemon.process().PeakMemoryBytes() < 256'000'000);
  world.mirror.Settle(1800s);
  world.ExpectNoDifferences();
}

}  // namespace
}  // namespace hubmirror::testing
