#include "postgres/session/database_failure.h"

#include <doctest/doctest.h>

#include <string>

namespace hubmirror {
namespace {

TEST_CASE("database failure: whatever the server refuses, the message ends with what to do") {
  struct Row {
    const char* sqlstate;
    const char* step;
  };
  // The classes that operators meet: a lost or refused connection, lost races and locks, missing
  // rights, lack of resources, a server that stops or stands by, a user's trigger.
  const Row rows[] = {{"08006", "network"},
                      {"25006", "point database.dsn at the primary"},
                      {"28P01", "correct the password"},
                      {"28000", "the user of database.dsn"},
                      {"3D000", "create the database"},
                      {"40001", "tries again"},
                      {"40P01", "tries again"},
                      {"42501", "`hubmirror grants --print-sql`"},
                      {"53100", "free disk space"},
                      {"53200", "what it lacks"},
                      {"53300", "max_connections"},
                      {"55P03", "pg_blocking_pids()"},
                      {"57014", "statement_timeout"},
                      {"57P01", "the session was ended"},
                      {"57P02", "after a crash"},
                      {"57P03", "started or recovered"},
                      {"57P04", "create the database"},
                      {"57P05", "idle_session_timeout"},
                      {"58030", "check the disks"},
                      {"P0001", "trigger"},
                      {"XX001", "log of the database server"}};
  for (const Row& row : rows) {
    CAPTURE(row.sqlstate);
    const std::string message = StatementError(row.sqlstate, "ERROR:  told by the server").what();
    CHECK(message.starts_with("the database refused a statement: told by the server (" +
                              std::string(row.sqlstate) + "); "));
    CHECK(message.find(row.step) != std::string::npos);
  }
}

TEST_CASE("database failure: what may quote a value is told without it") {
  for (const char* sqlstate : {"22001", "23514"}) {
    const StatementError error(sqlstate, "ERROR:  value \"secret\" is too long");
    CHECK(std::string(error.what()).find("secret") == std::string::npos);
    CHECK(error.detail() == "value \"secret\" is too long");
  }
}

}  // namespace
}  // namespace hubmirror
