#pragma once

#include <chrono>
#include <map>
#include <string>

#include "bench_case.h"
#include "support/daemon_process.h"
#include "support/portal_process.h"
#include "support/temp_postgres.h"

namespace hubmirror::testing {

/// Processor time of a whole server so far: the postmaster, what its ended children used, and the
/// living ones.
double ServerCpuSeconds(const TempPostgres& database);
/// Processor time of this process's ended children.
double ChildrenCpuSeconds();

/// What daemon, server and portal use up from its making on. Owned by one thread.
class UsageMeter {
 public:
  UsageMeter(PortalProcess& portal, TempPostgres& database);

  /// `seconds`, processor seconds of each (`daemon_cpu server_cpu portal_cpu`), `wal_mb` and
  /// `peak_memory_mb`; after a checkpoint, which somebody has to pay for.
  Figures Stop(DaemonProcess& daemon, double daemon_cpu_before = 0);

 private:
  PortalProcess& portal_;
  TempPostgres& database_;
  const std::chrono::steady_clock::time_point began_;
  const double server_before_;
  const double portal_before_;
  const std::string wal_before_;
};

/// Requests of each kind since the statistics were reset (`list`, `search`, `batch read`, ...), and
/// `violations` of the portal's limits.
Figures RequestFigures(const PortalProcess& portal);

/// The defaults of docs/configuration.md instead of the second-long intervals that suit tests.
std::map<std::string, std::string> UsersDefaults();

/// A PostgreSQL as it is after installation, but for autovacuum, which wakes up by the clock and
/// would count for whom it meets.
TempPostgres::Options BenchServer();

}  // namespace hubmirror::testing
