#include "postgres/feed/webhook_tables.h"

#include <algorithm>

#include "model/source/crash_point.h"
#include "postgres/session/sql_text.h"
#include "postgres/session/transaction.h"

namespace hubmirror {
namespace {

// What one look brings into memory, but for a single entry that is larger.
constexpr int64_t kMostBytesRead = int64_t{4} << 20;

std::string Rfc3339Of(const std::string& column) {
  return "to_char(" + column + R"( AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))";
}

Rows StandingOf(Transaction& transaction, const std::string& schema, const std::string& instance,
                const std::string& name) {
  return transaction.Run(
      "SELECT o.instance IS NOT DISTINCT FROM $2, w.name IS NOT NULL, " +
          EpochOf("clock_timestamp()") +
          ", p.feed_claim, w.seq, w.state = 'stopped', w.reason, w.failures, " +
          EpochOf("w.failing_since") + ", w.refusals, " + EpochOf("w.refused_since") +
          ", w.dead_in_row, " + EpochOf("w.delivered_at") + ", w.moves FROM " +
          QuoteName(schema, "_portal") + " p LEFT JOIN " + QuoteName(schema, "_owner") +
          " o ON true LEFT JOIN " + QuoteName(schema, "_webhook") + " w ON w.name = $1",
      {name, instance});
}

void Begin(Transaction& transaction, const std::string& schema, const std::string& name) {
  transaction.Run("INSERT INTO " + QuoteName(schema, "_webhook") + " (name, seq) SELECT $1, " +
                      QuoteName(schema, "_feed_now") + "() ON CONFLICT DO NOTHING",
                  {name});
}

WebhookStanding ReadStanding(const Rows& rows) {
  return {.seq = rows.Int(0, 4),
          .stopped = rows.Bool(0, 5),
          .reason = std::string(rows.Text(0, 6)),
          .failures = static_cast<int>(rows.Int(0, 7)),
          .failing_since = rows.Time(0, 8),
          .refusals = static_cast<int>(rows.Int(0, 9)),
          .refused_since = rows.Time(0, 10),
          .dead_in_row = static_cast<int>(rows.Int(0, 11)),
          .delivered_at = rows.Time(0, 12),
          .moves = rows.Int(0, 13)};
}

void ReadEntries(Transaction& transaction, const std::string& schema, int64_t above, int64_t most,
                 WebhookLook& look) {
  const Rows rows = ReadWebhookRows(transaction.connection(), schema, above, most);
  for (size_t i = 0; i < rows.size(); ++i) look.entries.push_back(WebhookEntryOf(rows, i));
  const int64_t found = rows.empty() ? 0 : rows.Int(0, 12);
  look.more = found == most || found > static_cast<int64_t>(rows.size());
}

}  // namespace

Rows ReadWebhookRows(Connection& connection, const std::string& schema, int64_t above,
                     int64_t most) {
  return connection.Run(
      "SELECT seq, " + Rfc3339Of("at") + ", object, id, op, pipeline, " + Rfc3339Of("changed_at") +
          ", before, after, to_object, to_id, origin, found FROM (SELECT c.*,"
          " sum(coalesce(octet_length(before), 0) + coalesce(octet_length(after), 0))"
          " OVER (ORDER BY seq) AS bytes, row_number() OVER (ORDER BY seq) AS place,"
          " count(*) OVER () AS found FROM (SELECT seq, at, object, id, op, pipeline, changed_at,"
          " before::text, after::text, to_object, to_id, origin FROM " +
          QuoteName(schema, "changes") +
          " WHERE seq > $1 ORDER BY seq LIMIT $2) c) e WHERE place = 1 OR bytes <= $3 ORDER BY seq",
      {std::to_string(above), std::to_string(most), std::to_string(kMostBytesRead)});
}

WebhookEntry WebhookEntryOf(const Rows& rows, size_t row) {
  const auto text = [&](size_t column) { return std::string(rows.Text(row, column)); };
  return {.seq = rows.Int(row, 0),
          .at = text(1),
          .object = text(2),
          .id = text(3),
          .op = text(4),
          .pipeline = text(5),
          .changed_at = text(6),
          .before = text(7),
          .after = text(8),
          .to_object = text(9),
          .to_id = text(10),
          .origin = text(11)};
}

WebhookLook WebhookTables::Look(const std::string& name, int64_t above, int64_t most) {
  Transaction transaction(*pool_);
  WebhookLook look;
  Rows rows = StandingOf(transaction, schema_, instance_, name);
  if (rows.empty() || !rows.Bool(0, 0)) {
    transaction.Commit();
    return look;
  }
  if (!rows.Bool(0, 1)) {
    Begin(transaction, schema_, name);
    rows = StandingOf(transaction, schema_, instance_, name);
  }
  look.ours = true;
  look.now = *rows.Time(0, 2);
  look.epoch = rows.IsNull(0, 3) ? 0 : rows.Int(0, 3);
  look.standing = ReadStanding(rows);
  const int64_t from = std::max(above, look.standing.seq);
  if (!look.standing.stopped) ReadEntries(transaction, schema_, from, most, look);
  // After the entries: what went before they were read shows here.
  const int64_t dropped_to =
      transaction.Run("SELECT dropped_to FROM " + QuoteName(schema_, "_feed")).Int(0, 0);
  look.lost = from < dropped_to;
  transaction.Commit();
  return look;
}

void WebhookTables::Note(const std::string& name, const WebhookStanding& standing,
                         const std::optional<DeadEntry>& dead) {
  Transaction transaction(*pool_);
  transaction.Run(
      "UPDATE " + QuoteName(schema_, "_webhook") +
          " SET seq = greatest(seq, $2::bigint), reason = CASE WHEN state = 'stopped' THEN reason"
          " ELSE $4 END, state = CASE WHEN $3::boolean THEN 'stopped' ELSE state END,"
          " failures = $5, failing_since = $6, refusals = $7, refused_since = $8,"
          " dead_in_row = $9, delivered_at = greatest(delivered_at, $10) WHERE name = $1"
          " AND moves = $11",
      {name, std::to_string(standing.seq), std::string(standing.stopped ? "true" : "false"),
       TextParam(standing.reason), std::to_string(standing.failures),
       TimeParam(standing.failing_since), std::to_string(standing.refusals),
       TimeParam(standing.refused_since), std::to_string(standing.dead_in_row),
       TimeParam(standing.delivered_at), std::to_string(standing.moves)});
  if (dead) {
    transaction.Run("INSERT INTO " + QuoteName(schema_, "webhook_dead") +
                        " AS d (webhook, seq, attempts, status, reason, first_at, last_at) VALUES"
                        " ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (webhook, seq) DO UPDATE SET"
                        " attempts = d.attempts + excluded.attempts, status = excluded.status,"
                        " reason = excluded.reason, last_at = excluded.last_at",
                    {name, std::to_string(dead->seq), std::to_string(dead->attempts),
                     std::to_string(dead->status), TextParam(dead->reason),
                     TimeParam(dead->first_at), TimeParam(dead->last_at)});
  }
  transaction.Commit();
  Reach(CrashPoint::kWebhookNoted);
}

std::vector<FeedWebhook> ReadWebhooks(Connection& connection, const std::string& schema,
                                      int64_t dropped_to) {
  const Rows rows = connection.Run(
      "SELECT w.name, w.seq, w.state = 'stopped', w.seq < $1, w.failures + w.refusals > 0, "
      "w.reason,"
      " (SELECT " +
          EpochOf("c.at") + " FROM " + QuoteName(schema, "changes") +
          " c WHERE c.seq > w.seq ORDER BY seq LIMIT 1), " + EpochOf("w.delivered_at") +
          ", (SELECT count(*) FROM " + QuoteName(schema, "webhook_dead") +
          " d WHERE d.webhook = w.name) FROM " + QuoteName(schema, "_webhook") +
          " w ORDER BY w.name",
      {std::to_string(dropped_to)});
  std::vector<FeedWebhook> webhooks;
  for (size_t i = 0; i < rows.size(); ++i) {
    webhooks.push_back({.name = std::string(rows.Text(i, 0)),
                        .seq = rows.Int(i, 1),
                        .stopped = rows.Bool(i, 2),
                        .lost = rows.Bool(i, 3),
                        .failing = rows.Bool(i, 4),
                        .reason = std::string(rows.Text(i, 5)),
                        .waits_since = rows.Time(i, 6),
                        .delivered_at = rows.Time(i, 7),
                        .dead = rows.Int(i, 8)});
  }
  return webhooks;
}

void KeepOnlyWebhooks(Connection& connection, const std::string& schema,
                      const std::vector<std::string>& names) {
  connection.Run("DELETE FROM " + QuoteName(schema, "_webhook") + " WHERE name <> ALL ($1::text[])",
                 {NameArray(names)});
  connection.Run(
      "DELETE FROM " + QuoteName(schema, "webhook_dead") + " WHERE webhook <> ALL ($1::text[])",
      {NameArray(names)});
}

}  // namespace hubmirror
