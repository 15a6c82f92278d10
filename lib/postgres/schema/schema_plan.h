#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/portal/portal_plan.h"
#include "model/store/schema_change.h"
#include "postgres/session/connection.h"

namespace hubmirror {

/// A change of the schema that is still to come.
struct PlannedChange {
  SchemaChange change;
  /// What others built that stands in its way, in words: `view reports.funnel`.
  std::vector<std::string> blocked_by;
};

/// The table of an object as it stands, nullopt when there is none. Reads only; throws
/// DatabaseError.
std::optional<MirrorTable> ReadStandingTable(Connection& connection, const std::string& schema,
                                             const ObjectType& object);

/// What SchemaWriter would change for `wanted`, and why it cannot where it cannot. Reads only;
/// throws DatabaseError.
std::vector<PlannedChange> PlanSchema(Connection& connection, const PortalPlan& plan,
                                      const MirrorTable& wanted);

}  // namespace hubmirror
