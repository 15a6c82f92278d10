#include "postgres/outbox/outbox_inspection.h"

#include <algorithm>
#include <map>

#include "postgres/outbox/outbox_loops.h"
#include "postgres/schema/live_view.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

/// Some tens of milliseconds' work: each piece is a transaction, so none holds its rows for long.
constexpr int64_t kRetriedAtOnce = 1000;
constexpr int64_t kUnmarkedAtOnce = 10'000;

std::string UtcOf(const std::string& time) {
  return "to_char(" + time + " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";
}

std::string LineColumns() {
  return "o.id, " + UtcOf("o.created_at") +
         ", o.object, o.op, o.record_id, o.state, o.reason, o.message, o.key, o.result_id";
}

OutboxLine LineAt(const Rows& rows, size_t row) {
  const auto text = [&](size_t column) { return std::string(rows.Text(row, column)); };
  return {.id = rows.Int(row, 0),
          .created_at = text(1),
          .object = text(2),
          .op = text(3),
          .record = text(4),
          .state = text(5),
          .reason = text(6),
          .message = text(7),
          .key = text(8),
          .result = text(9)};
}

/// Rows say no longer that they are held; where something else still holds them, the daemon marks
/// them again.
void Unmark(Connection& connection, const std::string& schema,
            const std::optional<std::string>& object) {
  const std::string outbox = QuoteName(schema, "outbox");
  std::string above = "-1";
  for (;;) {
    const Rows rows = connection.Run(
        "WITH due AS MATERIALIZED (SELECT o.id, o.turn FROM " + outbox +
            " o WHERE o.state = 'queued' AND ($1::text IS NULL OR o.object = $1)"
            " AND o.reason IN ('held', 'paused') AND o.turn > $2 ORDER BY o.turn LIMIT $3"
            " FOR NO KEY UPDATE SKIP LOCKED), freed AS (UPDATE " +
            outbox +
            " SET reason = NULL WHERE id IN (SELECT id FROM due)) SELECT max(turn), count(*)"
            " FROM due",
        {object, above, std::to_string(kUnmarkedAtOnce)});
    if (rows.Int(0, 1) < kUnmarkedAtOnce) return;
    above = rows.Text(0, 0);
  }
}

}  // namespace

bool HasOutbox(Connection& connection, const std::string& schema) {
  return connection.Run("SELECT to_regclass($1) IS NOT NULL", {QuoteName(schema, "outbox")})
      .Bool(0, 0);
}

std::vector<OutboxCount> CountOutbox(Connection& connection, const std::string& schema) {
  const std::string outbox = QuoteName(schema, "outbox");
  const auto of = [&](const std::string& states, const std::string& since) {
    return "SELECT o.object, o.state, o.reason, " + since + " AS since FROM " + outbox +
           " o WHERE o.state " + states;
  };
  // Each part has an index that holds no other rows.
  const Rows rows = connection.Run(
      "SELECT c.object, c.state, coalesce(c.reason, ''), count(*), " + EpochOf("min(c.since)") +
      " FROM (" +
      of("= 'queued'",
         "CASE WHEN o.attempts > 0 OR o.not_before IS NULL THEN coalesce(o.retried_at,"
         " o.created_at) ELSE greatest(o.retried_at, o.created_at, o.not_before) END") +
      " UNION ALL " +
      of("IN ('sending', 'written', 'unknown')", "coalesce(o.retried_at, o.created_at)") +
      " UNION ALL " +
      of("IN ('conflict', 'failed', 'rejected')", "coalesce(o.retried_at, o.created_at)") +
      ") c GROUP BY 1, 2, 3 ORDER BY 1, 2, 3");
  std::vector<OutboxCount> counts;
  for (size_t i = 0; i < rows.size(); ++i) {
    counts.push_back({.object = std::string(rows.Text(i, 0)),
                      .state = std::string(rows.Text(i, 1)),
                      .reason = std::string(rows.Text(i, 2)),
                      .rows = rows.Int(i, 3),
                      .oldest = rows.Time(i, 4)});
  }
  return counts;
}

std::vector<OutboxHold> ReadOutboxHolds(Connection& connection, const std::string& schema) {
  const Rows rows =
      connection.Run("SELECT object, reason, message, " + UtcOf("since") + " FROM " +
                     QuoteName(schema, "_write_state") + " ORDER BY since, object, reason");
  std::vector<OutboxHold> holds;
  for (size_t i = 0; i < rows.size(); ++i) {
    holds.push_back({.object = std::string(rows.Text(i, 0)),
                     .reason = std::string(rows.Text(i, 1)),
                     .message = std::string(rows.Text(i, 2)),
                     .since = std::string(rows.Text(i, 3))});
  }
  return holds;
}

std::vector<std::string> WithoutWriteView(Connection& connection, const std::string& schema,
                                          const std::vector<std::string>& objects) {
  std::vector<std::string> names;
  names.reserve(objects.size());
  for (const std::string& object : objects) names.push_back(WriteViewName(object));
  const Rows rows = connection.Run(
      "SELECT o.object FROM unnest($2::text[], $3::text[]) WITH ORDINALITY o(object, view, place)"
      " JOIN pg_class c ON c.relname = o.view JOIN pg_namespace n ON n.oid = c.relnamespace"
      " WHERE n.nspname = $1 AND NOT (c.relkind = 'v' AND"
      " coalesce(obj_description(c.oid, 'pg_class'), '') = ANY ($4::text[])) ORDER BY o.place",
      {schema, NameArray(objects), NameArray(names), NameArray({kWriteView, kStaleWriteView})});
  std::vector<std::string> without;
  for (size_t i = 0; i < rows.size(); ++i) without.emplace_back(rows.Text(i, 0));
  return without;
}

WriteStatus WriteStatusOf(const std::vector<std::string>& objects,
                          const std::vector<OutboxCount>& counts,
                          const std::vector<OutboxHold>& holds) {
  std::map<std::string, ObjectWriteStatus> by_object;
  for (const std::string& object : objects) by_object[object];
  for (const OutboxCount& count : counts) {
    const bool open = std::ranges::find(kOpenWriteStates, count.state) != kOpenWriteStates.end();
    if (!open) continue;
    ObjectWriteStatus& status = by_object[count.object];
    status.rows[count.state] += count.rows;
    if (count.state == "unknown" && count.reason == "doubt") status.doubt += count.rows;
    if (count.state != "queued") continue;
    if (count.reason == "blocked") status.blocked += count.rows;
    if (count.reason == "loop") status.loops += count.rows;
    const bool waits_for_its_time = count.reason == "not_before";
    const bool held = count.reason == "held" || count.reason == "paused" || count.reason == "loop";
    // What waits for others is as late as these are; some of them wait for a person.
    const bool behind = count.reason == "order" && status.loops > 0;
    if (waits_for_its_time || held || behind || !count.oldest) continue;
    status.oldest_queued_at =
        std::min(status.oldest_queued_at.value_or(*count.oldest), *count.oldest);
  }
  WriteStatus status;
  for (auto& [object, one] : by_object) {
    one.object = object;
    for (const OutboxHold& hold : holds) {
      if (!hold.object.empty() && hold.object != object) continue;
      one.holds.push_back({.reason = hold.reason, .message = hold.message});
    }
    status.objects.push_back(std::move(one));
  }
  return status;
}

std::vector<OutboxLine> ReadOutbox(Connection& connection, const std::string& schema,
                                   const OutboxFilter& filter, int64_t limit) {
  const Rows rows = connection.Run(
      "SELECT l.* FROM (SELECT " + LineColumns() + " FROM " + QuoteName(schema, "outbox") +
          " o WHERE ($1::text IS NULL OR o.object = $1) AND ($2::text IS NULL OR o.state = $2)"
          " ORDER BY o.id DESC LIMIT $3) l ORDER BY l.id",
      {filter.object, filter.state, std::to_string(limit)});
  std::vector<OutboxLine> lines;
  for (size_t i = 0; i < rows.size(); ++i) lines.push_back(LineAt(rows, i));
  return lines;
}

std::optional<OutboxLine> ReadOutboxLine(Connection& connection, const std::string& schema,
                                         int64_t id) {
  const Rows rows = connection.Run(
      "SELECT " + LineColumns() + " FROM " + QuoteName(schema, "outbox") + " o WHERE o.id = $1",
      {std::to_string(id)});
  if (rows.empty()) return std::nullopt;
  return LineAt(rows, 0);
}

std::optional<OutboxStory> ReadOutboxStory(Connection& connection, const std::string& schema,
                                           int64_t id) {
  const Params row = {std::to_string(id)};
  const Rows columns = connection.Run(
      "SELECT c.key, c.value FROM " + QuoteName(schema, "outbox") +
          " o, jsonb_each_text(jsonb_strip_nulls(to_jsonb(o))) WITH ORDINALITY c(key, value, n)"
          " WHERE o.id = $1 ORDER BY array_position(ARRAY['id', 'key', 'object', 'op',"
          " 'record_id', 'state', 'reason', 'message'], c.key), c.n",
      row);
  if (columns.empty()) return std::nullopt;
  OutboxStory story;
  for (size_t i = 0; i < columns.size(); ++i) {
    story.columns.emplace_back(columns.Text(i, 0), columns.Text(i, 1));
  }
  const std::string log = " FROM " + QuoteName(schema, "outbox_log") + " l WHERE l.outbox_id = $1";
  const Rows events = connection.Run(
      "SELECT " + UtcOf("l.at") +
          ", concat_ws(' ', l.event, l.category, 'HTTP ' || l.http_status, 'by ' || l.by,"
          " 'before ' || l.before::text, 'sent ' || l.sent::text)" +
          log + " ORDER BY l.at",
      row);
  for (size_t i = 0; i < events.size(); ++i) {
    story.events.push_back({std::string(events.Text(i, 0)), std::string(events.Text(i, 1))});
  }
  const Rows json = connection.Run(
      "SELECT jsonb_pretty(jsonb_build_object('row', to_jsonb(o), 'log', coalesce((SELECT "
      "jsonb_agg(to_jsonb(l) ORDER BY l.at)" +
          log + "), '[]'))) FROM " + QuoteName(schema, "outbox") + " o WHERE o.id = $1",
      row);
  if (json.empty()) return std::nullopt;
  story.json = json.Text(0, 0);
  return story;
}

bool RetryOutbox(Connection& connection, const std::string& schema, int64_t id,
                 const std::string& on_conflict) {
  return connection
      .Run("SELECT " + QuoteName(schema, "outbox_retry") + "($1, nullif($2, ''))",
           {std::to_string(id), on_conflict})
      .Bool(0, 0);
}

bool ResolveOutbox(Connection& connection, const std::string& schema, int64_t id,
                   std::optional<int64_t> created) {
  return connection
      .Run("SELECT " + QuoteName(schema, "outbox_resolve") + "($1, $2)",
           {std::to_string(id), created ? Param(std::to_string(*created)) : Param()})
      .Bool(0, 0);
}

bool CancelOutbox(Connection& connection, const std::string& schema, int64_t id) {
  return connection
      .Run("SELECT " + QuoteName(schema, "outbox_cancel") + "($1)", {std::to_string(id)})
      .Bool(0, 0);
}

int64_t RetryOutboxRows(Connection& connection, const std::string& schema,
                        const OutboxFilter& filter, const std::string& on_conflict) {
  // A row that fails again meanwhile was tried again after this, and is left.
  const std::string begun(connection.Run("SELECT clock_timestamp()::text").Text(0, 0));
  int64_t total = 0;
  int64_t retried = kRetriedAtOnce;
  while (retried == kRetriedAtOnce) {
    retried =
        connection
            .Run("SELECT count(*) FILTER (WHERE " + QuoteName(schema, "outbox_retry") +
                     "(r.id, nullif($5, ''))) FROM (SELECT o.id FROM " +
                     QuoteName(schema, "outbox") +
                     " o WHERE ($1::text IS NULL OR o.object = $1) AND o.state = $2"
                     " AND coalesce(o.retried_at, o.created_at) <= $3::timestamptz"
                     " ORDER BY o.turn LIMIT $4) r",
                 {filter.object, filter.state, begun, std::to_string(kRetriedAtOnce), on_conflict})
            .Int(0, 0);
    total += retried;
  }
  return total;
}

void PauseOutbox(Connection& connection, const std::string& schema, const std::string& object) {
  connection.Run("INSERT INTO " + QuoteName(schema, "_write_state") +
                     " (object, reason, message, by) VALUES ($1, 'paused', 'paused by hand',"
                     " session_user) ON CONFLICT DO NOTHING",
                 {object});
}

bool ResumeOutbox(Connection& connection, const std::string& schema, const std::string& object) {
  const bool was = connection
                       .Run("DELETE FROM " + QuoteName(schema, "_write_state") +
                                " WHERE object = $1 AND reason = 'paused'",
                            {object})
                       .affected() > 0;
  if (was) Unmark(connection, schema, object.empty() ? std::nullopt : std::optional(object));
  return was;
}

std::vector<std::string> ReleaseOutbox(Connection& connection, const std::string& schema,
                                       const std::optional<std::string>& object,
                                       std::optional<RecordId> record) {
  std::vector<std::string> reasons;
  if (ReleaseLoops(connection, schema, object, record) > 0) reasons.emplace_back("loop");
  if (record) return reasons;
  const auto table = [&](const std::string& name) { return QuoteName(schema, name); };
  const std::string fits = " WHERE ($1::text IS NULL OR object = $1)";
  const Rows released = connection.Run(
      "WITH gone AS (DELETE FROM " + table("_write_state") + fits +
          " AND reason <> 'paused' RETURNING object, reason), minutes AS (DELETE FROM " +
          table("_write_minutes") + fits + "), refusals AS (DELETE FROM " +
          table("_write_refusals") + fits + "), owner AS (INSERT INTO " +
          table("_write_instances") + " (instance) SELECT o.instance FROM " + table("_owner") +
          " o WHERE EXISTS (SELECT FROM gone WHERE reason = 'copy') ON CONFLICT DO NOTHING)"
          " SELECT DISTINCT reason FROM gone ORDER BY reason",
      {object});
  for (size_t i = 0; i < released.size(); ++i) reasons.emplace_back(released.Text(i, 0));
  if (!released.empty()) Unmark(connection, schema, object);
  return reasons;
}

}  // namespace hubmirror
