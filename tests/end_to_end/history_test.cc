#include <doctest/doctest.h>

#include <cctype>
#include <map>
#include <string>
#include <thread>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kKey = "0123456789abcdef0123456789abcdef";

using Histories = std::map<std::string, std::vector<std::string>>;

/// `hash` of every object; sensitive properties too, as elsewhere in these tests.
DaemonPortal Following(const Histories& histories, const std::string& hash) {
  DaemonPortal portal;
  for (const auto& [object, properties] : histories) {
    std::string list;
    for (const std::string& property : properties) list += (list.empty() ? "" : ", ") + property;
    portal.objects.push_back(object);
    portal.object_settings[object] =
        "{history: [" + list + "], properties: {hash: [" + hash + "]}}";
  }
  portal.hash_key = kKey;
  return portal;
}

class Past {
 public:
  Past(uint64_t seed, const Histories& histories, const std::string& hash = "")
      : world_({.seed = seed, .records = 900}, {.portals = {Following(histories, hash)}}) {
    Expect(histories, hash);
    world_.Load();
  }

  World& world() { return world_; }

  void Follow(const Histories& histories, const std::string& hash) {
    world_.daemon.settings().portals = {Following(histories, hash)};
    world_.daemon.WriteFiles();
    CHECK(world_.daemon.Cli({"reload"}).end == ProcessEnd{.exit_code = 0});
    Expect(histories, hash);
  }

  void StartChurn(int events, uint64_t seed) {
    world_.portal.StartScript(R"({"events":)" + std::to_string(events) + R"(,"seconds":4,"seed":)" +
                              std::to_string(seed) + "}");
  }

  /// Settles, waits until no record is due, compares.
  void ExpectEqual() {
    world_.mirror.Settle();
    const bool done = Happens(90s, [&] {
      return world_.Sql(
                 "SELECT (SELECT count(*) FROM acme._due) = 0 AND bool_and(coalesce("
                 "(cursor->>'walked')::bool, false)) FROM acme._stream_state"
                 " WHERE job = 'history'") == "t";
    });
    const std::string seen = world_.daemon.process().LogEnd() + world_.mirror.StreamStates();
    CHECK_MESSAGE(done, seen);

    world_.ExpectEqual();
  }

 private:
  void Expect(const Histories& histories, const std::string& hash) {
    world_.mirror.Follow(histories);
    if (hash.empty()) return;
    std::map<std::string, compare::Selection> selections;
    for (const auto& [object, properties] : histories) {
      selections[object] = {.hash = {hash}, .hash_key = kKey, .changed = true};
    }
    world_.mirror.Select(std::move(selections));
  }

  World world_;
};

TEST_CASE("history: complete after the first load, appended on every change, never twice") {
  const Histories histories = {{"contacts", {"city", "email", "lifecyclestage"}},
                               {"deals", {"amount", "dealstage"}}};
  Past past(601, histories);
  past.ExpectEqual();
  past.StartChurn(300, 21);
  past.world().portal.AwaitScript(60s);
  past.ExpectEqual();

  World& world = past.world();
  const std::string id =
      world.portal.Mutate(R"({"object":"contacts","kind":"create","properties":{"city":"Ulm"}})");
  for (const std::string city : {"Bonn", "Kiel", ""}) {
    world.portal.Mutate(R"({"object":"contacts","kind":"update","id":")" + id +
                        R"(","properties":{"city":")" + city + "\"}}");
  }
  past.ExpectEqual();
  CHECK(world.Sql("SELECT string_agg(coalesce(value, 'NULL'), ' ' ORDER BY changed_at)"
                  " FROM acme.contacts_history WHERE property = 'city' AND id = " +
                  id) == "Ulm Bonn Kiel NULL");
  CHECK(world.Sql("SELECT count(*) > 20 FROM acme.deals_history WHERE property = 'dealstage'") ==
        "t");
  CHECK(world.Sql("SELECT count(*) FROM (SELECT FROM acme.contacts_history"
                  " GROUP BY id, property, changed_at HAVING count(*) > 1) d") == "0");
}

TEST_CASE("history: survives kills in the walk and in the middle of changes") {
  const Histories histories = {{"contacts", {"city", "email"}}, {"deals", {"amount", "dealstage"}}};
  Past past(602, histories);
  past.StartChurn(250, 22);
  for (int kill = 0; kill < 3; ++kill) {
    std::this_thread::sleep_for(1200ms);
    past.world().daemon.Kill();
    past.world().daemon.Start();
  }
  past.world().portal.AwaitScript(60s);
  past.ExpectEqual();
}

TEST_CASE("history: an erased contact leaves none behind") {
  Past past(603, {{"contacts", {"city", "email"}}});
  World& world = past.world();
  const std::string id = world.portal.Mutate(
      R"({"object":"contacts","kind":"create","properties":{"email":"jane.doe@private.example"}})");
  past.ExpectEqual();
  const std::string count = "SELECT count(*) FROM acme.contacts_history WHERE id = " + id;
  REQUIRE(world.Sql(count) == "1");

  world.portal.Mutate(R"({"object":"contacts","kind":"erase","id":")" + id + "\"}");
  past.ExpectEqual();
  CHECK(world.Sql("SELECT erased_at IS NOT NULL FROM acme.contacts WHERE id = " + id) == "t");
  CHECK(world.Sql(count) == "0");
}

/// Columns of tables of ours that show something planted.
std::string Shown(const World& world) {
  world.Sql(
      "CREATE OR REPLACE FUNCTION public.shown() RETURNS SETOF text LANGUAGE plpgsql AS $$"
      " DECLARE c record; n bigint; BEGIN FOR c IN SELECT a.attrelid::regclass::text AS t,"
      " a.attname FROM pg_attribute a JOIN pg_class k ON k.oid = a.attrelid WHERE k.relkind = 'r'"
      " AND a.attnum > 0 AND NOT a.attisdropped AND k.relnamespace::regnamespace::text IN"
      " ('acme', 'hubmirror') LOOP"
      " EXECUTE format('SELECT count(*) FROM %s t WHERE t.%I::text ~* ''planted''', c.t, c.attname)"
      " INTO n; IF n > 0 THEN RETURN NEXT c.t || '.' || c.attname; END IF; END LOOP; END $$");
  return world.Sql("SELECT string_agg(s, ' ' ORDER BY s) FROM public.shown() s");
}

TEST_CASE("erasure: of a person nothing stays in any table, and nothing ever was in the log") {
  Past past(605, {{"contacts", {"city", "email"}}});
  World& world = past.world();
  world.Sql("ALTER TABLE acme.contacts ADD CONSTRAINT refused CHECK (city <> 'Planted Unwanted')");
  const auto make = [&](const std::string& email, const std::string& city) {
    return world.portal.Mutate(R"({"object":"contacts","kind":"create","properties":{"email":")" +
                               email + R"(","city":")" + city + "\"}}");
  };
  const auto about = [](const std::string& kind, const std::string& id) {
    return R"({"object":"contacts","kind":")" + kind + R"(","id":")" + id + '"';
  };
  const std::string jane = make("jane@planted.example", "Plantedville");
  past.ExpectEqual();
  const std::string refused = make("ruth@planted.example", "Planted Unwanted");
  Await("the refused one in quarantine", 60s,
        [&] { return world.Sql("SELECT count(*) FROM acme._quarantine") == "1"; });
  REQUIRE(Shown(world) ==
          "acme._quarantine.record acme.contacts.city acme.contacts.email"
          " acme.contacts_history.value");

  for (const std::string& person : {jane, refused}) {
    world.portal.Mutate(about("erase", person) + "}");
  }
  past.ExpectEqual();

  CHECK(Shown(world).empty());
  world.daemon.Kill();
  std::string log = world.daemon.Log();
  for (char& c : log) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  CHECK(log.find("planted") == std::string::npos);
  // It does tell of them.
  CHECK(log.find("quarantine") != std::string::npos);
}

TEST_CASE("history: a property added later is walked, a hashed one is hashed in its past too") {
  Past past(604, {{"contacts", {"city"}}});
  past.StartChurn(150, 23);
  past.world().portal.AwaitScript(60s);
  past.ExpectEqual();

  past.Follow({{"contacts", {"city", "email"}}}, "");
  Await("the walk for email", 60s, [&] {
    return past.world().Sql(
               "SELECT count(*) > 100 FROM acme.contacts_history"
               " WHERE property = 'email'") == "t";
  });
  past.ExpectEqual();

  past.Follow({{"contacts", {"city", "email"}}}, "email");
  Await("hashes", 60s, [&] {
    return past.world().Sql(
               "SELECT bool_or(value ~ '^[0-9a-f]{64}$') FROM acme.contacts_history"
               " WHERE property = 'email'") == "t";
  });
  CHECK(past.world().Sql("SELECT count(*) FROM acme.contacts_history"
                         " WHERE property = 'email' AND value LIKE '%@%'") == "0");
  past.StartChurn(100, 24);
  past.world().portal.AwaitScript(60s);
  past.ExpectEqual();
}

}  // namespace
}  // namespace hubmirror::testing
