#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "support/await.h"
#include "support/http_json.h"
#include "support/temp_patroni.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

const std::string kDatabase = World::kDatabase;

/// The daemon mirrors into a database of the cluster, and has loaded it.
void LoadInto(const TempPatroni& cluster, World& world) {
  const std::string role = World::kRole;
  cluster.Run("CREATE ROLE " + role + " LOGIN");
  cluster.Run("CREATE DATABASE " + kDatabase);
  cluster.Run("GRANT CREATE ON DATABASE " + kDatabase + " TO " + role);
  world.daemon.settings().dsn = cluster.Dsn(role, kDatabase);
  world.daemon.WriteFiles();
  world.Load();
}

TEST_CASE("fault 24: a failover by Patroni loses the last commits, and the mirror notices") {
  World world(
      {.seed = static_cast<uint64_t>(FromEnvironment("HUBMIRROR_SEED", 1)), .records = 500});
  TempPatroni cluster;
  LoadInto(cluster, world);
  MirrorCheck mirror(world.portal, world.daemon, cluster.Dsn("postgres", kDatabase),
                     world.daemon.settings().portals.at(0));
  cluster.StopStreaming();
  cluster.Run("CREATE TABLE public.lost ()", kDatabase);
  world.portal.StartScript(R"({"events":200,"seconds":4,"seed":1})");
  world.portal.AwaitScript(60s);
  mirror.Settle();

  cluster.CrashLeader();
  Await("the streams to say failing/database", 40s, [&] {
    const auto stream = world.daemon.Stream("acme", "contacts");
    return stream.Text("state") == "failing" && stream.Text("reason") == "database";
  });
  cluster.AwaitLeader(90s);

  CHECK(cluster.Run("SELECT to_regclass('public.lost')", kDatabase).empty());
  CHECK(world.daemon.running());
  mirror.Settle();
  const MirrorCheck::Outcome outcome = mirror.Compare();
  INFO(outcome.words);
  CHECK(outcome.report.differences == 0);
}

TEST_CASE("fault 24: what a failover loses of the outbox is not done twice") {
  DaemonSettings settings;
  settings.portals[0].objects = {"contacts"};
  settings.defaults["feed"] = "{enabled: true}";
  settings.portals[0].write =
      "{enabled: true, objects: {contacts: {update: [city], create: true,"
      " key_property: hubmirror_key}}}";
  World world({.seed = static_cast<uint64_t>(FromEnvironment("HUBMIRROR_SEED", 1)), .records = 160},
              settings);
  world.portal.Mutate(
      R"({"object":"contacts","kind":"property_add","name":"hubmirror_key","unique":true})");
  TempPatroni cluster;
  LoadInto(cluster, world);
  const auto sql = [&](const std::string& text) { return cluster.Run(text, kDatabase); };
  const auto rows = [&](const std::string& which) {
    return sql("SELECT count(*) FROM acme.outbox WHERE " + which);
  };
  const auto journal = [&] {
    const HttpAnswer answer = HttpGet(world.portal.url(), "/_control/writes/1234567?after=0");
    REQUIRE(answer.status == 200);
    return std::ranges::count(answer.body, '\n');
  };
  sql("INSERT INTO acme.outbox (key, object, op, properties) VALUES ('first', 'contacts', 'create',"
      " '{\"lastname\": \"First\"}')");
  Await("the first row", 60s, [&] { return rows("state = 'done'") == "1"; });
  // Both servers have them before one of them is sent.
  sql("INSERT INTO acme.outbox (object, op, record_id, properties, not_before) SELECT 'contacts',"
      " 'update', id, '{\"city\": \"Bonn\"}', clock_timestamp() + interval '10 s'"
      " FROM acme.contacts_live WHERE lastname IS DISTINCT FROM 'First' ORDER BY id LIMIT 5");
  sql("INSERT INTO acme.outbox (key, object, op, properties, not_before) SELECT 'k/' || n,"
      " 'contacts', 'create', '{\"lastname\": \"Made\"}', clock_timestamp() + interval '10 s'"
      " FROM generate_series(1, 5) n");
  Await("the standby to have them", 9s, [&] {
    return sql("SELECT bool_and(replay_lsn = pg_current_wal_lsn()) FROM pg_stat_replication") ==
           "t";
  });
  cluster.StopStreaming();
  Await("the rows", 60s, [&] { return rows("state = 'done'") == "11"; });
  CHECK(journal() == 11);

  cluster.CrashLeader();
  cluster.AwaitLeader(90s);

  CHECK(rows("state = 'queued'") == "10");
  // What HubSpot has is known by its values, and by the key; nobody has to release anything.
  Await("the rows, again", 120s, [&] { return rows("state = 'done'") == "11"; });
  CHECK(rows("op = 'update' AND reason = 'unchanged'") == "5");
  CHECK(journal() == 11);
}

}  // namespace
}  // namespace hubmirror::testing
