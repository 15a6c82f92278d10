#pragma once

#include <string>

#include "support/daemon_process.h"
#include "support/mirror_check.h"
#include "support/portal_process.h"
#include "support/temp_postgres.h"

namespace hubmirror::testing {

/// A portal, a PostgreSQL and a daemon between them, all of this test alone. The daemon's role may
/// create schemas in one database and nothing else. Owned by one thread.
class World {
 public:
  /// `settings` gets the address of the portal and of the database here. Starts no daemon yet.
  explicit World(const PortalOptions& portal = {}, DaemonSettings settings = {},
                 TempPostgres::Options database = {});

  PortalProcess portal;
  TempPostgres database;
  DaemonProcess daemon;
  MirrorCheck mirror;

  /// Runs SQL in the mirror's database as superuser; the first value as text.
  std::string Sql(const std::string& sql) const;
  std::string AdminDsn() const { return database.Dsn("postgres", kDatabase); }

  /// Starts the daemon and waits for its first load.
  void Load(std::chrono::milliseconds limit = std::chrono::minutes{3});
  /// Settles and compares; fails the test with the first differences when there are any, when a
  /// limit of the portal was exceeded or when it was asked what it does not have.
  void ExpectEqual(std::chrono::seconds settle_limit = std::chrono::seconds{180});
  /// The same without settling.
  void ExpectNoDifferences();

  static constexpr const char* kDatabase = "crm";
  static constexpr const char* kRole = "mirror";
};

/// The value of an environment variable as a number, `otherwise` when it is not set.
int64_t FromEnvironment(const char* name, int64_t otherwise);

}  // namespace hubmirror::testing
