#include <doctest/doctest.h>

#include <map>
#include <sstream>
#include <string>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;
using compare::Selection;

constexpr const char* kKey = "0123456789abcdef0123456789abcdef";
constexpr const char* kOtherKey = "another key, of 32 letters, too.";

/// How the configuration says it, in one line of YAML.
std::string ToYaml(const Selection& selection) {
  const auto list = [](const std::vector<std::string>& words) {
    std::string out = "[";
    for (const std::string& word : words) out += (out.size() > 1 ? ", \"" : "\"") + word + "\"";
    return out + "]";
  };
  return "{properties: {include: " + list(selection.include) +
         ", exclude: " + list(selection.exclude) + ", hash: " + list(selection.hash) +
         ", sensitive: " + (selection.sensitive ? "true" : "false") + "}}";
}

using Selections = std::map<std::string, Selection>;

DaemonPortal PortalWith(const Selections& selections, const std::string& key) {
  DaemonPortal portal;
  for (const auto& [object, selection] : selections) {
    portal.objects.push_back(object);
    portal.object_settings[object] = ToYaml(selection);
  }
  portal.hash_key = key;
  return portal;
}

class Selected {
 public:
  Selected(uint64_t seed, Selections selections, const std::string& key = kKey)
      : world_({.seed = seed, .records = 600}, {.portals = {PortalWith(selections, key)}}) {
    Expect(std::move(selections), key);
    world_.Load();
  }

  World& world() { return world_; }

  /// Another configuration, taken over by a reload or by the start after a kill.
  void Select(Selections selections, const std::string& key, bool by_kill) {
    world_.daemon.settings().portals = {PortalWith(selections, key)};
    world_.daemon.WriteFiles();
    if (by_kill) {
      world_.daemon.Kill();
      world_.daemon.Start();
    } else {
      const ProgramResult reload = world_.daemon.Cli({"reload"});
      INFO(reload.output);
      CHECK(reload.end == ProcessEnd{.exit_code = 0});
    }
    for (auto& [object, selection] : selections) selection.changed = true;
    Expect(std::move(selections), key);
  }

  /// Waits until nothing is `filling` and everything is said as it is asked for.
  void AwaitFilled(const std::string& condition) {
    const bool in_force = Happens(90s, [&] {
      return world_.Sql("SELECT bool_and(state = 'current') AND " + condition +
                        " FROM acme.properties") == "t";
    });
    INFO(
        world_.Sql("SELECT coalesce(string_agg(name, ', '), '') FROM acme.properties"
                   " WHERE state <> 'current'"));
    INFO(world_.mirror.StreamStates());
    INFO(world_.daemon.process().LogEnd());
    REQUIRE(in_force);
  }

  void Churn(uint64_t seed) {
    world_.portal.StartScript(R"({"events":80,"seconds":2,"seed":)" + std::to_string(seed) + "}");
    world_.portal.AwaitScript(30s);
  }

  /// Every text in the portal's schema that a value can be in, as one number of hits.
  std::string Hits(const std::string& text) {
    return world_.Sql(
        "SELECT (SELECT count(*) FROM acme.contacts t WHERE to_jsonb(t)::text LIKE '%" + text +
        "%') + (SELECT count(*) FROM acme._quarantine t WHERE"
        " to_jsonb(t)::text LIKE '%" +
        text + "%')");
  }

 private:
  void Expect(Selections selections, const std::string& key) {
    for (auto& [object, selection] : selections) selection.hash_key = key;
    world_.mirror.Select(std::move(selections));
  }

  World world_;
};

TEST_CASE("selection: what is left out and what is hashed, from the first load on") {
  const Selections selections = {{"contacts",
                                  {.exclude = {"hs_*", "lastmodifieddate"},
                                   .sensitive = false,
                                   .hash = {"email", "phone", "loyalty_*"}}},
                                 {"deals", {.include = {"deal*", "amount"}}}};
  Selected selected(501, selections);
  selected.world().ExpectEqual();
  selected.world().portal.Mutate(
      R"({"object":"contacts","kind":"create","properties":{"email":"jane.doe@private.example"}})");
  selected.Churn(11);
  selected.world().ExpectEqual();

  World& world = selected.world();
  CHECK(selected.Hits("jane.doe@private.example") == "0");
  CHECK(world.daemon.Log().find("jane.doe@private.example") == std::string::npos);
  CHECK(world.Sql("SELECT count(*) > 100 FROM acme.contacts WHERE email ~ '^[0-9a-f]{64}$'") ==
        "t");
  CHECK(world.Sql("SELECT count(*) FROM acme.properties WHERE object = 'contacts'"
                  " AND data_sensitivity <> 'non_sensitive'") == "0");
  CHECK(world.Sql("SELECT count(*) FROM acme.contacts_live WHERE lastmodifieddate IS NOT NULL") ==
        "0");
  CHECK(world.daemon.Log().find(kKey) == std::string::npos);
}

TEST_CASE("selection: what is named is mirrored though HubSpot does not list it") {
  DaemonSettings settings;
  settings.portals[0].objects = {"contacts", "companies", "deals"};
  settings.portals[0].object_settings = {{"contacts", "{columns: [hs_quiet, hs_rare, hs_qiuet]}"},
                                         {"companies", "{history: [hs_quiet]}"},
                                         {"deals", "{properties: {include: [\"*\", hs_quiet]}}"}};
  World world({.seed = 503, .records = 600}, settings);
  for (const char* object : {"contacts", "companies", "deals"}) {
    world.portal.Mutate(R"({"kind":"property_add","name":"hs_quiet","fill":0.3,"unlisted":true,)"
                        R"("object":")" +
                        std::string(object) + R"("})");
  }
  world.portal.Mutate(
      R"({"kind":"property_add","object":"contacts","name":"hs_rare","unlisted":true})");
  // Behind the first page of the list.
  world.portal.Mutate(R"({"kind":"create","object":"contacts","id":999999999999,)"
                      R"("properties":{"hs_rare":"the only one"}})");
  const std::string config = world.daemon.Cli({"config", "check", "--online"}).output;
  CHECK(config.find("hs_qiuet") != std::string::npos);
  CHECK(config.find("hs_rare, which HubSpot does not list and the first") != std::string::npos);
  CHECK(config.find("hs_quiet") == std::string::npos);

  world.Load();
  world.mirror.Settle();
  // All values are there; only how HubSpot shows those properties to people cannot be known.
  std::istringstream differences(world.mirror.Compare().words);
  for (std::string line; std::getline(differences, line);) {
    const bool known = line.empty() || line.find(" - properties.hs_") != std::string::npos ||
                       line.find(" differences: ") != std::string::npos;
    CHECK_MESSAGE(known, line);
  }
  for (const char* object : {"contacts", "companies", "deals"}) {
    CHECK(world.Sql("SELECT count(*) > 10 FROM acme." + std::string(object) +
                    "_live WHERE hs_quiet IS NOT NULL") == "t");
  }
  CHECK(world.Sql("SELECT count(*) > 10 FROM acme.companies_history WHERE property = 'hs_quiet'") ==
        "t");
  CHECK(world.Sql("SELECT string_agg(hs_rare, ' ') FROM acme.contacts_live") == "the only one");

  const std::string complaint =
      "columns of contacts names hs_qiuet, which HubSpot does not list and no record has a value "
      "of";
  Await("the name that is wrong", 30s, [&] {
    return world.daemon.Stream("acme", "contacts").Text("message").find(complaint) == 0;
  });
  CHECK(world.daemon.Stream("acme", "contacts").Text("message").find("hs_rare") ==
        std::string::npos);
  CHECK(world.daemon.Stream("acme", "deals").Text("message").empty());
  CHECK(world.daemon.Cli({"doctor"}).output.find("hs_qiuet") != std::string::npos);
}

TEST_CASE("selection: changes of the settings reach every row, by reload and after a kill") {
  Selected selected(502, {{"contacts", {}}});
  selected.world().ExpectEqual();
  selected.world().portal.Mutate(
      R"({"object":"contacts","kind":"create","properties":{"email":"jane.doe@private.example"}})");
  selected.world().ExpectEqual();
  REQUIRE(selected.Hits("jane.doe@private.example") == "1");

  selected.Select(
      {{"contacts", {.exclude = {"phone", "upsell_*"}, .sensitive = false, .hash = {"email"}}}},
      kKey, false);
  selected.AwaitFilled("bool_or(name = 'email' AND hashed_with IS NOT NULL)");
  CHECK(selected.Hits("jane.doe@private.example") == "0");
  selected.Churn(12);
  selected.world().ExpectEqual();

  selected.Select({{"contacts", {.hash = {"email", "phone"}}}}, kOtherKey, true);
  selected.AwaitFilled("bool_or(name = 'phone' AND hashed_with IS NOT NULL)");
  selected.world().ExpectEqual();

  selected.Select({{"contacts", {}}}, kOtherKey, false);
  selected.AwaitFilled("bool_and(hashed_with IS NULL)");
  selected.Churn(13);
  selected.world().ExpectEqual();
  CHECK(selected.Hits("jane.doe@private.example") == "1");
  for (const char* key : {kKey, kOtherKey}) {
    CHECK(selected.world().daemon.Log().find(key) == std::string::npos);
  }
}

TEST_CASE("selection: a name that does not exist is told, a key that is missing stops the portal") {
  Selected selected(503, {{"contacts", {.hash = {"emial"}}}});
  Await("the warning", 30s, [&] {
    return selected.world().daemon.Log().find("did you mean email?") != std::string::npos;
  });

  selected.Select({{"contacts", {.hash = {"email"}}}}, "too short", true);
  Await("blocked/secret", 30s, [&] {
    const compare::Json stream = selected.world().daemon.Stream("acme", "contacts");
    return stream.Text("state") == "blocked" && stream.Text("reason") == "secret";
  });
  CHECK(selected.world().daemon.Log().find("too short") == std::string::npos);
}

}  // namespace
}  // namespace hubmirror::testing
