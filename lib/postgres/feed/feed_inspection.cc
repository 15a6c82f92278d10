#include "postgres/feed/feed_inspection.h"

#include <functional>
#include <limits>

#include "postgres/feed/feed_upkeep.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

// Some hundred milliseconds' work: vacuum, and a standby, keep pace with it.
constexpr int64_t kPurgedAtOnce = 10'000;

void InTransaction(Connection& connection, const std::function<void()>& work) {
  connection.Begin();
  try {
    work();
    connection.Commit();
  } catch (...) {
    connection.Rollback();
    throw;
  }
}

}  // namespace

std::vector<FeedEntry> ReadEntries(Connection& connection, const std::string& schema,
                                   const std::optional<std::string>& object, int64_t above,
                                   int64_t limit) {
  const Rows rows = connection.Run(
      "SELECT c.seq, to_char(c.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), c.op,"
      " concat_ws('/', c.object, c.id), concat_ws('/', c.to_object, c.to_id), c.before::text,"
      " c.after::text, jsonb_strip_nulls(to_jsonb(c) - 'before' - 'after') ||"
      " jsonb_build_object('before', c.before, 'after', c.after) FROM " +
          QuoteName(schema, "changes") +
          " c WHERE c.seq > $1 AND ($2::text IS NULL OR c.object = $2) ORDER BY c.seq LIMIT $3",
      {std::to_string(above), object, std::to_string(limit)});
  std::vector<FeedEntry> entries;
  for (size_t i = 0; i < rows.size(); ++i) {
    entries.push_back({.seq = rows.Int(i, 0),
                       .at = std::string(rows.Text(i, 1)),
                       .op = std::string(rows.Text(i, 2)),
                       .record = std::string(rows.Text(i, 3)),
                       .other = std::string(rows.Text(i, 4)),
                       .before = std::string(rows.Text(i, 5)),
                       .after = std::string(rows.Text(i, 6)),
                       .json = std::string(rows.Text(i, 7))});
  }
  return entries;
}

int64_t NumberBeforeLast(Connection& connection, const std::string& schema,
                         const std::optional<std::string>& object, int64_t count) {
  return connection
      .Run("SELECT coalesce(min(l.seq) - 1, 0) FROM (SELECT c.seq FROM " +
               QuoteName(schema, "changes") +
               " c WHERE $1::text IS NULL OR c.object = $1 ORDER BY c.seq DESC LIMIT $2) l",
           {object, std::to_string(count)})
      .Int(0, 0);
}

int64_t ResetConsumer(Connection& connection, const std::string& schema, const std::string& name,
                      std::optional<int64_t> to) {
  return connection
      .Run("SELECT " + QuoteName(schema, "feed_reset") + "($1, $2)",
           {name, to ? Param(std::to_string(*to)) : std::nullopt})
      .Int(0, 0);
}

FeedPurge PlanPurge(Connection& connection, const std::string& schema) {
  FeedPurge purge;
  InTransaction(connection, [&] {
    const Rows feed = connection.Run("SELECT coalesce(max(seq), 0), count(*) FROM " +
                                     QuoteName(schema, "changes"));
    purge.to = feed.Int(0, 0);
    purge.entries = feed.Int(0, 1);
    const Rows lost =
        connection.Run("SELECT 'consumer ' || name FROM " + QuoteName(schema, "feed_consumers") +
                           " WHERE seq < $1 UNION ALL SELECT 'webhook ' || name FROM " +
                           QuoteName(schema, "_webhook") + " WHERE seq < $1 ORDER BY 1",
                       {std::to_string(purge.to)});
    for (size_t i = 0; i < lost.size(); ++i) purge.lost.emplace_back(lost.Text(i, 0));
  });
  return purge;
}

void PurgeFeed(Connection& connection, const std::string& schema, int64_t to) {
  InTransaction(connection, [&] { GiveUpEntries(connection, schema, to); });
  const std::string changes = QuoteName(schema, "changes");
  // Rows that are deleted stay for who sees them already; a partition would be gone.
  for (std::optional<int64_t> done = std::numeric_limits<int64_t>::min(); done;) {
    InTransaction(connection, [&] {
      const Rows piece = connection.Run(
          "WITH piece AS (SELECT max(seq) AS seq FROM (SELECT seq FROM " + changes +
              " WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3) next), deleted AS"
              " (DELETE FROM " +
              changes +
              " c USING piece WHERE c.seq > $1 AND c.seq <= piece.seq)"
              " SELECT seq FROM piece",
          {std::to_string(*done), std::to_string(to), std::to_string(kPurgedAtOnce)});
      done = piece.IsNull(0, 0) ? std::nullopt : std::optional(piece.Int(0, 0));
    });
  }
}

}  // namespace hubmirror
