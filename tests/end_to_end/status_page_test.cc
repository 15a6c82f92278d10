#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "support/await.h"
#include "support/programs.h"
#include "support/temp_postgres.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

/// Runs a script of tests/browser against the page; it shows what it found.
void Look(const World& world, const std::string& script, const std::vector<std::string>& words) {
  std::vector<std::string> command = {
      std::string(PROJECT_DIR) + "/tests/browser/run.sh",
      (BuiltProgram("hubmirrord").parent_path().parent_path() / "browser").string(), script,
      world.daemon.url() + "/"};
  command.insert(command.end(), words.begin(), words.end());
  // Pictures for docs/images, when somebody wants them.
  if (const char* const folder = std::getenv("HUBMIRROR_PREVIEW_DIR")) {
    command.emplace_back(folder);
  }
  const ProgramResult result = RunProgram(command, {}, 5min);
  INFO(result.output);
  CHECK(result.end.exit_code == 0);
  MESSAGE(result.output);
}

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

  Look(world, "check.mjs",
       {BuiltProgram("hubmirror").string(),
        (world.daemon.directory().path() / "hubmirror.yaml").string()});
}

/// Many portals of one daemon. `acme` loses its token, PostgreSQL lets nobody write `globex`,
/// HubSpot is so slow for `initech` that its first load goes on; of more than three, `hooli` is
/// paused and all others are well.
struct Fleet {
  explicit Fleet(int count)
      : portals(Portals(count)),
        world({.scenario_json = Scenario(portals)}, Settings(portals)),
        writer(world.AdminDsn()) {
    world.daemon.Start();
    for (const DaemonPortal& portal : portals) {
      const std::string wanted = portal.key == "initech" ? "backfilling" : "current";
      for (const std::string& object : portal.objects) {
        Await(object + " of " + portal.key, 3min,
              [&] { return world.daemon.Stream(portal.key, object).Text("state") == wanted; });
      }
      // Its first load outlasts all that is looked at.
      if (portal.key == "initech") {
        world.portal.Control("settings", R"({"portal":1003,"latency":"20s"})");
      }
    }
    world.portal.Control("tokens", R"({"portal":1001,"action":"revoke","token":"pat-na1-acme"})");
    writer.Run("BEGIN");
    // Every transaction of a daemon begins with `_owner`: it is waited for, or waits.
    writer.Run(
        "DO $$ DECLARE t text; BEGIN FOR t IN SELECT quote_ident(tablename) FROM pg_tables "
        "WHERE schemaname = 'globex' ORDER BY tablename <> '_owner' LOOP EXECUTE 'LOCK TABLE "
        "globex.' || t || ' IN EXCLUSIVE MODE'; END LOOP; END $$");
    const auto locked_at = std::chrono::steady_clock::now();
    if (count > 3) CHECK(world.daemon.Cli({"pause", "hooli"}).end.exit_code == 0);
    Await("the portals to be in trouble", 2min, [&] {
      // On a busy machine `globex` may have been late before, and what it committed last be shown
      // only now. Later than its promise after that, it is late until it can write again.
      return std::chrono::steady_clock::now() - locked_at > 12s &&
             world.daemon.Stream("acme", "contacts").Text("reason") == "auth" &&
             world.daemon.Stream("globex", "contacts").Text("state") != "current" &&
             world.daemon.Stream("globex", "deals").Text("state") != "current";
    });
  }

  static std::vector<DaemonPortal> Portals(int count) {
    const std::vector<std::string> names = {"acme", "globex", "initech", "hooli"};
    std::vector<DaemonPortal> portals;
    for (int i = 1; i <= count; ++i) {
      const bool named = i <= static_cast<int>(names.size());
      const std::string key =
          named ? names[static_cast<size_t>(i - 1)] : "client_" + std::to_string(i);
      portals.push_back({.key = key,
                         .portal_id = 1000 + i,
                         .token = "pat-na1-" + key,
                         .objects = {"contacts", "companies", "deals"}});
    }
    return portals;
  }

  static std::string Scenario(const std::vector<DaemonPortal>& portals) {
    std::string all;
    for (const DaemonPortal& portal : portals) {
      const bool slow = portal.key == "initech";
      all += (all.empty() ? R"({"portal_id":)" : R"(,{"portal_id":)") +
             std::to_string(portal.portal_id) + R"(,"switches":{"values":"tidy"},"latency":)" +
             (slow ? R"("3s","objects":{"contacts":20000,"companies":9000,"deals":6000})"
                   : R"("20ms","objects":{"contacts":80,"companies":30,"deals":20})") +
             R"(,"tokens":[{"token":")" + portal.token + R"("}]})";
    }
    return R"({"portals":[)" + all + "]}";
  }

  static DaemonSettings Settings(std::vector<DaemonPortal> portals) {
    DaemonSettings settings;
    for (DaemonPortal& portal : portals) {
      // What is to be late is so soon; what is well stays so on a busy machine.
      const std::string promise = portal.key == "globex" ? "10s" : "10m";
      for (const std::string& object : portal.objects) {
        portal.object_settings[object] = "{freshness_target: " + promise + "}";
      }
    }
    settings.portals = std::move(portals);
    settings.defaults = {{"interval", "5s"}, {"catalog", "{every: 1m}"}};
    return settings;
  }

  std::vector<DaemonPortal> portals;
  World world;
  Session writer;
};

TEST_CASE("status page: of three portals in trouble each says why, the worst first") {
  Fleet fleet(3);
  Look(fleet.world, "check_fleet.mjs", {"auth=acme,late=globex,loading=initech,well=0"});
}

TEST_CASE("status page: of forty portals the broken ones stand first, the others a row each") {
  Fleet fleet(40);
  Look(fleet.world, "check_fleet.mjs",
       {"auth=acme,late=globex,loading=initech,paused=hooli,well=36"});
}

}  // namespace
}  // namespace hubmirror::testing
