#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/portal/portal_plan.h"

namespace hubmirror {

/// The roles that may read the change feed as consumers: `feed.roles`, where it is on.
std::vector<std::string> ConsumersOf(const PortalPlan& plan);
/// The roles that may put rows into `outbox`: `write.writers`, where writing is on.
std::vector<std::string> WritersOf(const PortalPlan& plan);
/// All roles that the plan grants something to, each once.
std::vector<std::string> KnownRoles(const PortalPlan& plan);

/// What the owner of a database runs for a daemon that may not create schemas: SQL for psql, with
/// comments. Names are as they are in the database, not quoted; `database` may be empty.
std::string PreparationSql(const std::string& database, const std::string& role,
                           const std::vector<std::string>& schemas,
                           const std::set<std::string>& readers,
                           const std::set<std::string>& consumers = {},
                           const std::set<std::string>& writers = {});

}  // namespace hubmirror
