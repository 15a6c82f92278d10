#pragma once

#include <set>
#include <string>
#include <vector>

namespace hubmirror {

/// What the owner of a database runs for a daemon that may not create schemas: SQL for psql, with
/// comments. Names are as they are in the database, not quoted; `database` may be empty.
std::string PreparationSql(const std::string& database, const std::string& role,
                           const std::vector<std::string>& schemas,
                           const std::set<std::string>& readers);

}  // namespace hubmirror
