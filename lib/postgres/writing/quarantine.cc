#include "postgres/writing/quarantine.h"

#include "postgres/schema/portal_schema.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

/// Runs `before`, the table, the filter's conditions, `after`.
Rows AskQuarantine(Connection& connection, const std::string& schema,
                   const QuarantineFilter& filter, const std::string& before,
                   const std::string& after) {
  Params params;
  std::string where = " WHERE true";
  if (filter.object) {
    params.emplace_back(*filter.object);
    where += " AND object IN ($" + std::to_string(params.size());
    params.emplace_back(PortalSchema::HistoryName(*filter.object));
    where += ", $" + std::to_string(params.size()) + ")";
  }
  if (filter.id) {
    params.emplace_back(std::to_string(filter.id->value));
    where += " AND id = $" + std::to_string(params.size());
  }
  return connection.Run(before + QuoteName(schema, "_quarantine") + where + after, params);
}

}  // namespace

std::vector<QuarantinedRecord> ListQuarantine(Connection& connection, const std::string& schema,
                                              const QuarantineFilter& filter) {
  const Rows rows =
      AskQuarantine(connection, schema, filter,
                    "SELECT object, id, sqlstate, reason, to_char(added_at AT TIME ZONE 'UTC',"
                    " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), attempts FROM ",
                    " ORDER BY object, id");
  std::vector<QuarantinedRecord> records;
  for (size_t i = 0; i < rows.size(); ++i) {
    records.push_back({.object = std::string(rows.Text(i, 0)),
                       .id = RecordId{rows.Int(i, 1)},
                       .sqlstate = std::string(rows.Text(i, 2)),
                       .reason = std::string(rows.Text(i, 3)),
                       .added_at = std::string(rows.Text(i, 4)),
                       .attempts = rows.Int(i, 5)});
  }
  return records;
}

std::optional<QuarantinedBody> FindQuarantined(Connection& connection, const std::string& schema,
                                               const QuarantineFilter& filter) {
  const Rows rows = AskQuarantine(connection, schema, filter,
                                  "SELECT sqlstate, reason, jsonb_pretty(record) FROM ",
                                  " ORDER BY object LIMIT 1");
  if (rows.empty()) return std::nullopt;
  return QuarantinedBody{.sqlstate = std::string(rows.Text(0, 0)),
                         .reason = std::string(rows.Text(0, 1)),
                         .record = std::string(rows.Text(0, 2))};
}

int64_t DropQuarantined(Connection& connection, const std::string& schema,
                        const QuarantineFilter& filter) {
  return AskQuarantine(connection, schema, filter, "DELETE FROM ", "").affected();
}

}  // namespace hubmirror
