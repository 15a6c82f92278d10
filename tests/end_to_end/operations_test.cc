// What an operator asks for on the command line: what it would cost, how it is followed, and how
// the tables change.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "compare/json.h"
#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;
using compare::Json;

constexpr const char* kScenario = R"({"portals":[{"portal_id":1234567,"seed":81,
  "switches":{"short_pages":"never"},
  "objects":{"contacts":1450,"deals":250},"tokens":[{"token":"pat-na1-simulated-token"}]}]})";

/// Nothing of what is counted runs by itself.
DaemonSettings Quiet() {
  DaemonSettings settings;
  settings.portals[0].objects = {"contacts", "deals"};
  settings.defaults = {{"catalog", "{every: 1h}"},
                       {"sweep", "{every: 24h}"},
                       {"verify", "{every: 24h}"},
                       {"archived", "{every: 24h}"},
                       {"links", "{every: 24h}"}};
  return settings;
}

struct Operations {
  Operations() { world.Load(); }

  ProgramResult Cli(const std::vector<std::string>& words, int code = 0) {
    const ProgramResult result = world.daemon.Cli(words);
    INFO(result.output);
    CHECK(result.end.exit_code == code);
    return result;
  }
  Json AskJson(std::vector<std::string> words, int code = 0) {
    words.emplace_back("--json");
    return Json::Parse(Cli(words, code).output);
  }
  /// What a dry run says it costs.
  int64_t CostOf(std::vector<std::string> words) {
    words.emplace_back("--dry-run");
    const Json answer = AskJson(words);
    CHECK(answer.Flag("ok"));
    return answer["cost"]["requests"].AsInteger();
  }
  int64_t ListPages() {
    return world.portal.Requests("list contacts") + world.portal.Requests("list deals");
  }

  World world{{.scenario_json = kScenario}, Quiet()};
};

TEST_CASE("operations: a dry run says what the operation then takes, and asks for nothing") {
  Operations acme;
  for (const std::string verb : {"backfill", "verify"}) {
    CAPTURE(verb);
    acme.world.mirror.Settle();
    acme.world.portal.ResetStats();
    const int64_t cost = acme.CostOf({verb, "acme"});
    CHECK(acme.ListPages() == 0);

    acme.Cli({verb, "acme", "--wait", "60s"});

    CHECK(cost == 15 + 3);
    // Eight readers may share a walk, and a part that ends between two pages reads one more.
    CHECK(acme.ListPages() >= cost);
    CHECK(acme.ListPages() <= cost + 7);
  }
}

TEST_CASE("operations: what is waited for has been done") {
  Operations acme;
  const std::string id = acme.world.portal.Mutate(
      R"({"object":"deals","kind":"create","properties":{"dealname":"new"}})");
  const Json polled = acme.AskJson({"poll", "acme/deals", "--wait", "60s"});
  CHECK(polled.Text("message") == "acme/deals was checked for changes");
  CHECK(acme.world.Sql("SELECT dealname FROM acme.deals WHERE id = " + id) == "new");

  const std::string gone = acme.world.Sql("SELECT max(id)::text FROM acme.contacts_live");
  acme.world.portal.Mutate(R"({"object":"contacts","kind":"erase","id":")" + gone + "\"}");
  const Json nowhere = acme.AskJson({"refresh", "acme/contacts/" + gone}, 1);
  CHECK(nowhere.Text("message").find("HubSpot has no record acme/contacts/" + gone) == 0);
  const auto slow = [&](const std::string& latency) {
    acme.world.portal.Control("settings", R"({"portal":1234567,"latency":")" + latency + "\"}");
  };
  slow("1s");
  const Json late = acme.AskJson({"resolve", "acme/contacts", "--wait", "0ms"}, 75);
  slow("0ms");
  CHECK_FALSE(late.Flag("ok"));
  CHECK_FALSE(late.Text("next").empty());

  acme.Cli({"pause", "acme/deals"});
  CHECK(acme.world.daemon.Stream("acme", "deals").Text("state") == "paused");
  const Json paused = acme.AskJson({"poll", "acme/deals", "--wait", "60s"}, 1);
  CHECK(paused.Text("message").find("acme/deals is paused") != std::string::npos);
}

TEST_CASE("operations: a look that is waited for ends at once when the database is away") {
  Operations acme;
  acme.world.database.Stop();
  const auto began = std::chrono::steady_clock::now();
  const Json away = acme.AskJson({"poll", "acme", "--wait", "10m"}, 69);
  CHECK(std::chrono::steady_clock::now() - began < 60s);
  CHECK(away.Text("message").find("acme/contacts, acme/deals are failing (database)") !=
        std::string::npos);
  acme.world.database.Start();
}

TEST_CASE("operations: a portal that cannot be opened shows what the database last knew") {
  Operations acme;
  const std::string live = acme.world.Sql("SELECT count(*)::text FROM acme.contacts_live");
  acme.world.daemon.Terminate();
  acme.world.daemon.settings().portals[0].token = "pat-na1-of-nobody";
  acme.world.daemon.WriteFiles();
  acme.world.daemon.Start();
  const auto contacts = [&] { return acme.world.daemon.Stream("acme", "contacts"); };
  Await("what the database knows", 60s,
        [&] { return contacts().Text("state") == "blocked" && !contacts()["rows"].is_null(); });
  CHECK(std::to_string(contacts()["rows"].AsInteger()) == live);
  const std::string table = acme.Cli({"status", "--problems"}).output;
  CHECK(table.find("authorize") == std::string::npos);
  CHECK(table.find("HubSpot refuses the token: put a new one in its place") != std::string::npos);
}

TEST_CASE("operations: a reader without a role stops nothing, and may read once it has one") {
  DaemonSettings settings = Quiet();
  settings.portals[0].readers = {"bi"};
  World world({.scenario_json = kScenario}, settings);
  world.Load();
  CHECK(std::to_string(world.daemon.Stream("acme", "contacts")["rows"].AsInteger()) ==
        world.Sql("SELECT count(*)::text FROM acme.contacts_live"));
  const ProgramResult status = world.daemon.Cli({"status"});
  CHECK(status.output.find("warning: readers: there is no role bi to grant anything to") !=
        std::string::npos);
  const ProgramResult reload = world.daemon.Cli({"reload"});
  CHECK(reload.end.exit_code == 0);
  CHECK(reload.output.find("names roles that do not exist: bi") != std::string::npos);

  world.Sql("CREATE ROLE bi; SELECT 1");
  Await("the grant", 60s, [&] {
    return world.Sql("SELECT has_table_privilege('bi', 'acme.contacts_live', 'SELECT')::text") ==
           "true";
  });
  CHECK(world.Sql("SELECT has_table_privilege('bi', 'acme._quarantine', 'SELECT')::text") ==
        "false");
}

TEST_CASE("operations: the tables change as planned, and it is written down") {
  Operations acme;
  CHECK(acme.Cli({"schema", "plan", "acme"}).output ==
        "acme/contacts: nothing to change\nacme/deals: nothing to change\n");
  acme.world.Sql(
      "CREATE SCHEMA reports; CREATE VIEW reports.names AS "
      "SELECT id, lastname FROM acme.contacts; SELECT 1");
  const auto change = [&](const std::string& json) {
    acme.world.portal.Mutate(R"({"object":"contacts",)" + json + "}");
  };
  change(R"("kind":"property_add","name":"shoe_size","type":"number","field_type":"number",
    "label":"Shoe size","fill":0.5)");
  change(R"("kind":"property_retype","name":"lastname","type":"number","field_type":"number")");

  const Json plan = acme.AskJson({"schema", "plan", "acme/contacts"});
  const auto& planned = plan["contacts"]["changes"].AsArray();
  REQUIRE(planned.size() == 2);
  const Json& retype = planned[planned[0].Text("change") == "retype_column" ? 0 : 1];
  const Json& addition = planned[planned[0].Text("change") == "retype_column" ? 1 : 0];
  CHECK(retype.Text("detail") == "text to numeric");
  CHECK(retype["blocked_by"].AsArray().at(0).AsString() == "view reports.names");
  CHECK(addition.Text("change") == "add_column");
  CHECK(addition.Text("property") == "shoe_size");
  const std::string there =
      "SELECT count(*)::text FROM information_schema.columns WHERE table_schema = 'acme' AND "
      "table_name = 'contacts' AND column_name = 'shoe_size'";
  CHECK(acme.world.Sql(there) == "0");

  const std::string refused = acme.Cli({"schema", "apply", "acme"}, 1).output;
  CHECK(refused.find("contacts.lastname: view reports.names") != std::string::npos);
  CHECK(acme.world.Sql(there) == "1");
  acme.world.Sql("DROP VIEW reports.names; SELECT 1");
  acme.Cli({"schema", "apply", "acme/contacts"});
  CHECK(acme.Cli({"schema", "plan", "acme/contacts"}).output ==
        "acme/contacts: nothing to change\n");

  std::string history;
  const Json written = acme.AskJson({"schema", "history", "acme/contacts"});
  for (const Json& one : written.AsArray()) {
    history += one.Text("change") + " " + one.Text("property") + " " + one.Text("detail") + ";";
  }
  CHECK(history.starts_with("create_table  "));
  CHECK(history.ends_with(";add_column shoe_size numeric;retype_column lastname text to numeric;"));
  acme.world.ExpectEqual();
}

TEST_CASE("operations: the tables that a configuration to come would have") {
  Operations acme;
  DaemonSettings other = Quiet();
  other.base_url = acme.world.daemon.settings().base_url;
  other.dsn = acme.world.daemon.settings().dsn;
  other.portals[0].objects = {"contacts", "deals", "companies"};
  other.portals[0].object_settings = {
      {"contacts", "{properties: {exclude: [phone]}, indexes: [email, lower(city)]}"},
      {"deals", "{}"},
      {"companies", "{}"}};
  const DaemonProcess files(other);

  const std::string plan = files.Cli({"schema", "plan", "acme"}).output;

  CHECK(plan.find("acme/contacts: 2 to change\n") != std::string::npos);
  CHECK(plan.find("  exclude         phone ") != std::string::npos);
  CHECK(plan.find("  create_index    city ") != std::string::npos);
  CHECK(plan.find("acme/companies: 1 to change\n  create_table ") != std::string::npos);
  CHECK(acme.world.Sql("SELECT to_regclass('acme.companies') IS NULL") == "t");
}

}  // namespace
}  // namespace hubmirror::testing
