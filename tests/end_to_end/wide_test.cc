#include <doctest/doctest.h>

#include <string>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

// More properties than a PostgreSQL table or view can have columns; URLs of them are too long, so
// pages are read by ids.
constexpr const char* kScenario = R"({"portals":[{"portal_id":1234567,"seed":31,"index_delay":"1s",
  "objects":{"contacts":100,"deals":60},"properties":{"contacts":1500,"deals":5000},
  "tokens":[{"token":"pat-na1-simulated-token"}]}]})";

constexpr const char* kLong = "a_property_whose_name_is_the_same_in_its_first_sixty_three_bytes_";

TEST_CASE("wide: thousands of properties, strange names and values, and every change of them") {
  World world({.scenario_json = kScenario}, [] {
    DaemonSettings settings;
    settings.portals[0].objects = {"contacts", "deals"};
    settings.defaults = {{"interval", "2s"}, {"freshness_target", "20s"}};
    return settings;
  }());
  const auto property = [&world](const std::string& json) {
    world.portal.Mutate(R"({"object":"deals",)" + json + "}");
  };
  const auto add = [&](const std::string& name, double fill = 0.5) {
    property(R"("kind":"property_add","name":")" + name +
             R"(","type":"string","field_type":"text","fill":)" + std::to_string(fill));
  };
  const auto definitions = world.portal.Ask("properties/1234567/deals");
  const auto has = [&definitions](const std::string& name) {
    for (const auto& definition : definitions["results"].AsArray()) {
      if (definition.Text("name") == name) return true;
    }
    return false;
  };
  // Before the first load: names that are alike in what PostgreSQL sees of them, keywords, ours.
  add(std::string(kLong) + "one");
  add(std::string(kLong) + "two");
  for (const char* name : {"select", "table", "id", "archived", "xmin", "tableoid", "_hash",
                           "_overflow", "user", "order"}) {
    // A portal has some of these anyway.
    if (!has(name)) add(name);
  }
  add("badge");
  add("guest");
  world.Load();
  world.ExpectEqual();
  CHECK(world.Sql("SELECT count(*) >= 4500 FROM acme.properties WHERE object = 'deals'") == "t");
  CHECK(
      world.Sql("SELECT count(*) <= 400 FROM acme.properties WHERE object = 'deals' AND storage = "
                "'column'") == "t");
  CHECK(world.Sql("SELECT to_regclass('acme.deals_live_4') IS NOT NULL") == "t");
  CHECK(world.Sql("SELECT count(DISTINCT column_name)::text FROM acme.properties WHERE object = "
                  "'deals' AND name LIKE '" +
                  std::string(kLong) + "%'") == "2");

  // While it runs: new ones, retyped to and fro, archived and back, on records with values.
  add("came_later");
  for (const char* type : {"number", "string"}) {
    property(R"("kind":"property_retype","name":"badge","type":")" + std::string(type) +
             R"(","field_type":"text")");
    world.ExpectEqual();
  }
  property(R"("kind":"property_archive","name":"guest")");
  world.ExpectEqual();
  property(R"("kind":"property_restore","name":"guest")");
  property(R"("kind":"property_delete","name":"came_later")");
  world.ExpectEqual();
  // Made anew: what records held of the old one must go. A record that is merged away before the
  // mirror has asked for the property cannot show it any more, so that the script waits, and search
  // shows at once who has it: whom it shows later is read by the next sweep.
  world.portal.Control("settings", R"({"portal":1234567,"index_delay":"0ms"})");
  add("came_later");
  Await("the property made anew", 60s, [&] {
    return world.Sql(
               "SELECT state || archived FROM acme.properties WHERE object = 'deals' AND name = "
               "'came_later'") == "currentfalse";
  });
  world.portal.Control("settings", R"({"portal":1234567,"index_delay":"1s"})");

  // Values at the edges of what can be stored, in a property that has a column and one that has
  // none.
  const std::string id = world.portal.Mutate(R"({"object":"deals","kind":"create","properties":{
    "dealname":"nul \u0000 inside","came_later":")" +
                                             std::string(65'536, 'x') + R"("}})");
  world.portal.Mutate(R"({"object":"deals","kind":"create","properties":{"closedate":
    "0001-01-01T00:00:00Z","amount":"not a number"}})");
  world.portal.Mutate(R"({"object":"deals","kind":"create","properties":{"closedate":
    "9999-12-31T23:59:59.999Z","amount":"1e300"}})");
  world.portal.StartScript(R"({"events":250,"seconds":3,"seed":15})");
  world.portal.AwaitScript(60s);
  world.ExpectEqual();
  CHECK(world.Sql("SELECT count(*)::text FROM acme._quarantine") == "0");
  CHECK(world.Sql("SELECT dealname FROM acme.deals_live WHERE id = " + id) ==
        "nul \xEF\xBF\xBD inside");
}

TEST_CASE("wide: rows of twelve hundred values do not fit a page, and are stored all the same") {
  World world({.scenario_json = R"({"portals":[{"portal_id":1234567,"seed":32,"index_delay":"1s",
      "objects":{"contacts":40},"properties":{"contacts":1500},
      "tokens":[{"token":"pat-na1-simulated-token"}]}]})"},
              [] {
                DaemonSettings settings;
                settings.portals[0].objects = {"contacts"};
                return settings;
              }());
  // Long values in all the properties that records write themselves.
  const auto definitions = world.portal.Ask("properties/1234567/contacts");
  std::string values;
  size_t count = 0;
  for (const auto& definition : definitions["results"].AsArray()) {
    const std::string name = definition.Text("name");
    const bool plain = definition.Text("type") == "string" && !definition.Flag("archived") &&
                       !definition.Flag("calculated") && name.find('"') == std::string::npos &&
                       name.find('\\') == std::string::npos && name.rfind("hs_", 0) != 0;
    if (!plain) continue;
    values += (count++ == 0 ? "\"" : ",\"") + name + "\":\"" + std::string(180, 'v') + "\"";
  }
  REQUIRE(count > 300);
  for (int i = 0; i < 5; ++i) {
    world.portal.Mutate(R"({"object":"contacts","kind":"create","properties":{)" + values + "}}");
  }
  world.Load();
  world.ExpectEqual();
  world.portal.Mutate(R"({"object":"contacts","kind":"update"})");
  world.ExpectEqual();
}

TEST_CASE("wide: where a proxy refuses addresses that HubSpot takes, pages are read by their ids") {
  World world({.scenario_json = R"({"portals":[{"portal_id":1234567,"seed":32,"index_delay":"1s",
    "objects":{"contacts":450,"deals":150},"uri_limit":1500,
    "tokens":[{"token":"pat-na1-simulated-token"}]}]})"},
              [] {
                DaemonSettings settings;
                settings.portals[0].objects = {"contacts", "deals"};
                return settings;
              }());
  world.Load();
  world.portal.StartScript(R"({"events":60,"seconds":2,"seed":8})");
  world.portal.AwaitScript(60s);
  world.mirror.Settle();
  world.ExpectNoDifferences();
  // Each of the readers of a list may have met it once before the others knew.
  const int64_t refused = world.portal.Requests("", 414);
  CHECK(refused > 0);
  CHECK(refused <= 8);
  CHECK(world.portal.UnexpectedRequests() == refused);
  CHECK(world.portal.Requests("batch read contacts") >= 5);
}

}  // namespace
}  // namespace hubmirror::testing
