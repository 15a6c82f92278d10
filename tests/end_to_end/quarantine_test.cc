#include <doctest/doctest.h>

#include <string>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

TEST_CASE("quarantine: a record the database refuses is listed, shown, tried again and forgotten") {
  World world({.scenario_json = R"({"portals":[{"portal_id":1234567,"seed":81,"index_delay":"1s",
    "objects":{"contacts":200},"tokens":[{"token":"pat-na1-simulated-token"}]}]})"},
              [] {
                DaemonSettings settings;
                settings.portals[0].objects = {"contacts"};
                return settings;
              }());
  world.Load();
  world.mirror.Settle();
  CHECK(world.daemon.Cli({"quarantine", "list", "acme"}).output == "nothing is in quarantine\n");

  world.Sql("ALTER TABLE acme.contacts ADD CONSTRAINT no_bad CHECK (email <> 'bad@example.com')");
  const std::string id = world.portal.Mutate(
      R"({"object":"contacts","kind":"create","properties":{"email":"bad@example.com",
      "firstname":"Zoë"}})");
  Await("the record in quarantine", 30s,
        [&] { return world.Sql("SELECT count(*)::text FROM acme._quarantine") == "1"; });
  const std::string record = "acme/contacts/" + id;
  const auto list = world.daemon.Cli({"quarantine", "list", "acme"});
  CHECK(list.end.exit_code == 0);
  CHECK(list.output.find(id) != std::string::npos);
  CHECK(list.output.find("no_bad") != std::string::npos);
  CHECK(world.daemon.Cli({"quarantine", "list", "acme", "--json"}).output.find("\"23514\"") !=
        std::string::npos);
  CHECK(world.daemon.Cli({"quarantine", "show", record}).output.find("Zoë") != std::string::npos);
  CHECK(world.daemon.Cli({"quarantine", "show", "acme/contacts/1"}).end.exit_code == 64);

  world.Sql("ALTER TABLE acme.contacts DROP CONSTRAINT no_bad");
  CHECK(world.daemon.Cli({"quarantine", "retry", "acme"}).end.exit_code == 0);
  Await("the record in its table", 30s, [&] {
    return world.Sql("SELECT firstname FROM acme.contacts_live WHERE id = " + id) == "Zoë";
  });
  CHECK(world.Sql("SELECT count(*)::text FROM acme._quarantine") == "0");
  world.ExpectEqual();

  world.Sql(
      "INSERT INTO acme._quarantine (object, id, sqlstate, reason, record) VALUES "
      "('contacts', 5, '22000', 'made up', '{}') RETURNING id");
  CHECK(world.daemon.Cli({"quarantine", "drop", "acme/contacts/5"}).end.exit_code == 0);
  CHECK(world.Sql("SELECT count(*)::text FROM acme._quarantine") == "0");
}

TEST_CASE("grants: the printed SQL is all that a new role needs") {
  World world({.records = 100});
  const std::string sql = world.daemon.Cli({"grants", "--print-sql"}).output;
  CHECK(sql.find("CREATE SCHEMA IF NOT EXISTS \"acme\" AUTHORIZATION \"mirror\";") !=
        std::string::npos);
  world.Sql("REVOKE CREATE ON DATABASE " + std::string(World::kDatabase) + " FROM " +
            std::string(World::kRole));
  world.Sql(sql);
  world.Load();
  CHECK(world.Sql("SELECT count(*) > 0 FROM acme.contacts_live") == "t");
}

}  // namespace
}  // namespace hubmirror::testing
