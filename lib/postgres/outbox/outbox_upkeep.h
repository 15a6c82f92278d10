#pragma once

#include <memory>
#include <string>
#include <utility>

#include "postgres/schema/portal_schema.h"
#include "postgres/session/connection_pool.h"

namespace hubmirror {

/// Lets go of what `outbox` and its log need no longer keep, and makes the partitions of the coming
/// days (rule W24). It never takes the lock of `_owner`, so that no commit of the mirror waits for
/// it. Thread-safe: holds only what never changes; `schema` outlives it.
class OutboxUpkeep {
 public:
  OutboxUpkeep(std::shared_ptr<ConnectionPool> pool, const PortalSchema& schema)
      : pool_(std::move(pool)), schema_(schema) {}

  /// Blocks; throws DatabaseError. What somebody is in the way of is left for the next time.
  void Keep() const;

 private:
  void LetGo() const;
  void ForgetErased() const;
  void DropRows() const;
  void KeepLog() const;

  const std::shared_ptr<ConnectionPool> pool_;
  const PortalSchema& schema_;
};

}  // namespace hubmirror
