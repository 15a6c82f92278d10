#include "postgres/feed/webhook_inspection.h"

#include "postgres/feed/webhook_tables.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

Param NumberParam(std::optional<int64_t> number) {
  return number ? Param(std::to_string(*number)) : std::nullopt;
}

}  // namespace

std::optional<WebhookStanding> ReadWebhook(Connection& connection, const std::string& schema,
                                           const std::string& name) {
  const Rows rows = connection.Run("SELECT seq, state = 'stopped', reason FROM " +
                                       QuoteName(schema, "_webhook") + " WHERE name = $1",
                                   {name});
  if (rows.empty()) return std::nullopt;
  return WebhookStanding{
      .seq = rows.Int(0, 0), .stopped = rows.Bool(0, 1), .reason = std::string(rows.Text(0, 2))};
}

void StopWebhook(Connection& connection, const std::string& schema, const std::string& name) {
  connection.Run("UPDATE " + QuoteName(schema, "_webhook") +
                     " SET state = 'stopped', reason = 'it was stopped by hand' WHERE name = $1",
                 {name});
}

std::optional<int64_t> StartWebhook(Connection& connection, const std::string& schema,
                                    const std::string& name,
                                    const std::optional<std::optional<int64_t>>& to) {
  const std::string place =
      to ? QuoteName(schema, "_feed_place") + "($2)" : "coalesce($2::bigint, seq)";
  const Rows rows = connection.Run(
      "UPDATE " + QuoteName(schema, "_webhook") + " SET seq = " + place +
          ", state = 'on', reason = NULL, failures = 0, failing_since = NULL, refusals = 0,"
          " refused_since = NULL, dead_in_row = 0, moves = moves + 1 WHERE name = $1 AND" +
          (to ? std::string(" true")
              : " seq >= (SELECT dropped_to FROM " + QuoteName(schema, "_feed") + ")") +
          " RETURNING seq",
      {name, to ? NumberParam(*to) : std::nullopt});
  if (rows.empty()) return std::nullopt;
  return rows.Int(0, 0);
}

std::vector<DeadEntry> ReadDead(Connection& connection, const std::string& schema,
                                const std::string& webhook, std::optional<int64_t> seq) {
  const Rows rows =
      connection.Run("SELECT seq, attempts, status, reason, " + EpochOf("first_at") + ", " +
                         EpochOf("last_at") + " FROM " + QuoteName(schema, "webhook_dead") +
                         " WHERE webhook = $1 AND seq = coalesce($2, seq)"
                         " ORDER BY seq",
                     {webhook, NumberParam(seq)});
  std::vector<DeadEntry> dead;
  for (size_t i = 0; i < rows.size(); ++i) {
    dead.push_back({.seq = rows.Int(i, 0),
                    .attempts = static_cast<int>(rows.Int(i, 1)),
                    .status = static_cast<int>(rows.Int(i, 2)),
                    .reason = std::string(rows.Text(i, 3)),
                    .first_at = rows.Time(i, 4),
                    .last_at = rows.Time(i, 5)});
  }
  return dead;
}

int64_t DropDead(Connection& connection, const std::string& schema, const std::string& webhook,
                 std::optional<int64_t> seq) {
  return connection
      .Run("DELETE FROM " + QuoteName(schema, "webhook_dead") +
               " WHERE webhook = $1 AND seq = coalesce($2, seq)",
           {webhook, NumberParam(seq)})
      .affected();
}

std::optional<WebhookEntry> ReadWebhookEntry(Connection& connection, const std::string& schema,
                                             int64_t seq) {
  const Rows rows = ReadWebhookRows(connection, schema, seq - 1, 1);
  if (rows.empty()) return std::nullopt;
  WebhookEntry entry = WebhookEntryOf(rows, 0);
  if (entry.seq != seq) return std::nullopt;
  return entry;
}

}  // namespace hubmirror
