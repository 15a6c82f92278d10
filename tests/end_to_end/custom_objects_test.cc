#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "support/await.h"
#include "support/sql_session.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

std::string Scenario(const std::string& switches = "") {
  return R"({"portals":[{"portal_id":1234567,"seed":51,"index_delay":"1s",
    "objects":{"contacts":300,"pets":250,"orders_2_1002":120,"orders":80,"object_0_999":110},
    "tokens":[{"token":"pat-na1-simulated-token"}])" +
         (switches.empty() ? "" : R"(,"switches":{)" + switches + "}") + "}]}";
}

/// `asked` as the configuration names them, `tables` as they are called in the mirror.
DaemonSettings Mirroring(std::vector<std::string> asked, std::vector<std::string> tables) {
  DaemonSettings settings;
  settings.portals[0].objects = std::move(tables);
  settings.portals[0].asked = std::move(asked);
  settings.defaults = {{"interval", "1s"}, {"freshness_target", "10s"}};
  return settings;
}

void ChangeAndCompare(World& world) {
  world.Load();
  world.portal.StartScript(R"({"events":200,"seconds":4,"seed":5})");
  world.portal.AwaitScript(60s);
  world.ExpectEqual();
}

TEST_CASE(
    "custom objects: those named by id or full name are mirrored like any other, new ones too") {
  World world({.scenario_json = Scenario()},
              Mirroring({"contacts", "orders", "2-1002", "p1234567_Pets", "0-999"},
                        {"contacts", "orders", "orders_2_1002", "pets", "object_0_999"}));
  ChangeAndCompare(world);
  CHECK(world.Sql("SELECT object FROM acme.object_types WHERE type_id = '2-1002'") ==
        "orders_2_1002");
  CHECK(world.Sql("SELECT count(*) > 0 FROM acme.contact_pets") == "t");
  // It searches, as the daemon does, and both have the same five a second.
  CHECK(world.daemon.Cli({"pause", "acme"}).end.exit_code == 0);
  const ProgramResult test = world.daemon.Cli({"portal", "test", "acme"});
  INFO(test.output);
  CHECK(test.end.exit_code == 0);
}

TEST_CASE("custom objects: all of them, after a restart too, and those that come later") {
  World world({.scenario_json = Scenario()},
              Mirroring({"contacts", "custom_objects"}, {"contacts", "orders_2_1002", "pets"}));
  world.portal.Control("schema", R"({"object":"pets","deleted":true})");
  world.daemon.Start();
  Await("the type that is there", 30s,
        [&] { return world.Sql("SELECT to_regclass('acme.orders_2_1002') IS NOT NULL") == "t"; });
  CHECK(world.Sql("SELECT to_regclass('acme.pets') IS NULL") == "t");
  CHECK(world.daemon.Cli({"settle", "acme"}).end.exit_code == 0);

  world.portal.Control("schema", R"({"object":"pets","deleted":false})");
  world.daemon.Cli({"settle", "acme"});
  Await("the type that came", 30s,
        [&] { return world.daemon.Status()["portals"]["acme"]["streams"].Has("pets"); });
  world.mirror.WaitBackfill(60s);
  world.ExpectEqual();

  world.daemon.Kill();
  world.daemon.Start();
  Await("both types again", 30s, [&] {
    const auto status = world.daemon.Status();
    return status["portals"]["acme"]["streams"].Has("pets") &&
           status["portals"]["acme"]["streams"].Has("orders_2_1002");
  });
  world.ExpectEqual();
}

TEST_CASE("custom objects: one that is deleted says so, and all others go on") {
  for (const std::string answer : {"not_found", "bad_request"}) {
    CAPTURE(answer);
    World world({.scenario_json = Scenario(R"("deleted_type":")" + answer + "\"")},
                Mirroring({"contacts", "2-1001"}, {"contacts", "pets"}));
    world.Load();
    world.ExpectEqual();
    world.portal.Control("schema", R"({"object":"pets","deleted":true})");
    Await("its state", 90s,
          [&] { return world.daemon.Stream("acme", "pets").Text("reason") == "object_type"; });
    CHECK(world.daemon.Stream("acme", "pets").Text("state") == "blocked");
    CHECK(world.Sql("SELECT count(*) > 200 FROM acme.pets_live") == "t");
    CHECK(world.daemon.Cli({"settle", "acme/contacts"}).end.exit_code == 0);
    CHECK(world.daemon.Stream("acme", "contacts").Text("state") == "current");

    world.portal.Control("schema", R"({"object":"pets","deleted":false})");
    CHECK(world.daemon.Cli({"poll", "acme/pets"}).end.exit_code == 0);
    Await("it goes on", 30s,
          [&] { return world.daemon.Stream("acme", "pets").Text("state") == "current"; });
  }
}

TEST_CASE("custom objects: one that is not there is named, with those that are") {
  World world({.scenario_json = Scenario()},
              Mirroring({"contacts", "2-77", "p1234567_dragons"}, {"contacts"}));
  world.Load();
  Await("the complaint", 30s, [&] {
    const auto status = world.daemon.Status();
    return status["portals"]["acme"]["reference"]["object_types"]
               .Text("last_error")
               .find("2-77, p1234567_dragons; it has p1234567_Pets (2-1001)") != std::string::npos;
  });
  CHECK(world.daemon.Cli({"status"}).output.find("p1234567_dragons") != std::string::npos);
  CHECK(world.daemon.Cli({"pause", "acme"}).end.exit_code == 0);
  CHECK(world.daemon.Cli({"portal", "test", "acme"}).output.find("2-77") != std::string::npos);
}

TEST_CASE("custom objects: who writes one is told at the insert what HubSpot needs for it") {
  DaemonSettings settings = Mirroring({"contacts", "2-1001"}, {"contacts", "pets"});
  settings.portals[0].write =
      "{enabled: true, writers: [crm_writer], objects: {2-1001: {create: true, unguarded: true}}}";
  World world({.scenario_json = Scenario()}, settings);
  world.portal.Mutate(R"({"object":"pets","kind":"property_add","name":"tag","type":"string"})");
  world.portal.Control("schema", R"({"object":"pets","required":["tag"]})");
  world.Sql("CREATE ROLE crm_writer LOGIN");
  world.Load();
  const auto insert = [&](const std::string& properties) -> std::string {
    try {
      return RunSql(world.database.Dsn("crm_writer", World::kDatabase),
                    "INSERT INTO acme.outbox (object, op, properties) VALUES ('pets', 'create', '" +
                        properties + "') RETURNING id");
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  };
  CHECK(insert(R"({"tag": "red"})") == "1");
  const std::string without = insert(R"({"tag": null})");
  CAPTURE(without);
  CHECK(without.find("a new record of pets needs tag") != std::string::npos);
  Await("the record", 60s, [&] {
    return world.Sql(
               "SELECT o.state FROM acme.outbox o JOIN acme.pets p ON p.id = o.result_id"
               " WHERE p.tag = 'red'") == "done";
  });
  world.ExpectEqual();
}

}  // namespace
}  // namespace hubmirror::testing
