#include "postgres/schema/status_view.h"

#include <vector>

#include "model/store/row_sink.h"
#include "postgres/schema/comments.h"
#include "postgres/schema/descriptions.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

// Any number, but the same in all daemons.
constexpr const char* kLayoutLock = "7305801264190217";

std::string StatusOf(const std::string& portal, const std::string& schema) {
  // Of the rows whose object is one of `of`; `which` tells some of them.
  const auto count = [&](const char* table, const char* of, const std::string& which = "") {
    return "(SELECT count(*) FROM " + QuoteName(schema, table) + " x WHERE x.object IN (" + of +
           ")" + which + ")";
  };
  const std::string unproved = QuoteLiteral(std::string(NameOf(PendingCause::kUnproved)));
  // A job has one row of an object. The view has an arm for every portal, and all of them are
  // planned whenever it is read: joining the table to itself would cost more than reading it.
  const auto of = [](const char* job, const char* column) {
    return std::string("max(s.") + column + ") FILTER (WHERE s.job = '" + job + "')";
  };
  const std::string swept = of("sweep", "last_complete_at");
  // Until the list was walked once, following its changes proves nothing about the table.
  return "SELECT " + QuoteLiteral(portal) + "::text AS portal, s.object, " + of("stream", "state") +
         " AS state, " + of("stream", "reason") + " AS reason, CASE WHEN " + swept +
         " IS NOT NULL THEN " + of("changes", "verified_until") + " END AS verified_until, " +
         swept + " AS last_sweep_at, " + of("archived", "last_complete_at") +
         " AS last_archived_at, " + count("_pending", "s.object", " AND x.cause <> " + unproved) +
         " AS pending, " + count("_quarantine", "s.object, s.object || '_history'") +
         " AS quarantined, " + of("stream", "rows_done") + " AS rows, " +
         of("links", "last_complete_at") + " AS last_links_at, " +
         count("_pending", "s.object", " AND x.cause = " + unproved) + " AS unproved FROM " +
         QuoteName(schema, "_stream_state") +
         " s GROUP BY s.object HAVING bool_or(s.job = 'stream')";
}

}  // namespace

void LockLayouts(Connection& connection) {
  connection.Run("SELECT pg_advisory_xact_lock(" + std::string(kLayoutLock) + ")");
}

bool TryLockLayouts(Connection& connection) {
  return connection.Run("SELECT pg_try_advisory_xact_lock(" + std::string(kLayoutLock) + ")")
      .Bool(0, 0);
}

void RebuildStatus(Connection& connection) {
  const Rows rows =
      connection.Run("SELECT portal, schema_name FROM " + QuoteName(kCommonSchema, "portals") +
                     " WHERE to_regclass(quote_ident(schema_name) ||"
                     " '._stream_state') IS NOT NULL ORDER BY portal, schema_name");
  const std::string view = QuoteName(kCommonSchema, "status");
  if (rows.empty()) {
    connection.Run("DROP VIEW IF EXISTS " + view);
    return;
  }
  std::vector<std::string> parts;
  for (size_t i = 0; i < rows.size(); ++i) {
    parts.push_back(StatusOf(std::string(rows.Text(i, 0)), std::string(rows.Text(i, 1))));
  }
  connection.Run("CREATE OR REPLACE VIEW " + view + " AS " + Join(parts, " UNION ALL "));
  connection.Run("UPDATE " + QuoteName(kCommonSchema, "portals") +
                 " SET waits_since = NULL WHERE waits_since IS NOT NULL");
  WriteComments(connection, kCommonSchema, {DescribeStatus()});
}

}  // namespace hubmirror
