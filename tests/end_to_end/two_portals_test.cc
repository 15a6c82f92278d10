#include <doctest/doctest.h>

#include <string>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPortals = R"({"portals":[
  {"portal_id":111,"seed":81,"records":1500,"latency":"5ms","tokens":[{"token":"pat-na1-one"}]},
  {"portal_id":222,"seed":82,"records":1500,"latency":"5ms","tokens":[{"token":"pat-na1-two"}]}]})";

struct TwoPortals {
  World world;
  MirrorCheck second;

  TwoPortals()
      : world({.scenario_json = kPortals}, Settings()),
        second(world.portal, world.daemon, world.AdminDsn(), world.daemon.settings().portals[1]) {
    world.Load();
    second.WaitBackfill(3min);
  }

  static DaemonSettings Settings() {
    DaemonSettings settings;
    settings.portals = {{.key = "one", .portal_id = 111, .token = "pat-na1-one"},
                        {.key = "two", .portal_id = 222, .token = "pat-na1-two"}};
    settings.extra = "unions: [contacts]\n";
    return settings;
  }

  void ExpectSecondEqual() {
    second.Settle();
    const auto outcome = second.Compare();
    INFO(outcome.words);
    CHECK(outcome.report.differences == 0);
  }

  void Script(int64_t portal, int seed) {
    world.portal.StartScript(R"({"portal":)" + std::to_string(portal) + R"(,"seed":)" +
                             std::to_string(seed) + R"(,"events":60,"seconds":3})");
    const std::string progress = "script?portal=" + std::to_string(portal);
    Await("the end of the script of changes", 30s,
          [&] { return !world.portal.Ask(progress)["running"].AsBool(); });
  }
};

TEST_CASE("two portals: a revoked token stops its portal, and a new permission resumes it") {
  TwoPortals portals;
  World& world = portals.world;
  world.portal.Control("tokens", R"({"portal":111,"action":"revoke","token":"pat-na1-one"})");
  Await("the first portal to be blocked", 60s,
        [&] { return world.daemon.Stream("one", "contacts").Text("reason") == "auth"; });

  portals.Script(222, 2);
  portals.ExpectSecondEqual();

  portals.Script(111, 1);
  world.portal.Control("tokens", R"({"portal":111,"action":"allow","token":"pat-na1-one"})");
  // A blocked portal asks once a minute whether it may again.
  Await("the first portal to resume", 90s,
        [&] { return world.daemon.Stream("one", "contacts").Text("state") == "current"; });
  world.ExpectEqual();
}

TEST_CASE("two portals: one that fails for minutes does not slow the other") {
  TwoPortals portals;
  World& world = portals.world;
  world.portal.Control("faults", R"({"portal":111,"faults":[
    {"match":"/crm/*","kind":"status","status":502,"chance":0.7},
    {"match":"/crm/*","kind":"hang","seconds":5,"chance":0.3}]})");

  portals.Script(222, 3);
  portals.ExpectSecondEqual();

  world.portal.Control("faults", R"({"portal":111,"clear":true})");
  world.ExpectEqual();
}

TEST_CASE("two portals: their schemas share nothing and can go alone") {
  TwoPortals portals;
  World& world = portals.world;
  CHECK(world.daemon.Terminate() == ProcessEnd{.exit_code = 0});

  world.Sql("DROP SCHEMA one CASCADE");

  CHECK(world.Sql("SELECT count(*) > 0 FROM two.contacts_live") == "t");
  world.daemon.Start();
  world.mirror.WaitBackfill(3min);
  world.ExpectEqual();
  portals.ExpectSecondEqual();
  // The view over both went with the schema, and is there again.
  CHECK(world.Sql("SELECT string_agg(portal || ' ' || email, ',' ORDER BY portal, id) ="
                  " (SELECT string_agg(t, ',') FROM (SELECT 'one ' || email AS t FROM"
                  " (SELECT email FROM one.contacts_live ORDER BY id) a UNION ALL"
                  " SELECT 'two ' || email FROM (SELECT email FROM two.contacts_live ORDER BY id) b"
                  " ) c) FROM hubmirror.contacts") == "t");
}

TEST_CASE("two portals: one that is taken out is dropped on request, beside the other") {
  TwoPortals portals;
  World& world = portals.world;
  const auto drop = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"portal", "drop", "one"};
    words.insert(words.end(), more.begin(), more.end());
    return world.daemon.Cli(words);
  };
  const ProgramResult live = drop({"--yes"});
  CHECK(live.end.exit_code == 75);
  CHECK(live.output.find("hubmirror reload") != std::string::npos);

  world.daemon.settings().portals.erase(world.daemon.settings().portals.begin());
  world.daemon.WriteFiles();
  CHECK(world.daemon.Cli({"reload"}).end.exit_code == 0);
  // A minute later:
  world.Sql("UPDATE one._owner SET renewed_at = now() - interval '61 s' RETURNING 1");
  const ProgramResult looked_at = drop({"--dry-run"});
  CHECK(looked_at.end.exit_code == 0);
  CHECK(looked_at.output.find("one: schema one of portal 111, ") == 0);
  // There is nobody to ask.
  CHECK(drop({}).end.exit_code == 64);
  CHECK(world.Sql("SELECT count(*) > 0 FROM one.contacts_live") == "t");

  const ProgramResult dropped = drop({"--yes"});

  INFO(dropped.output);
  CHECK(dropped.end.exit_code == 0);
  CHECK(world.Sql("SELECT to_regnamespace('one') IS NULL") == "t");
  CHECK(world.Sql("SELECT string_agg(DISTINCT portal, ',') FROM hubmirror.status") == "two");
  CHECK(world.Sql("SELECT string_agg(DISTINCT portal, ',') FROM hubmirror.contacts") == "two");
  CHECK(drop({"--yes"}).end.exit_code == 64);
  portals.Script(222, 4);
  portals.ExpectSecondEqual();
}

}  // namespace
}  // namespace hubmirror::testing
