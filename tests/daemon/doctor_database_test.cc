#include <doctest/doctest.h>

#include "daemon/cli/doctor/doctor.h"
#include "support/temp_postgres.h"

namespace hubmirror::testing {
namespace {

Finding SearchPathOf(const TempPostgres& server, const std::string& role = "postgres") {
  Connection connection({.dsn = server.Dsn(role), .password = {}});
  const Findings findings = ExamineDatabase(connection, Settings{}, TimePoint{});
  for (const Finding& finding : findings.list()) {
    if (finding.check == "search path") return finding;
  }
  FAIL("nothing is said of the search path");
  return {};
}

TEST_CASE("doctor: a schema of the search path where everybody may create is named") {
  const TempPostgres server;
  server.Run("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
  CHECK(SearchPathOf(server).verdict == Finding::Verdict::kGood);

  // As PostgreSQL 14 has it.
  server.Run("GRANT CREATE ON SCHEMA public TO PUBLIC");
  const Finding open = SearchPathOf(server);
  CHECK(open.verdict == Finding::Verdict::kLook);
  CHECK(open.fix == "REVOKE CREATE ON SCHEMA \"public\" FROM PUBLIC");

  server.Run("CREATE ROLE far LOGIN; ALTER ROLE far SET search_path = elsewhere");
  CHECK(SearchPathOf(server, "far").verdict == Finding::Verdict::kGood);
}

TEST_CASE("doctor: a reader without a role is looked at, and stops nothing") {
  const TempPostgres server;
  server.Run("CREATE ROLE here");
  Settings settings;
  settings.portals.resize(2);
  settings.portals[0].plan.readers = {"here", "bi"};
  settings.portals[1].plan.readers = {"bi"};
  for (PortalSettings& portal : settings.portals) portal.enabled = false;
  Connection connection({.dsn = server.Dsn("postgres"), .password = {}});
  const Findings findings = ExamineDatabase(connection, settings, TimePoint{});
  for (const Finding& finding : findings.list()) {
    if (finding.check != "readers") continue;
    CHECK(finding.verdict == Finding::Verdict::kLook);
    CHECK(finding.said == "no such role: bi");
    CHECK(finding.fix ==
          "CREATE ROLE \"bi\" NOLOGIN; the daemon grants it its rights within seconds");
    return;
  }
  FAIL("nothing is said of readers");
}

TEST_CASE("doctor: a consumer of the feed without a role is looked at where the feed is on") {
  const TempPostgres server;
  for (const bool on : {false, true}) {
    Settings settings;
    settings.portals.resize(1);
    settings.portals[0].plan.feed = {.enabled = on, .roles = {"billing"}};
    settings.portals[0].enabled = false;
    Connection connection({.dsn = server.Dsn("postgres"), .password = {}});
    const Findings findings = ExamineDatabase(connection, settings, TimePoint{});
    for (const Finding& finding : findings.list()) {
      if (finding.check != "readers") continue;
      CHECK(finding.verdict == (on ? Finding::Verdict::kLook : Finding::Verdict::kGood));
      if (on) CHECK(finding.fix.starts_with("CREATE ROLE \"billing\" LOGIN"));
    }
  }
}

TEST_CASE("doctor: a relation that has the name of a view to write into is named") {
  const TempPostgres server;
  server.Run("CREATE SCHEMA acme; CREATE TABLE acme.contacts_write (); CREATE TABLE acme.deals ()");
  Settings settings;
  settings.portals.resize(1);
  PortalPlan& plan = settings.portals[0].plan;
  plan.key = plan.schema = "acme";
  plan.streams = {{.object = *FindObjectType("contacts"), .write = {.update = {"city"}}},
                  {.object = *FindObjectType("deals"), .write = {.update = {"amount"}}}};
  Connection connection({.dsn = server.Dsn("postgres"), .password = {}});
  for (const bool enabled : {false, true}) {
    plan.write.enabled = enabled;
    int found = 0;
    const Findings findings = ExamineDatabase(connection, settings, TimePoint{});
    for (const Finding& finding : findings.list()) {
      if (finding.check != "write views of acme") continue;
      ++found;
      CHECK(finding.verdict == Finding::Verdict::kLook);
      CHECK(finding.said == "there is no view, something else is called so: acme.contacts_write");
    }
    CHECK(found == (enabled ? 1 : 0));
  }
}

}  // namespace
}  // namespace hubmirror::testing
