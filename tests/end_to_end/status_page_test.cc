#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "support/await.h"
#include "support/programs.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

TEST_CASE("status page: a browser shows it well, and nobody else gets in") {
  World world({.scenario_json = R"({"portals":[{"portal_id":1234567,"seed":91,"latency":"100ms",
        "objects":{"contacts":4000,"companies":500,"deals":400,"emails":100},
        "reference":{"owners":10},
        "tokens":[{"token":"pat-na1-simulated-token","scopes":["oauth",
          "crm.objects.contacts.read","crm.objects.companies.read","crm.objects.deals.read",
          "crm.schemas.contacts.read","crm.schemas.companies.read","crm.schemas.deals.read",
          "crm.objects.owners.read"]}]}]})"},
              [] {
                DaemonSettings settings;
                settings.portals[0].objects = {"contacts", "companies", "deals", "emails"};
                settings.defaults = {{"quota_share", "0.5"}, {"daily", "500000"}};
                return settings;
              }());
  world.daemon.Start();
  Await("the missing scope to be known", 60s,
        [&] { return world.daemon.Stream("acme", "emails").Text("state") == "blocked"; });

  const char* const screenshots = std::getenv("HUBMIRROR_PREVIEW_DIR");
  std::vector<std::string> command = {
      std::string(PROJECT_DIR) + "/tests/browser/run.sh",
      (BuiltProgram("hubmirrord").parent_path().parent_path() / "browser").string(),
      world.daemon.url() + "/", BuiltProgram("hubmirror").string(),
      (world.daemon.directory().path() / "hubmirror.yaml").string()};
  if (screenshots != nullptr) command.emplace_back(screenshots);
  const ProgramResult result = RunProgram(command, {}, 5min);
  INFO(result.output);
  CHECK(result.end.exit_code == 0);
  MESSAGE(result.output);
}

}  // namespace
}  // namespace hubmirror::testing
