#include "postgres/outbox/outbox_brakes.h"

#include <algorithm>
#include <utility>

#include "base/count_text.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

/// Rows that are marked at one look.
constexpr const char* kMarkedAtOnce = "2000";
/// So many rows must have ended before refusals count, and more than half of them must be alike.
constexpr int64_t kRefusalsOf = 20;
constexpr const char* kWeight = "100.0";

std::string KeyOf(const std::string& op) {
  if (op == "archive") return "max_archive";
  return op == "create" || op == "upsert" ? "max_create" : "max_update";
}

}  // namespace

void OutboxBrakes::Enter(Transaction& transaction, const std::string& instance, int64_t found,
                         int64_t known) {
  marked_.clear();
  const std::string instances = Table("_write_instances");
  const Rows enrolled = transaction.Run(
      "SELECT count(*) = 0, coalesce(bool_or(instance = $1), false) FROM " + instances, {instance});
  if (enrolled.Bool(0, 0)) {
    transaction.Run("INSERT INTO " + instances + " (instance) VALUES ($1)", {instance});
  } else if (!enrolled.Bool(0, 1)) {
    Hold(transaction, "", "copy",
         "this daemon has never written from this database: it may be a copy, whose rows another "
         "daemon sends, or the state directory was lost");
  }
  if (found < known) {
    Hold(transaction, "", "restored",
         "the database is older than what this daemon knows of it: rows that were sent may be "
         "queued again");
  }
}

void OutboxBrakes::Hold(Transaction& transaction, const std::string& object,
                        const std::string& reason, const std::string& message) const {
  transaction.Run("INSERT INTO " + Table("_write_state") +
                      " (object, reason, message) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                  {object, reason, message});
}

std::string OutboxBrakes::HoldsOf(Transaction& transaction, const std::string& object) const {
  return std::string(transaction
                         .Run("SELECT string_agg(concat_ws(' ', object, reason, since), ' '"
                              " ORDER BY object, reason) FROM " +
                                  Table("_write_state") + " WHERE object IN ('', $1)",
                              {object})
                         .Text(0, 0));
}

bool OutboxBrakes::Holds(Transaction& transaction, const std::string& object) {
  const std::string holds = HoldsOf(transaction, object);
  if (holds.empty()) {
    marked_.erase(object);
    return false;
  }
  Marked& marked = marked_[object];
  // Rows say it anew for what holds them now.
  if (marked.holds != holds) marked = {.holds = holds};
  Mark(transaction, object, marked.above);
  return true;
}

void OutboxBrakes::Mark(Transaction& transaction, const std::string& object, int64_t& above) const {
  const Rows rows = transaction.Run(
      "WITH due AS MATERIALIZED (SELECT o.id, o.turn, o.reason FROM " + Table("outbox") +
          " o WHERE o.object = $1 AND o.turn > $2 AND o.state = 'queued'"
          " AND (o.reason IS NULL OR o.reason NOT IN ('order', 'not_before', 'depends', 'loop'))"
          " ORDER BY o.turn LIMIT " +
          kMarkedAtOnce +
          "), word AS MATERIALIZED (SELECT CASE WHEN bool_and(reason = 'paused') THEN 'paused'"
          " ELSE 'held' END AS word FROM " +
          Table("_write_state") +
          " WHERE object IN ('', $1)), taken AS MATERIALIZED (SELECT o.id FROM due JOIN " +
          Table("outbox") +
          " o ON o.id = due.id, word WHERE o.state = 'queued' AND o.reason IS DISTINCT FROM"
          " word.word FOR NO KEY UPDATE OF o SKIP LOCKED), marked AS (UPDATE " +
          Table("outbox") +
          " SET reason = word.word FROM word WHERE id IN (SELECT id FROM taken))"
          " SELECT max(turn) FROM due",
      {object, std::to_string(above)});
  if (!rows.IsNull(0, 0)) above = rows.Int(0, 0);
}

int64_t OutboxBrakes::MostOf(const std::string& op) const {
  const WriteBrakes& brakes = schema_.plan().write.brakes;
  const std::string key = KeyOf(op);
  if (key == "max_archive") return brakes.max_archive;
  return key == "max_create" ? brakes.max_create : brakes.max_update;
}

void OutboxBrakes::Bound(Transaction& transaction, const std::string& object,
                         std::vector<OutboxClaim>& claims) {
  if (!HoldsOf(transaction, object).empty()) {
    claims.clear();
    return;
  }
  // What is tried again was counted the first time.
  ArrayText ids;
  for (const OutboxClaim& claim : claims) {
    if (claim.attempts == 0) ids.Add(claim.id.value);
  }
  const Rows asked = transaction.Run("SELECT o.op, o.id FROM " + Table("outbox") +
                                         " o WHERE o.id = ANY ($1::bigint[]) ORDER BY o.op, o.turn",
                                     {ids.Take()});
  std::map<std::string, std::vector<OutboxId>> by_op;
  for (size_t i = 0; i < asked.size(); ++i) {
    by_op[std::string(asked.Text(i, 0))].push_back(OutboxId{asked.Int(i, 1)});
  }
  for (auto& [op, rows] : by_op) {
    const int64_t most = MostOf(op);
    const int64_t sent =
        transaction
            .Run("SELECT coalesce(sum(m.rows), 0)::bigint FROM " + Table("_write_minutes") +
                     " m WHERE m.object = $1 AND m.op = $2"
                     " AND m.at > clock_timestamp() - interval '1 hour'",
                 {object, op})
            .Int(0, 0);
    const auto fit = static_cast<size_t>(std::max<int64_t>(0, most - sent));
    if (rows.size() > fit) {
      Hold(transaction, object, "mass",
           "more than " + CountWords(most) + " rows of op " + op +
               " within an hour (write.brakes." + KeyOf(op) + ")");
      std::erase_if(claims, [&ids = rows, fit](const OutboxClaim& claim) {
        const auto at = std::ranges::find(ids, claim.id);
        return at != ids.end() && static_cast<size_t>(at - ids.begin()) >= fit;
      });
    }
    const size_t counted = std::min(fit, rows.size());
    if (counted == 0) continue;
    transaction.Run("INSERT INTO " + Table("_write_minutes") +
                        " AS m (object, op, at, rows) VALUES ($1, $2,"
                        " date_trunc('minute', clock_timestamp()), $3)"
                        " ON CONFLICT (object, op, at) DO UPDATE SET rows = m.rows + excluded.rows",
                    {object, op, std::to_string(counted)});
  }
}

void OutboxBrakes::Count(Transaction& transaction, const std::string& object, int64_t taken,
                         const std::map<std::string, int64_t>& refused) {
  int64_t ended = taken;
  ArrayText reasons;
  ArrayText counts;
  for (const auto& [reason, rows] : refused) {
    ended += rows;
    reasons.Add(reason);
    counts.Add(rows);
  }
  if (ended == 0) return;
  const std::string table = Table("_write_refusals");
  // What came before weighs as much as a batch: neither do good rows of hours ago hide bad ones,
  // nor do the bad ones of a batch, which come last since they are found by halves, look like many.
  const Rows now = transaction.Run(
      "WITH fresh AS (SELECT $1::text AS object, $2::bigint AS ended, coalesce((SELECT"
      " jsonb_object_agg(reason, rows) FROM unnest($3::text[], $4::bigint[]) r(reason, rows)),"
      " '{}') AS refused), old AS (SELECT r.ended, r.refused, least(1, " +
          std::string(kWeight) + " / r.ended) AS part FROM " + table +
          " r WHERE r.object = $1 AND r.at > clock_timestamp() - interval '1 hour')"
          " INSERT INTO " +
          table +
          " AS r (object, at, ended, refused) SELECT f.object, clock_timestamp(),"
          " f.ended + coalesce(round(o.ended * o.part), 0),"
          " (SELECT coalesce(jsonb_object_agg(k, coalesce((f.refused ->> k)::bigint, 0) +"
          "  coalesce(round((o.refused ->> k)::bigint * o.part), 0)), '{}')"
          "  FROM jsonb_object_keys(f.refused || coalesce(o.refused, '{}')) k)"
          " FROM fresh f LEFT JOIN old o ON true ON CONFLICT (object) DO UPDATE SET"
          " at = excluded.at, ended = excluded.ended, refused = excluded.refused"
          " RETURNING ended, (SELECT max(value::bigint) FROM jsonb_each_text(refused)),"
          " (SELECT key FROM jsonb_each_text(refused) ORDER BY value::bigint DESC, key LIMIT 1)",
      {object, std::to_string(ended), reasons.Take(), counts.Take()});
  const int64_t of = now.Int(0, 0);
  if (of < kRefusalsOf || now.IsNull(0, 1) || 2 * now.Int(0, 1) <= of) return;
  Hold(transaction, object, "refusals",
       "HubSpot refused " + CountWords(now.Int(0, 1)) + " of the last " + CountWords(of) +
           " rows for the same reason: " + std::string(now.Text(0, 2)));
  transaction.Run("DELETE FROM " + table + " WHERE object = $1", {object});
}

std::vector<std::string> OutboxBrakes::Allowed(Transaction& transaction,
                                               const std::string& object) const {
  const Rows rows = transaction.Run(
      "SELECT w.op || ' ' || w.property FROM " + Table("_writable") + " w WHERE w.object = $1",
      {object});
  std::vector<std::string> allowed;
  for (size_t i = 0; i < rows.size(); ++i) allowed.emplace_back(rows.Text(i, 0));
  return allowed;
}

void OutboxBrakes::HoldWidened(Transaction& transaction, const std::string& object,
                               const std::vector<std::string>& before) {
  const bool waits =
      transaction
          .Run("SELECT EXISTS (SELECT FROM " + Table("_writable") + " w JOIN " + Table("outbox") +
                   " o ON o.object = w.object WHERE w.object = $1"
                   " AND w.op || ' ' || w.property <> ALL ($2::text[]) AND o.state = 'queued'"
                   " AND (o.op = w.op AND (o.properties ? w.property OR o.properties IS NULL"
                   "  AND o.associations IS NULL)"
                   " OR w.op = CASE o.op WHEN 'disassociate' THEN o.op ELSE 'associate' END"
                   "  AND o.associations @> jsonb_build_array(jsonb_build_object('object',"
                   "  w.property))))",
               {object, NameArray(before)})
          .Bool(0, 0);
  if (!waits) return;
  Hold(transaction, object, "widened",
       "the configuration allows more than before, and rows that it did not allow still wait");
}

void EnrolBesideOwner(Transaction& transaction, const PortalSchema& schema,
                      const std::string& instance) {
  const std::string instances = schema.Table("_write_instances");
  if (transaction.Run("SELECT to_regclass($1)", {instances}).IsNull(0, 0)) return;
  transaction.Run(
      "INSERT INTO " + instances + " (instance) VALUES ($1) ON CONFLICT (instance) DO NOTHING",
      {instance});
}

}  // namespace hubmirror
