#include <doctest/doctest.h>

#include <string>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kScenario = R"({"portals":[{"portal_id":1234567,"seed":41,"index_delay":"1s",
  "objects":{"contacts":1500,"companies":300,"deals":200,"tickets":50,"leads":40},
  "reference":{"owners":130,"lists":12,"events":7},
  "tokens":[{"token":"pat-na1-simulated-token"SCOPES}]}]})";

std::string Scenario(const std::string& scopes = "") {
  std::string scenario = kScenario;
  scenario.replace(scenario.find("SCOPES"), 6, scopes);
  return scenario;
}

DaemonSettings Settings() {
  DaemonSettings settings;
  settings.portals[0].objects = {"contacts", "companies", "deals", "tickets", "leads"};
  return settings;
}

void Change(const World& world, const std::string& kind, int times) {
  const auto made = world.portal.Control(
      "reference", R"({"kind":")" + kind + R"(","times":)" + std::to_string(times) + "}");
  CHECK(made["made"].AsInteger() > 0);
}

TEST_CASE("reference: owners, stages, lists and their members follow the portal") {
  World world({.scenario_json = Scenario()}, Settings());
  world.Load();
  world.ExpectEqual();
  CHECK(world.Sql("SELECT count(*)::text FROM acme.owners") == "130");
  CHECK(world.Sql("SELECT count(*) > 500 FROM acme.list_memberships WHERE left_at IS NULL") == "t");

  for (const char* kind : {"owner_add", "team_rename", "stage_rename", "event_count"}) {
    Change(world, kind, 3);
  }
  Change(world, "owner_deactivate", 20);
  Change(world, "stage_delete", 4);
  Change(world, "list_delete", 2);
  Change(world, "list_add", 3);
  Change(world, "event_delete", 2);
  Change(world, "list_join", 60);
  Change(world, "list_leave", 60);
  world.portal.StartScript(R"({"events":200,"seconds":3,"seed":6})");
  world.portal.AwaitScript(60s);
  world.ExpectEqual();
  CHECK(world.Sql("SELECT count(*) > 10 FROM acme.owners WHERE archived") == "t");
  CHECK(world.Sql("SELECT count(*) > 0 FROM acme.pipeline_stages WHERE archived") == "t");
  CHECK(world.Sql("SELECT count(*)::text FROM acme.lists WHERE archived") == "2");
  CHECK(world.Sql("SELECT count(*) > 10 FROM acme.list_memberships WHERE left_at IS NOT NULL") ==
        "t");
  const auto tables = world.daemon.Status()["portals"]["acme"]["reference"];
  CHECK(tables["list_memberships"].Text("last_error").empty());
  CHECK_FALSE(tables["owners"].Text("last_complete_at").empty());

  // A second look at what has not changed writes nothing.
  const std::string before = world.Sql("SELECT max(_synced_at)::text FROM acme.list_memberships");
  world.mirror.Settle();
  CHECK(world.Sql("SELECT max(_synced_at)::text FROM acme.list_memberships") == before);
}

TEST_CASE("reference: an erased contact leaves no trace in lists") {
  World world({.scenario_json = Scenario()}, Settings());
  world.Load();
  world.mirror.Settle();
  const std::string contact = world.Sql(
      "SELECT min(m.record_id)::text FROM acme.list_memberships m JOIN acme.lists l ON l.id = "
      "m.list_id JOIN acme.contacts_live c ON c.id = m.record_id WHERE l.object_type_id = '0-1'");
  world.portal.Mutate(R"({"object":"contacts","kind":"erase","id":")" + contact + R"("})");
  world.ExpectEqual();
  CHECK(world.Sql("SELECT count(*)::text FROM acme.list_memberships WHERE record_id = " +
                  contact) == "0");
}

TEST_CASE("reference: a member that cannot be read is named, and its list goes on") {
  World world({.scenario_json = Scenario()}, Settings());
  world.Load();
  world.mirror.Settle();
  const std::string list = world.Sql(
      "SELECT list_id::text FROM acme.list_memberships GROUP BY list_id ORDER BY count(*) DESC, 1 "
      "LIMIT 1");
  const std::string of_list = " FROM acme.list_memberships WHERE list_id = " + list;
  const std::string culprit =
      world.Sql("SELECT record_id::text" + of_list + " ORDER BY record_id OFFSET 20 LIMIT 1");
  const std::string whole = world.Sql("SELECT count(*)::text" + of_list);
  world.Sql("DELETE" + of_list + " AND record_id >= " + culprit);
  world.portal.Control("faults", R"({"faults":[{"match":"/lists/2026-09/)" + list +
                                     R"(/memberships","kind":"status","status":500,"chance":1,)" +
                                     R"("holds":"\"recordId\":\")" + culprit + R"(\""}]})");
  world.mirror.Settle();
  CHECK(world.Sql("SELECT (count(*) + 1)::text" + of_list) == whole);
  Await("its name in the status", 30s, [&] {
    const auto tables = world.daemon.Status()["portals"]["acme"]["reference"];
    const std::string told = tables["list_memberships"].Text("last_error");
    return told.find("list " + list + ": the member " + culprit) == 0;
  });
}

TEST_CASE("reference: what the token may not read is said and holds up nothing") {
  World world({.scenario_json = Scenario(R"(,"scopes":["oauth","crm.objects.contacts.read",
    "crm.objects.companies.read","crm.objects.deals.read","tickets","crm.objects.leads.read",
    "crm.objects.owners.read"])")},
              Settings());
  world.Load();
  world.mirror.Settle();
  CHECK(world.Sql("SELECT count(*)::text FROM acme.owners") == "130");
  CHECK(world.Sql("SELECT count(*)::text FROM acme.lists") == "0");
  const auto status = world.daemon.Status();
  const auto& tables = status["portals"]["acme"]["reference"];
  CHECK(tables["lists"].Text("last_error").find("crm.lists.read") != std::string::npos);
  // Nothing is said to have been read that was not.
  CHECK(tables["list_memberships"].Text("last_error").find("crm.lists.read") != std::string::npos);
  CHECK(tables["list_memberships"].Text("last_complete_at").empty());
  CHECK(tables["teams"].Text("last_error").find("settings.users.teams.read") != std::string::npos);
  CHECK(world.daemon.Stream("acme", "contacts").Text("state") == "current");
}

TEST_CASE("reference: a long list goes on where a kill stopped it") {
  World world({.scenario_json = R"({"portals":[{"portal_id":1234567,"seed":43,"index_delay":"1s",
    "objects":{"contacts":30000},"properties":{"contacts":12},
    "reference":{"owners":2,"lists":4,"events":0,"members":30000},"latency":"100ms",
    "limits":{"burst":190,"search":5},"tokens":[{"token":"pat-na1-simulated-token"}]}]})"},
              [] {
                DaemonSettings settings;
                settings.portals[0].objects = {"contacts"};
                settings.defaults = {{"burst", "190"}};
                return settings;
              }());
  world.Load();
  Await("some members", 60s,
        [&] { return world.Sql("SELECT count(*) >= 5000 FROM acme.list_memberships") == "t"; });
  world.daemon.Kill();
  world.daemon.Start();
  Await("all members", 120s, [&] {
    const auto tables = world.daemon.Status()["portals"]["acme"]["reference"];
    // A daemon that has just started has nothing to tell of them yet.
    return tables.Has("list_memberships") &&
           !tables["list_memberships"].Text("last_complete_at").empty();
  });
  // What was read of one block of 5,000 members is read again, at most.
  const int64_t least =
      std::stoll(world.Sql("SELECT sum((n + 249) / 250)::bigint::text FROM (SELECT count(*) n FROM "
                           "acme.list_memberships GROUP BY list_id) l"));
  CHECK(least > 30);
  CHECK(world.portal.Requests("list members") >= least);
  CHECK(world.portal.Requests("list members") <= least + 20 + 3);
  world.ExpectEqual();
}

}  // namespace
}  // namespace hubmirror::testing
