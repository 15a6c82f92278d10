#include "postgres/schema/preparation.h"

#include <algorithm>

#include "postgres/schema/portal_schema.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {

std::vector<std::string> ConsumersOf(const PortalPlan& plan) {
  return plan.feed.enabled ? plan.feed.roles : std::vector<std::string>{};
}

std::vector<std::string> WritersOf(const PortalPlan& plan) {
  return plan.write.enabled ? plan.write.writers : std::vector<std::string>{};
}

std::vector<std::string> KnownRoles(const PortalPlan& plan) {
  std::vector<std::string> roles = plan.readers;
  for (const auto& others : {ConsumersOf(plan), WritersOf(plan)}) {
    for (const std::string& role : others) {
      if (std::ranges::find(roles, role) == roles.end()) roles.push_back(role);
    }
  }
  return roles;
}

std::string PreparationSql(const std::string& database, const std::string& role,
                           const std::vector<std::string>& schemas,
                           const std::set<std::string>& readers,
                           const std::set<std::string>& consumers,
                           const std::set<std::string>& writers) {
  const std::string ours = QuoteName(role);
  std::string sql = "-- Run as the owner of the database" +
                    (database.empty() ? "" : " " + QuoteName(database)) + ".\n";
  sql +=
      "-- CREATE ROLE " + ours +
      " LOGIN;  -- if it does not exist yet; with a PASSWORD unless it uses peer authentication\n";
  sql += "CREATE SCHEMA IF NOT EXISTS " + std::string(kCommonSchema) + " AUTHORIZATION " + ours +
         ";\n";
  for (const std::string& schema : schemas) {
    sql += "CREATE SCHEMA IF NOT EXISTS " + QuoteName(schema) + " AUTHORIZATION " + ours + ";\n";
  }
  for (const std::string& reader : readers) {
    sql += "-- CREATE ROLE " + QuoteName(reader) +
           " NOLOGIN;  -- a reader: the daemon grants it "
           "select on the mirror's tables and views\n";
  }
  for (const std::string& consumer : consumers) {
    if (readers.contains(consumer)) continue;
    sql += "-- CREATE ROLE " + QuoteName(consumer) +
           " LOGIN;  -- a consumer: the daemon grants it "
           "the change feed and its functions\n";
  }
  for (const std::string& writer : writers) {
    if (readers.contains(writer) || consumers.contains(writer)) continue;
    sql += "-- CREATE ROLE " + QuoteName(writer) +
           " LOGIN;  -- a writer: the daemon grants it "
           "the table outbox, its functions and its views\n";
  }
  return sql;
}

}  // namespace hubmirror
