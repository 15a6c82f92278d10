#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "model/source/crash_point.h"
#include "world.h"

namespace hubmirror::testing {

/// Whether a process is held by SIGSTOP.
bool IsStopped(pid_t pid);

/// A world whose daemon dies, or is stopped, where it is told to. Owned by one thread.
class CrashWorld {
 public:
  /// `feed`: as in the configuration; empty: there is none.
  explicit CrashWorld(uint64_t seed, TempPostgres::Options database = {},
                      const std::string& feed = "");

  World& world() { return world_; }

  /// Everything is as before the first start: no schema, no token.
  void Forget();
  /// Starts the daemon, which is to die when it comes to `point` for the `time`th time, and lets
  /// people use the portal. Whether it did within `limit`; it is dead afterwards in any case.
  bool DieAt(const NamedCrashPoint& point, int time, std::chrono::milliseconds limit);
  /// The same, but there it is held while PostgreSQL crashes and comes back; it goes on then.
  bool CrashDatabaseAt(const NamedCrashPoint& point, int time, std::chrono::milliseconds limit);
  /// Starts the daemon, or leaves it running, and compares when all is quiet.
  void ExpectEqual();

 private:
  void Launch(const NamedCrashPoint& point, int time, const std::string& how);
  /// A property is new, and some records change. None has a value of it at once: of a record that
  /// is merged before its value was read nobody would ever learn it.
  void UsePortal();

  World world_;
  int properties_ = 0;
};

}  // namespace hubmirror::testing
