#include "postgres/schema/preparation.h"

#include "postgres/schema/portal_schema.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {

std::string PreparationSql(const std::string& database, const std::string& role,
                           const std::vector<std::string>& schemas,
                           const std::set<std::string>& readers) {
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
           "select on every table and view\n";
  }
  return sql;
}

}  // namespace hubmirror
