#pragma once

#include <string>
#include <vector>

#include "model/portal/portal_plan.h"
#include "model/store/index_key.h"
#include "model/store/schema_change.h"
#include "postgres/session/connection.h"

namespace hubmirror {

/// What the configuration names in `indexes` of an object.
std::vector<IndexKey> AskedIndexes(const PortalPlan& plan, const std::string& object);

/// An index to make or to drop, and the statements that do.
struct IndexChange {
  SchemaChange change;
  std::string sql;
};

/// The indexes to make and to drop, so that the table has the built-in ones (`_synced_at`, e-mail
/// of contacts), those on `asked` and no others of ours; a table that is yet to be made is made
/// with the built-in ones, which are then no changes. There is none on a property in `_overflow`,
/// none on lower() of what is no text, no second one on columns that have theirs from the
/// beginning. Indexes that others made do not count, but keep their names.
std::vector<IndexChange> CompareIndexes(Connection& connection, const std::string& schema,
                                        const std::string& object,
                                        const std::vector<IndexKey>& asked,
                                        const std::vector<MirrorColumn>& columns);

}  // namespace hubmirror
