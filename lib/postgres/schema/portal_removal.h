#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "postgres/session/connection.h"

namespace hubmirror {

/// What a portal's mirror is in the database, and what hangs on it.
struct PortalRemains {
  PortalKey portal;
  PortalId portal_id;
  std::string schema;
  int64_t relations = 0;  ///< tables and views
  int64_t rows = 0;       ///< live records
  int64_t bytes = 0;      ///< on disk, indexes too
  std::string owner;      ///< the daemon that mirrors it, or did
  bool live = false;      ///< that daemon was heard within the last minute
  /// What others built on it outside the schema, in words: `view reports.funnel`.
  std::vector<std::string> dependents;
};

/// Looks a portal up by its key, else by the schema that the configuration has for it (which may be
/// empty); nullopt: this database has no mirror of it. Reads only; throws DatabaseError.
std::optional<PortalRemains> FindRemains(Connection& connection, const PortalKey& portal,
                                         const std::string& schema);

/// Drops the schema and takes the portal out of the views over all portals, in one transaction.
/// Refuses, by DatabaseError kPassive, while a daemon mirrors it. What others built on it goes with
/// it only with `cascade`; otherwise PostgreSQL refuses (2BP01) and nothing is changed. No lock is
/// waited for longer than `patience` (55P03 then).
void RemovePortal(Connection& connection, const PortalRemains& remains, bool cascade,
                  std::chrono::milliseconds patience = std::chrono::seconds(5));

}  // namespace hubmirror
