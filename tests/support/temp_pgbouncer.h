#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "support/process.h"
#include "support/temp_directory.h"
#include "support/temp_postgres.h"

namespace hubmirror::testing {

/// PgBouncer in transaction mode in front of a TempPostgres, reached by a socket of its own: every
/// transaction may meet another server connection. Runs as `postgres` when this is root. Failures
/// throw std::runtime_error. Owned by one thread.
class TempPgBouncer {
 public:
  /// Serves one database, as one role of the server, over at most `connections` of its connections.
  TempPgBouncer(const TempPostgres& server, const std::string& database, const std::string& role,
                int connections);

  /// Libpq connection string to that database.
  std::string Dsn() const;
  /// Another server behind the same name: transactions under way end on the old one, and no session
  /// of a client is lost.
  void MoveTo(const TempPostgres& server);

 private:
  std::string Console() const;
  /// Where PgBouncer looks for the server's socket: a link.
  std::filesystem::path server() const { return directory_.path() / "server"; }

  TempDirectory directory_{"pgbouncer"};
  const std::string database_;
  const std::string role_;
  std::unique_ptr<Process> process_;
};

}  // namespace hubmirror::testing
