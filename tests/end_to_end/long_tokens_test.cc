#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "long_settings.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

// 110 requests per 10 s is what an OAuth app gets; with 100,000 records the load takes two minutes.
constexpr const char* kPortal = R"({"portals":[{"portal_id":1234567,"records":100000,
  "latency":"100ms","index_delay":"20s",
  "limits":{"burst":110,"burst_window":"10s","search":5,"daily":0},
  "oauth":{"client_id":"simulated-client","client_secret":"simulated-secret",
           "refresh_token":"na1-first","redirect_uris":["http://127.0.0.1:9000/callback"],
           "expires_in":10}}]})";

TEST_CASE("long tokens: a token that expires every ten seconds fails no poll of a long load") {
  DaemonSettings settings = BriskSettings();
  settings.portals[0].refresh_token = "na1-first";
  settings.defaults["daily"] = "500000";
  World world({.seed = static_cast<uint64_t>(FromEnvironment("HUBMIRROR_SEED", 1)),
               .scenario_json = kPortal},
              settings);
  MESSAGE(world.portal.Announcement());

  const auto start = std::chrono::steady_clock::now();
  world.Load(15min);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  MESSAGE("the load took " << took.count() << " s and " << world.portal.Requests("token", 200)
                           << " tokens");

  CHECK(took >= 60s);
  CHECK(world.portal.Requests("token", 200) >= 5);
  CHECK(world.daemon.Metric("hubmirror_poll_failures_total").value_or(0) == 0);
  CHECK(world.daemon.Metric("hubmirror_token_refresh_failures_total").value_or(0) == 0);
  CHECK(world.portal.Requests("", 401) == 0);
  world.ExpectEqual(600s);
}

}  // namespace
}  // namespace hubmirror::testing
