#include "postgres/feed/feed_upkeep.h"

#include <chrono>
#include <string_view>
#include <vector>

#include "postgres/feed/webhook_tables.h"
#include "postgres/session/database_failure.h"
#include "postgres/session/sql_text.h"
#include "postgres/session/transaction.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

// Readers and writers of the feed queue behind whoever wants to drop a part of it.
constexpr auto kDropPatience = 200ms;

std::vector<FeedDay> DaysOf(Connection& connection, const std::string& schema) {
  const Rows rows = connection.Run(
      "SELECT to_date(right(c.relname, 8), 'YYYYMMDD') - date '1970-01-01' AS day"
      " FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
      " WHERE i.inhparent = to_regclass($1) AND c.relname ~ '^_changes_[0-9]{8}$' ORDER BY day",
      {QuoteName(schema, "changes")});
  std::vector<FeedDay> days;
  for (size_t i = 0; i < rows.size(); ++i) days.push_back(rows.Int(i, 0));
  return days;
}

std::vector<FeedDayFacts> FactsOf(Connection& connection, const std::string& schema,
                                  const std::vector<FeedDay>& days) {
  std::vector<std::string> parts;
  for (const FeedDay day : days) {
    const std::string partition = QuoteName(schema, FeedPartition(day));
    parts.push_back("SELECT " + std::to_string(day) + " AS day, (SELECT max(seq) FROM " +
                    partition + "), pg_total_relation_size(" + QuoteLiteral(partition) +
                    "::regclass)");
  }
  std::vector<FeedDayFacts> facts;
  if (parts.empty()) return facts;
  const Rows rows = connection.Run(Join(parts, " UNION ALL ") + " ORDER BY day");
  for (size_t i = 0; i < rows.size(); ++i) {
    facts.push_back({.day = rows.Int(i, 0),
                     .last = rows.IsNull(i, 1) ? std::nullopt : std::optional(rows.Int(i, 1)),
                     .bytes = rows.Int(i, 2)});
  }
  return facts;
}

FeedFacts ReadFacts(Connection& connection, const std::string& schema) {
  const Rows rows = connection.Run("SELECT " + EpochOf("clock_timestamp()") + ", f.dropped_to, " +
                                   EpochOf("f.raised_at") + ", least((SELECT min(seq) FROM " +
                                   QuoteName(schema, "feed_consumers") +
                                   "), (SELECT min(seq) FROM " + QuoteName(schema, "_webhook") +
                                   ")) FROM " + QuoteName(schema, "_feed") + " f");
  FeedFacts facts;
  facts.days = FactsOf(connection, schema, DaysOf(connection, schema));
  if (rows.empty()) return facts;
  facts.now = *rows.Time(0, 0);
  facts.dropped_to = rows.Int(0, 1);
  facts.raised_at = *rows.Time(0, 2);
  if (!rows.IsNull(0, 3)) facts.slowest = rows.Int(0, 3);
  return facts;
}

}  // namespace

void GiveUpEntries(Connection& connection, const std::string& schema, int64_t number) {
  connection.Run("UPDATE " + QuoteName(schema, "_feed") +
                     " SET dropped_to = $1, raised_at = clock_timestamp() WHERE dropped_to < $1",
                 {std::to_string(number)});
}

FeedStatus ReadFeedStatus(Connection& connection, const std::string& schema) {
  const std::string changes = QuoteName(schema, "changes");
  FeedStatus status;
  for (const FeedDayFacts& day : FactsOf(connection, schema, DaysOf(connection, schema))) {
    status.kept = true;
    status.bytes += day.bytes;
    if (day.last) status.last_seq = day.last;
  }
  const Rows feed =
      connection.Run("SELECT f.dropped_to, (SELECT " + EpochOf("c.at") + " FROM " + changes +
                     " c ORDER BY seq DESC LIMIT 1), (SELECT " + EpochOf("c.at") + " FROM " +
                     changes + " c WHERE c.seq > f.dropped_to ORDER BY seq LIMIT 1) FROM " +
                     QuoteName(schema, "_feed") + " f");
  if (!feed.empty()) {
    status.dropped_to = feed.Int(0, 0);
    status.last_at = feed.Time(0, 1);
    status.oldest_at = feed.Time(0, 2);
  }
  const Rows rows =
      connection.Run("SELECT k.name, k.seq, (SELECT " + EpochOf("c.at") + " FROM " + changes +
                         " c WHERE c.seq > k.seq ORDER BY seq LIMIT 1), k.seq < $1 FROM " +
                         QuoteName(schema, "feed_consumers") + " k ORDER BY k.name",
                     {std::to_string(status.dropped_to)});
  for (size_t i = 0; i < rows.size(); ++i) {
    status.consumers.push_back({.name = std::string(rows.Text(i, 0)),
                                .seq = rows.Int(i, 1),
                                .waits_since = rows.Time(i, 2),
                                .lost = rows.Bool(i, 3)});
  }
  status.webhooks = ReadWebhooks(connection, schema, status.dropped_to);
  return status;
}

FeedStatus FeedUpkeep::Keep() {
  FeedStatus status;
  FeedRetention retention;
  {
    Transaction transaction(*pool_);
    Connection& connection = transaction.connection();
    KeepOnlyWebhooks(connection, schema_, webhooks_);
    if (plan_.enabled) MakeFeedPartitions(connection, schema_, FeedDayNow(connection));
    retention = DecideRetention(ReadFacts(connection, schema_), plan_);
    if (retention.raise_to) GiveUpEntries(connection, schema_, *retention.raise_to);
    status = ReadFeedStatus(connection, schema_);
    status.keep = plan_.keep;
    status.size_max = plan_.size_max;
    transaction.Commit();
  }
  for (const FeedDay day : retention.drop) {
    // Whoever is in the way of one day is in the way of all: the rest waits for the next look.
    if (!Drop(day)) break;
  }
  return status;
}

bool FeedUpkeep::Drop(FeedDay day) const {
  try {
    // A transaction each: between two of them, those who queue behind us get their turn.
    Transaction transaction(*pool_, {.lock_timeout = kDropPatience});
    transaction.Run("DROP TABLE IF EXISTS " + QuoteName(schema_, FeedPartition(day)));
    transaction.Commit();
    return true;
  } catch (const StatementError& error) {
    if (!IsLockTimeout(error.sqlstate())) throw;
    return false;
  }
}

}  // namespace hubmirror
