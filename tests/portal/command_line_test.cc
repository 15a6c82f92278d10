#include "command_line.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include "store/portal.h"

namespace simulated_portal {
namespace {

CommandLine Parse(std::vector<const char*> arguments) {
  return ParseCommandLine(arguments);
}

}  // namespace

TEST_CASE("records are spread over the six types") {
  const CommandLine parsed = Parse({"--records", "46000", "--listen=127.0.0.1:81"});
  CHECK(parsed.port == 81);
  const PortalSettings& portal = parsed.scenario.portals.at(0);
  CHECK(portal.records == ObjectCounts{27'600, 6440, 4600, 3680, 1840, 1840});
}

TEST_CASE("bad flags are named") {
  CHECK_THROWS_WITH(Parse({"--recordz", "1"}), "unknown flag --recordz; see README.md");
  CHECK_THROWS_WITH(Parse({"--records"}), "--records needs a value");
  CHECK_THROWS_WITH(Parse({"--records", "many"}), "--records needs a whole number");
  CHECK_THROWS_WITH(Parse({"--listen", "here"}), "--listen needs HOST:PORT");
  CHECK_THROWS_WITH(Parse({"--latency", "slow"}), "--latency needs a duration such as 100ms");
}

TEST_CASE("a scenario sets what it names and keeps the defaults of the rest") {
  const Scenario scenario = ParseScenario(R"({"portals":[
    {"portal_id":5,"objects":{"deals":9},"tokens":[{"token":"a","scopes":["tickets"]}],
     "limits":{"burst":10},"index_delay":"20s","utc_offset":"+02:00"},
    {"portal_id":6,"limits":false,"oauth":{"client_id":"c","client_secret":"s"}}]})",
                                          40);
  const PortalSettings& first = scenario.portals.at(0);
  CHECK(first.seed == 40);
  CHECK(first.records == ObjectCounts{0, 0, 9, 0, 0, 0});
  CHECK(first.tokens.at(0).second == Scopes{"tickets"});
  CHECK(first.live.limits.burst == 10);
  CHECK(first.live.limits.search == 5);
  CHECK(first.live.index.removal == 120'000);
  CHECK(first.utc_offset == 2 * 3600 * kSecond);
  const PortalSettings& second = scenario.portals.at(1);
  CHECK(second.seed == 41);
  CHECK(second.live.limits.daily == 0);
  CHECK(second.oauth->client_secret == "s");
}

TEST_CASE("mistakes in a scenario are named with their place") {
  CHECK_THROWS_WITH(ParseScenario(R"({"portals":[{"portal":5}]})", 1),
                    "portals[0].portal: unknown key");
  CHECK_THROWS_WITH(ParseScenario(R"({"portals":[{"latency":true}]})", 1),
                    "portals[0].latency: not a duration such as 250ms, 20s, 2m or 1h");
  CHECK_THROWS_WITH(ParseScenario(R"({"portals":[]})", 1), "portals: the scenario has none");
  CHECK_THROWS_AS(ParseScenario("{", 1), std::runtime_error);
}

TEST_CASE("switches are drawn from the seed and can be overridden") {
  const auto lines = [](uint64_t seed) {
    std::string text;
    for (const auto& line : Switches(Random(seed, "switches")).Lines()) {
      text.append(line.name).append("=").append(line.setting).append("\n");
    }
    return text;
  };
  CHECK(lines(1) == lines(1));
  CHECK(lines(1) != lines(2));
  for (uint64_t seed = 1; seed < 60; ++seed) {
    const Switches switches(Random(seed, "switches"));
    CHECK_FALSE(switches.Is(Setting::kListAfterLastId));
    CHECK_FALSE(switches.Is(Setting::kListAfterOpaque));
  }
  PortalSettings settings = PlainPortal(1, 10);
  settings.switches = {{"list_after", "sideways"}};
  CHECK_THROWS_AS(Portal(settings, 1'790'000'000'000), std::runtime_error);
}

}  // namespace simulated_portal
