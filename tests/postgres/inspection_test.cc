#include "postgres/schema/inspection.h"

#include <doctest/doctest.h>

#include "postgres/mirror_fixture.h"
#include "postgres/schema/preparation.h"
#include "postgres/writing/quarantine.h"

namespace hubmirror::testing {
namespace {

struct InspectionFixture : MirrorFixture {
  Connection connection{{.dsn = dsn(), .password = {}}};
};

TEST_CASE_FIXTURE(InspectionFixture, "inspection: a server tells what it is and what is free") {
  const ServerFacts facts = InspectServer(connection);

  CHECK(std::to_string(facts.version) == Value("SHOW server_version_num"));
  CHECK(facts.encoding == "UTF8");
  CHECK(facts.writable);
  CHECK(facts.now.time_since_epoch() > std::chrono::hours(24 * 365 * 50));
  CHECK(facts.free_connections > 0);
  CHECK(facts.database == Value("SELECT current_database()"));
  CHECK(facts.bytes > 1'000'000);
  Value("ALTER DATABASE " + facts.database + " SET default_transaction_read_only = on");
  Connection later({.dsn = dsn(), .password = {}});
  CHECK_FALSE(InspectServer(later).writable);
}

TEST_CASE_FIXTURE(InspectionFixture, "inspection: a schema without a mirror is told from one") {
  CHECK_FALSE(InspectSchema(connection, "nothing"));
  Value("CREATE SCHEMA empty");
  CHECK(InspectSchema(connection, "empty").value().may_create);
  CHECK_FALSE(InspectMirror(connection, "empty"));
  CHECK(ReadTypeTables(connection, "empty").empty());

  sink().Claim();
  MakeContacts({Property("score"), Property("name")});

  MirrorFacts facts = InspectMirror(connection, "acme").value();
  CHECK(facts.portal == plan().portal_id);
  CHECK(facts.blocked_columns == 0);
  CHECK(facts.widest > 10);
  Value("UPDATE acme.properties SET blocked_by = 'view reports.x' WHERE name = 'score'");
  facts = InspectMirror(connection, "acme").value();
  CHECK(facts.blocked_columns == 1);
  CHECK(facts.a_blocked_column == "contacts.score: view reports.x");
}

TEST_CASE_FIXTURE(InspectionFixture,
                  "inspection: a schema of the search path open to all is named") {
  Value("CREATE SCHEMA closed; CREATE SCHEMA wide; GRANT CREATE ON SCHEMA wide TO PUBLIC");
  const auto with_path = [&](const std::string& path) {
    const std::string database = Value("SELECT current_database()");
    Value("ALTER DATABASE " + database + " SET search_path = " + path);
    Connection later({.dsn = dsn(), .password = {}});
    return OpenSchemaOfSearchPath(later);
  };

  CHECK_FALSE(with_path("closed"));
  CHECK(with_path("closed, wide") == "wide");
}

TEST_CASE_FIXTURE(InspectionFixture,
                  "inspection: changes of tables come in order, of one object too") {
  sink().Claim();
  MakeContacts({Property("a")});
  Value("INSERT INTO acme.schema_changes (object, change) VALUES ('deals', 'table made')");

  const auto all = ReadSchemaChanges(connection, "acme", std::nullopt);
  REQUIRE(all.size() >= 2);
  CHECK(all.front().object == "contacts");
  CHECK(all.back().object == "deals");
  CHECK(all.back().property.empty());
  CHECK(ReadSchemaChanges(connection, "acme", "deals").size() == 1);
}

TEST_CASE_FIXTURE(InspectionFixture, "inspection: what the mirror has a stream of, or once had") {
  CHECK(ReadMirroredObjects(connection, "no such schema").empty());
  sink().Claim();
  MakeContacts({Property("a")});
  Value(
      "INSERT INTO acme._stream_state (object, job) VALUES ('pets', 'stream'), ('lists', 'lists')");

  CHECK(ReadMirroredObjects(connection, "acme") == std::vector<std::string>{"contacts", "pets"});
}

TEST_CASE_FIXTURE(InspectionFixture,
                  "quarantine: an object's histories are listed and dropped with it") {
  sink().Claim();
  Value(
      "INSERT INTO acme._quarantine (object, id, sqlstate, reason, record) VALUES"
      " ('contacts', 7, '22003', 'too large', '{\"id\": 7}'),"
      " ('contacts_history', 8, '22003', 'too large', '{}'), ('deals', 7, '22003', 'no', '{}')");

  CHECK(ListQuarantine(connection, "acme", {}).size() == 3);
  CHECK(ListQuarantine(connection, "acme", {.object = "contacts"}).size() == 2);
  const auto found = FindQuarantined(connection, "acme", {.object = "contacts", .id = RecordId{7}});
  REQUIRE(found);
  CHECK(found->reason == "too large");
  CHECK(found->record == "{\n    \"id\": 7\n}");
  CHECK_FALSE(FindQuarantined(connection, "acme", {.object = "tickets"}));

  CHECK(DropQuarantined(connection, "acme", {.object = "contacts"}) == 2);
  CHECK(ListQuarantine(connection, "acme", {}).size() == 1);
}

TEST_CASE_FIXTURE(InspectionFixture, "preparation: what it prints makes the schemas of the role") {
  const std::string role = Value("SELECT current_user");

  Value(PreparationSql("", role, {"odd \"name", "acme"}, {"analyst"}) + "SELECT 1");

  CHECK(InspectSchema(connection, "odd \"name").value().owner == role);
  CHECK(InspectSchema(connection, "hubmirror").value().owner == role);
  CHECK(Value("SELECT count(*) FROM pg_roles WHERE rolname = 'analyst'") == "0");
  const std::string sql = PreparationSql("", role, {}, {"analyst"}, {"analyst", "billing"});
  CHECK(sql.find("-- CREATE ROLE \"billing\" LOGIN;  -- a consumer") != std::string::npos);
  CHECK(sql.find("-- CREATE ROLE \"analyst\" LOGIN") == std::string::npos);
  const std::string all =
      PreparationSql("", role, {}, {"analyst"}, {"billing"}, {"analyst", "billing", "app_role"});
  CHECK(all.find("-- CREATE ROLE \"app_role\" LOGIN;  -- a writer") != std::string::npos);
  CHECK(all.find("-- CREATE ROLE \"analyst\" LOGIN") == std::string::npos);
  CHECK(all.find("-- a writer") == all.rfind("-- a writer"));
}

}  // namespace
}  // namespace hubmirror::testing
