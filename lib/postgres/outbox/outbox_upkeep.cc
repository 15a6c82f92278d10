#include "postgres/outbox/outbox_upkeep.h"

#include <chrono>

#include "postgres/outbox/outbox_erasure.h"
#include "postgres/session/database_failure.h"
#include "postgres/session/sql_text.h"
#include "postgres/session/transaction.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 200ms;
constexpr int kDaysAhead = 2;
/// Rows of one statement. It takes them as an array: for a list of so many the server reads the
/// whole table.
constexpr int64_t kPiece = 10'000;
constexpr const char* kBefore =
    " e.dry_run IS NOT TRUE AND (e.state IN ('sending', 'written', 'unknown') OR e.state = "
    "'queued' AND e.turn < o.turn)";
constexpr const char* kToday = "(clock_timestamp() AT TIME ZONE 'UTC')::date";

std::string Interval(std::chrono::milliseconds time) {
  return std::to_string(time.count()) + " * interval '1 ms'";
}

}  // namespace

void OutboxUpkeep::Keep() const {
  LetGo();
  ForgetErased();
  DropRows();
  KeepLog();
}

void OutboxUpkeep::LetGo() const {
  // The first of each record cannot wait for another: it does only where a transaction that ended
  // the one before was too old to see that it waited. All others wait for it, so nobody asks what
  // they wait for.
  const std::string outbox = schema_.Table("outbox");
  Transaction transaction(*pool_);
  transaction.Run(
      "UPDATE " + outbox +
      " SET reason = NULL WHERE id = ANY (ARRAY(WITH first AS MATERIALIZED (SELECT DISTINCT ON"
      " (p.object, p.record_id, p.match_property, lower(p.match_value)) p.id FROM " +
      outbox +
      " p WHERE p.state = 'queued' AND p.reason = 'order' ORDER BY p.object, p.record_id,"
      " p.match_property, lower(p.match_value), p.turn) SELECT o.id FROM first JOIN " +
      outbox +
      " o ON o.id = first.id WHERE o.state = 'queued' AND o.reason = 'order' AND NOT EXISTS (SELECT"
      " FROM"
      " unnest(" +
      schema_.Table("_outbox_same") + "(o.object, o.record_id)) i(id) JOIN " + outbox +
      " e ON e.object = o.object AND e.record_id = i.id AND e.id <> o.id AND" + kBefore +
      ") AND NOT EXISTS (SELECT FROM " + outbox +
      " e WHERE e.object = o.object AND e.match_property = o.match_property"
      " AND lower(e.match_value) = lower(o.match_value) AND e.id <> o.id AND" +
      kBefore + ") LIMIT " + std::to_string(kPiece) + " FOR NO KEY UPDATE OF o SKIP LOCKED))");
  transaction.Run(
      "UPDATE " + outbox + " SET reason = NULL WHERE id = ANY (ARRAY(SELECT o.id FROM " + outbox +
      " o WHERE o.state = 'queued' AND o.reason = 'depends' AND NOT EXISTS (SELECT FROM " + outbox +
      " d WHERE d.id = ANY (o.depends_on) AND d.state <> 'done') LIMIT " + std::to_string(kPiece) +
      " FOR NO KEY UPDATE SKIP LOCKED))");
  transaction.Commit();
}

void OutboxUpkeep::ForgetErased() const {
  Transaction transaction(*pool_);
  OutboxErasure(schema_).EraseLate(transaction);
  transaction.Commit();
}

void OutboxUpkeep::DropRows() const {
  const std::string outbox = schema_.Table("outbox");
  {
    // Nothing that was sent so long ago counts, whatever the clocks are.
    Transaction transaction(*pool_);
    transaction.Run("DELETE FROM " + schema_.Table("_write_released") +
                    " WHERE at < clock_timestamp() - interval '1 day'");
    transaction.Commit();
  }
  int64_t dropped = kPiece;
  while (dropped == kPiece) {
    try {
      Transaction transaction(*pool_);
      dropped =
          transaction
              .Run("DELETE FROM " + outbox + " WHERE id = ANY (ARRAY(SELECT id FROM " + outbox +
                   " WHERE state IN ('done', 'cancelled') AND done_at < statement_timestamp() - " +
                   Interval(schema_.plan().write.keep) + " ORDER BY done_at LIMIT " +
                   std::to_string(kPiece) + " FOR UPDATE SKIP LOCKED))")
              .affected();
      transaction.Commit();
    } catch (const StatementError& error) {
      // 23503: rows of the application refer to them, and are to keep them.
      if (error.sqlstate() != "23503") throw;
      return;
    }
  }
}

void OutboxUpkeep::KeepLog() const {
  const std::string log = schema_.Table("outbox_log");
  const std::string rest = schema_.Table("_outbox_log_rest");
  std::string due;
  {
    Transaction transaction(*pool_);
    const Rows made = transaction.Run(
        "SELECT '_outbox_log_' || to_char(d, 'YYYYMMDD'), d::date, d::date + 1"
        " FROM generate_series(" +
            std::string(kToday) + ", " + kToday + " + " + std::to_string(kDaysAhead) +
            ", interval '1 day') d WHERE to_regclass(format('%I.%I', $1::text,"
            " '_outbox_log_' || to_char(d, 'YYYYMMDD'))) IS NULL"
            " AND NOT EXISTS (SELECT FROM " +
            rest + " r WHERE r.day = d::date)",
        {schema_.name()});
    for (size_t i = 0; i < made.size(); ++i) {
      const std::string partition = schema_.Table(std::string(made.Text(i, 0)));
      due += "CREATE TABLE " + partition + " (LIKE " + log + " INCLUDING ALL); COMMENT ON TABLE " +
             partition + " IS 'One day of outbox_log'; ALTER TABLE " + log + " ATTACH PARTITION " +
             partition + " FOR VALUES FROM (" + QuoteLiteral(made.Text(i, 1)) + ") TO (" +
             QuoteLiteral(made.Text(i, 2)) + "); ";
    }
    const std::string before =
        kToday + (" - ceil(" + std::to_string(schema_.plan().write.log_keep.count()) +
                  " / 86400000.0)::integer");
    const Rows old = transaction.Run(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = $1::regclass AND c.relname ~ '^_outbox_log_[0-9]{8}$'"
        " AND to_date(right(c.relname, 8), 'YYYYMMDD') < " +
            before,
        {log});
    for (size_t i = 0; i < old.size(); ++i) {
      due += "DROP TABLE " + schema_.Table(std::string(old.Text(i, 0))) + "; ";
    }
    transaction.Run("DELETE FROM " + rest + " WHERE day < " + before);
    transaction.Commit();
  }
  if (due.empty()) return;
  try {
    // Whoever writes into the log queues behind it.
    Transaction transaction(*pool_, {.lock_timeout = kPatience});
    transaction.Run(due);
    transaction.Commit();
  } catch (const StatementError& error) {
    if (!IsLockTimeout(error.sqlstate())) throw;
  }
}

}  // namespace hubmirror
