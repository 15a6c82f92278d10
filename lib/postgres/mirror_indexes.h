#pragma once

#include <string>
#include <vector>

#include "model/portal_plan.h"
#include "model/schema_change.h"
#include "postgres/connection.h"

namespace hubmirror {

/// The properties of an object that the configuration names in `indexes`.
std::vector<std::string> IndexedProperties(const PortalPlan& plan, const std::string& object);

/// The indexes to make and to drop, so that the table has those on `asked` and no others of ours.
/// A property in `_overflow` gets none; indexes that somebody else made do not count.
std::vector<SchemaChange> CompareIndexes(Connection& connection, const std::string& schema,
                                         const std::string& object,
                                         const std::vector<std::string>& asked,
                                         const std::vector<MirrorColumn>& columns);

/// The statements that carry out one of these changes.
std::string IndexSql(const std::string& schema, const std::string& object,
                     const SchemaChange& change);

}  // namespace hubmirror
