#include <doctest/doctest.h>

#include "daemon/doctor.h"
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

}  // namespace
}  // namespace hubmirror::testing
