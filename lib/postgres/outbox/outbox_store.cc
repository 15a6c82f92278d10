#include "postgres/outbox/outbox_store.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

/// Rows looked at in one statement of a pick, and such statements at most: a pick that finds little
/// but rows to park goes on with the next one.
constexpr int64_t kLook = 500;
constexpr int kLooks = 8;
/// How many of its record's earlier rows are asked what they wrote.
constexpr const char* kOwn = "100";

constexpr const char* kActive = "('queued', 'sending', 'written', 'unknown')";
constexpr const char* kTimeHasCome = "(o.not_before IS NULL OR o.not_before <= clock_timestamp())";

std::string ArrayOf(const std::vector<OutboxId>& ids) {
  ArrayText text;
  for (const OutboxId id : ids) text.Add(id.value);
  return text.Take();
}

OutboxId IdAt(const Rows& rows, size_t row) {
  return OutboxId{rows.Int(row, 0)};
}

// A row whose record is made and that is being linked is about links from then on.
constexpr const char* kOp = "CASE WHEN o.linking IS NULL THEN o.op ELSE 'associate' END";
constexpr const char* kRecord = "CASE WHEN o.linking IS NULL THEN o.record_id ELSE o.result_id END";

WriteOp OpOf(std::string_view name) {
  for (const WriteOp op : {WriteOp::kCreate, WriteOp::kUpsert, WriteOp::kArchive,
                           WriteOp::kAssociate, WriteOp::kDisassociate}) {
    if (name == NameOf(op)) return op;
  }
  return WriteOp::kUpdate;
}

std::string_view NameOf(WriteDifference::Why why) {
  return why == WriteDifference::Why::kTheirs ? "theirs" : "another";
}

std::string_view OutcomeOf(std::string_view state, std::string_view reason) {
  if (state != "done") return state;
  return reason == "unchanged" || reason == "differs" || reason == "dry" ? reason : state;
}

/// Counts what one row has come to.
void NoteMove(std::string_view before, std::string_view state, std::string_view reason, bool tried,
              OutboxMoves& moves) {
  const std::string outcome(OutcomeOf(state, reason));
  const bool ended = std::ranges::find(kWriteOutcomes, outcome) != kWriteOutcomes.end();
  if (ended) ++moves.counts.ended[outcome];
  if (state == "written") ++moves.taken;
  // HubSpot refused nothing where nothing was sent.
  if (state == "failed" && reason != "retries" && !tried) ++moves.refused[std::string(reason)];
  if (state == "unknown" && reason == "doubt") ++moves.counts.doubts["person"];
  if (before != "unknown" || state == "unknown") return;
  ++moves.counts.doubts[state == "written" || state == "done" ? "found" : "other"];
}

/// Values of several rows as columns of a statement: ids, properties, values.
struct ValueLists {
  ArrayText ids;
  ArrayText properties;
  ArrayText values;

  void Add(OutboxId id, const std::vector<PropertyText>& texts) {
    for (const PropertyText& text : texts) {
      ids.Add(id.value);
      properties.Add(text.property);
      values.Add(text.value);
    }
  }
};

}  // namespace

std::vector<OutboxRow> OutboxStore::Pick(Transaction& transaction, const std::string& object,
                                         const OutboxPick& pick) const {
  std::vector<OutboxId> ids = Settled(transaction, object, pick);
  if (ids.size() < pick.limit) {
    const auto ready = Ready(transaction, object, pick.limit - ids.size());
    ids.insert(ids.end(), ready.begin(), ready.end());
  }
  if (ids.empty()) return {};
  return Read(transaction, object, ids);
}

std::string OutboxStore::SameAs(const std::string& object, const std::string& record) const {
  // As the function _outbox_same, for many rows at once.
  const std::string table = schema_.Table(object);
  const std::string survivor =
      "(SELECT m.merged_into FROM " + table + " m WHERE m.id = " + record + ")";
  return "ARRAY(SELECT " + record + " UNION SELECT " + survivor + " UNION SELECT l.id FROM " +
         table + " l WHERE l.merged_into = coalesce(" + survivor + ", " + record + "))";
}

std::vector<OutboxId> OutboxStore::Settled(Transaction& transaction, const std::string& object,
                                           const OutboxPick& pick) const {
  const Rows rows = transaction.Run(
      "SELECT o.id FROM " + Outbox() +
          " o WHERE o.object = $1 AND o.state IN ('sending', 'unknown') AND o.sent_at <= $2"
          // Nothing told what became of them, and something may again.
          " AND (o.reason IS DISTINCT FROM 'doubt' OR EXISTS (SELECT FROM " +
          schema_.Table("properties") +
          " p WHERE p.object = o.object AND p.state = 'current' AND p.has_unique_value"
          " AND (o.sent ? p.name OR o.match_property = p.name))) AND " +
          kTimeHasCome + " ORDER BY o.sent_at, o.id LIMIT $3",
      {object, TimeParam(pick.settled), std::to_string(pick.limit)});
  std::vector<OutboxId> ids;
  for (size_t i = 0; i < rows.size(); ++i) ids.push_back(IdAt(rows, i));
  return ids;
}

std::vector<OutboxId> OutboxStore::Ready(Transaction& transaction, const std::string& object,
                                         size_t limit) const {
  // As arrays: of a list the server may think so much that it reads the whole table. By a time that
  // stands still within the statement, or the index would be read whole, by each pick.
  transaction.Run("UPDATE " + Outbox() +
                      " SET reason = NULL WHERE id = ANY (ARRAY(SELECT o.id FROM " + Outbox() +
                      " o WHERE o.object = $1 AND o.state = 'queued' AND o.reason = 'not_before'"
                      " AND o.not_before <= statement_timestamp() ORDER BY o.not_before LIMIT 10000"
                      " FOR NO KEY UPDATE SKIP LOCKED))",
                  {object});
  // What a row waited for has been made.
  transaction.Run("UPDATE " + Outbox() + " o SET record_id = d.result_id FROM " + Outbox() +
                      " d WHERE o.id = ANY (ARRAY(SELECT w.id FROM " + Outbox() +
                      " w WHERE w.object = $1 AND w.state = 'queued' AND w.record_id < 0"
                      " FOR NO KEY UPDATE SKIP LOCKED))"
                      " AND d.id = -o.record_id AND d.state = 'done' AND d.result_id IS NOT NULL",
                  {object});
  std::vector<OutboxId> ready;
  std::string above = "-1";
  for (int look = 0; look < kLooks && ready.size() < limit; ++look) {
    // Where nothing waits, the first look finds what is asked for.
    const int64_t most = look == 0 ? static_cast<int64_t>(limit) : kLook;
    // Who comes first of its record may be sent; what has been sent of it comes before all.
    const Rows rows = transaction.Run(
        "WITH c AS MATERIALIZED (SELECT o.id, o.turn, o.record_id, o.match_property, o.dry_run,"
        " lower(o.match_value) AS match_value, o.depends_on FROM " +
            Outbox() +
            " o WHERE o.object = $1 AND o.turn > $2 AND o.state = 'queued'"
            " AND (o.reason IS NULL OR o.reason NOT IN ('order', 'not_before', 'depends', 'loop')) "
            "AND " +
            kTimeHasCome +
            " ORDER BY o.turn LIMIT $3),"
            " r AS MATERIALIZED (SELECT d.record_id, " +
            SameAs(object, "d.record_id") +
            " AS ids FROM (SELECT DISTINCT record_id FROM c WHERE record_id IS NOT NULL) d)"
            " SELECT c.id, c.turn, b.id, d.id FROM c LEFT JOIN r ON r.record_id = c.record_id"
            " LEFT JOIN LATERAL (SELECT x.id FROM (SELECT y.* FROM unnest(r.ids) i(id), LATERAL (" +
            Before("e.record_id = i.id") + ") y UNION ALL " +
            Before("e.match_property = c.match_property AND lower(e.match_value) = c.match_value") +
            ") x ORDER BY x.queued, x.turn LIMIT 1) b ON c.dry_run IS NOT TRUE LEFT JOIN LATERAL "
            "(SELECT d.id "
            "FROM " +
            Outbox() +
            " d WHERE d.id = ANY (c.depends_on) AND d.state <> 'done' LIMIT 1) d ON true"
            " ORDER BY c.turn",
        {object, above, std::to_string(most)});
    struct {
      std::vector<OutboxId> rows, blockers;
    } by_order, by_need;
    for (size_t i = 0; i < rows.size(); ++i) {
      const bool in_order = rows.IsNull(i, 2);
      if (in_order && rows.IsNull(i, 3)) {
        if (ready.size() < limit) ready.push_back(IdAt(rows, i));
        continue;
      }
      auto& waiting = in_order ? by_need : by_order;
      waiting.rows.push_back(IdAt(rows, i));
      waiting.blockers.push_back(OutboxId{rows.Int(i, in_order ? 3 : 2)});
    }
    if (!by_order.rows.empty()) Park(transaction, by_order.rows, by_order.blockers, "order");
    if (!by_need.rows.empty()) Park(transaction, by_need.rows, by_need.blockers, "depends");
    if (static_cast<int64_t>(rows.size()) < most) break;
    above = rows.Text(rows.size() - 1, 1);
  }
  return ready;
}

std::string OutboxStore::Before(const std::string& same) const {
  const std::string from =
      " FROM " + Outbox() + " e WHERE e.object = $1 AND e.dry_run IS NOT TRUE AND " + same;
  return "(SELECT e.id, 0 AS queued, e.turn" + from +
         " AND e.id <> c.id AND e.state IN ('sending', 'written', 'unknown') LIMIT 1) UNION ALL"
         " (SELECT e.id, 1, e.turn" +
         from + " AND e.turn < c.turn AND e.state = 'queued' ORDER BY e.turn LIMIT 1)";
}

void OutboxStore::Park(Transaction& transaction, const std::vector<OutboxId>& rows,
                       const std::vector<OutboxId>& blockers, const std::string& reason) const {
  // Whoever ends the one before finds them parked, since it is locked until they are.
  transaction.Run("WITH held AS MATERIALIZED (SELECT b.id FROM " + Outbox() +
                      " b WHERE b.id = ANY ($2::bigint[]) AND (b.state IN " + kActive +
                      " OR $3 = 'depends' AND b.state <> 'done')"
                      " FOR SHARE SKIP LOCKED), waits AS MATERIALIZED (SELECT o.id FROM " +
                      Outbox() +
                      " o JOIN unnest($1::bigint[], $2::bigint[]) w(id, blocker) ON w.id = o.id"
                      " WHERE o.state = 'queued' AND w.blocker IN (SELECT id FROM held)"
                      " FOR NO KEY UPDATE OF o SKIP LOCKED)"
                      " UPDATE " +
                      Outbox() + " SET reason = $3 WHERE id IN (SELECT id FROM waits)",
                  {ArrayOf(rows), ArrayOf(blockers), reason});
  if (reason != "order") return;
  // The first of its record cannot wait for itself, whatever came between when it was let go.
  transaction.Run("UPDATE " + Outbox() + " SET reason = NULL WHERE id IN (SELECT o.id FROM " +
                      Outbox() +
                      " o WHERE o.id = ANY ($1::bigint[]) AND o.state = 'queued'"
                      " AND o.reason = 'order' AND o.id <> ALL ($2::bigint[])"
                      " FOR NO KEY UPDATE SKIP LOCKED)",
                  {ArrayOf(blockers), ArrayOf(rows)});
}

std::vector<OutboxRow> OutboxStore::Read(Transaction& transaction, const std::string& object,
                                         const std::vector<OutboxId>& ids) const {
  const std::string text = Function("_outbox_text");
  const Rows rows = transaction.Run(
      std::string("SELECT o.id, o.attempts, greatest(0, CASE o.op WHEN 'archive' THEN o.record_id"
                  " ELSE coalesce(m.merged_into, ") +
          kRecord + ", 0) END), " + EpochOf("coalesce(o.retried_at, o.created_at)") +
          ", o.on_conflict, p.key, " + text +
          "(p.value), jsonb_typeof(p.value) = 'object',"
          " CASE WHEN o.base ? p.key THEN " +
          text + "(o.base -> p.key) END, o.sent ->> p.key, " + kOp + ", o.state <> 'queued', " +
          Function("_outbox_guard") +
          "(o.key, o.guard), CASE WHEN o.reason = 'created' THEN o.result_id ELSE 0 END, " +
          EpochOf("o.first_sent_at") +
          ", o.match_property, o.match_value, (SELECT s.key FROM jsonb_each_text(o.sent) s(key, v)"
          " WHERE o.op = 'create' AND NOT o.properties ? s.key LIMIT 1), o.dry_run IS TRUE,"
          " o.linking IS NOT NULL, o.reason IS NOT DISTINCT FROM 'doubt'"
          " FROM unnest($1::bigint[]) "
          "WITH ORDINALITY c(id, place) JOIN " +
          Outbox() + " o ON o.id = c.id LEFT JOIN " + schema_.Table(object) +
          " m ON m.id = " + kRecord +
          " LEFT JOIN LATERAL jsonb_each(o.properties) p ON o.linking IS NULL"
          " ORDER BY c.place, p.key",
      {ArrayOf(ids)});
  // What was done a little before the row was inserted may not have been there to be its base.
  const Rows own = transaction.Run(
      "SELECT DISTINCT o.id, v.key, v.value FROM " + Outbox() + " o, unnest(" +
          SameAs(object, "o.record_id") + ") same(id), LATERAL (SELECT b.* FROM " + Outbox() +
          " b WHERE b.object = o.object AND b.record_id = same.id AND b.turn < o.turn"
          " ORDER BY b.turn DESC LIMIT " +
          kOwn +
          ") e, LATERAL (SELECT * FROM jsonb_each_text(e.sent) UNION ALL"
          " SELECT * FROM jsonb_each_text(coalesce(e.answered, '{}'))) v(key, value)"
          " WHERE o.id = ANY ($1::bigint[]) AND e.state IN ('written', 'done')"
          " AND e.reason IS DISTINCT FROM 'dry' AND e.sent IS NOT NULL"
          " AND (e.done_at IS NULL OR e.done_at >= o.created_at - interval '1 minute')"
          " AND o.properties ? v.key",
      {ArrayOf(ids)});
  std::map<std::pair<int64_t, std::string>, std::vector<std::string>> written;
  for (size_t i = 0; i < own.size(); ++i) {
    written[{own.Int(i, 0), std::string(own.Text(i, 1))}].emplace_back(own.Text(i, 2));
  }
  auto links = Links(transaction, ids);
  std::vector<OutboxRow> picked;
  for (size_t i = 0; i < rows.size(); ++i) {
    const OutboxId id = IdAt(rows, i);
    if (picked.empty() || picked.back().id != id) {
      picked.push_back({.id = id,
                        .attempts = static_cast<int>(rows.Int(i, 1)),
                        .op = OpOf(rows.Text(i, 10)),
                        .record = RecordId{rows.Int(i, 2)},
                        .on_conflict = ConflictRuleOf(rows.Text(i, 4)),
                        .dry_run = rows.Bool(i, 18) || schema_.plan().write.dry_run,
                        .created_at = rows.Time(i, 3).value_or(TimePoint{}),
                        .match = {std::string(rows.Text(i, 15)), std::string(rows.Text(i, 16))},
                        .links = std::move(links[id]),
                        .made = rows.Bool(i, 19),
                        .guard = std::string(rows.Text(i, 12)),
                        .guarded_by = std::string(rows.Text(i, 17)),
                        .in_doubt = rows.Bool(i, 11),
                        .created = RecordId{rows.Int(i, 13)},
                        .doubted = rows.Bool(i, 20),
                        .first_sent = rows.Time(i, 14)});
    }
    if (rows.IsNull(i, 5)) continue;
    WantedValue wanted{.property = std::string(rows.Text(i, 5)),
                       .value = std::string(rows.Text(i, 6)),
                       .adds = rows.Bool(i, 7)};
    if (!rows.IsNull(i, 8)) wanted.base = rows.Text(i, 8);
    if (!rows.IsNull(i, 9)) wanted.sent = rows.Text(i, 9);
    const auto found = written.find({id.value, wanted.property});
    if (found != written.end()) wanted.own = std::move(found->second);
    picked.back().values.push_back(std::move(wanted));
  }
  return picked;
}

OutboxStore::Claimed OutboxStore::Claim(Transaction& transaction, const std::string& object,
                                        const std::vector<OutboxClaim>& claims,
                                        TimePoint sent_at) const {
  // A claim that a crash could lose would be sent again.
  transaction.Run(
      "SELECT set_config('synchronous_commit', 'on', true)"
      " WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')");
  ArrayText ids;
  ArrayText attempts;
  ValueLists sent;
  for (const OutboxClaim& claim : claims) {
    ids.Add(claim.id.value);
    attempts.Add(claim.attempts);
    sent.Add(claim.id, claim.sent);
  }
  const Rows rows = transaction.Run(
      "WITH sent AS (SELECT id, jsonb_object_agg(property, value) AS texts"
      " FROM unnest($4::bigint[], $5::text[], $6::text[]) s(id, property, value) GROUP BY id),"
      " taken AS MATERIALIZED (SELECT o.id, o.state AS before FROM " +
          Outbox() +
          " o JOIN unnest($2::bigint[], $3::integer[]) w(id, attempts)"
          " ON w.id = o.id AND w.attempts = o.attempts"
          " WHERE o.object = $1 AND o.state IN ('queued', 'sending', 'unknown')"
          " FOR NO KEY UPDATE OF o SKIP LOCKED),"
          " claimed AS (UPDATE " +
          Outbox() +
          " o SET state = 'sending', reason = NULL, message = NULL, http_status = NULL,"
          " correlation_id = NULL, attempts = o.attempts + 1,"
          // What was sent of the record itself stays: later rows of it are compared with that.
          " sent = CASE WHEN o.linking IS NULL THEN '{}' ELSE coalesce(o.sent, '{}') END"
          "  || coalesce(s.texts, '{}'),"
          " answered = CASE WHEN o.linking IS NOT NULL THEN o.answered END, answered_at = NULL,"
          " sent_at = $7,"
          " first_sent_at = coalesce(o.first_sent_at, $7)"
          " FROM taken LEFT JOIN sent s ON s.id = taken.id WHERE o.id = taken.id"
          " RETURNING o.id, o.attempts, o.base, o.sent, o.created_by, taken.before),"
          " noted AS (INSERT INTO " +
          schema_.Table("outbox_log") +
          " (outbox_id, attempt, event, before, sent, by)"
          " SELECT id, attempts, 'sending', base, sent, created_by FROM claimed)"
          " SELECT id, before <> 'queued' FROM claimed ORDER BY id",
      {object, ids.Take(), attempts.Take(), sent.ids.Take(), sent.properties.Take(),
       sent.values.Take(), TimeParam(sent_at)});
  Claimed claimed;
  for (size_t i = 0; i < rows.size(); ++i) {
    claimed.rows.push_back(IdAt(rows, i));
    claimed.again += rows.Bool(i, 1) ? 1 : 0;
  }
  return claimed;
}

OutboxMoves OutboxStore::Change(Transaction& transaction, const std::string& object,
                                const std::vector<OutboxChange>& changes) const {
  OutboxMoves moves;
  if (changes.empty()) return moves;
  std::vector<ArrayText> columns(9);
  ValueLists answered;
  ValueLists tried;
  std::vector<ArrayText> differs(5);
  for (const OutboxChange& change : changes) {
    columns[0].Add(change.id.value);
    columns[1].Add(change.attempts);
    columns[2].Add(hubmirror::NameOf(change.state));
    columns[3].AddParam(TextParam(change.reason));
    columns[4].AddParam(TextParam(change.message));
    columns[5].AddParam(change.http_status == 0 ? Param()
                                                : Param(std::to_string(change.http_status)));
    columns[6].AddParam(TextParam(change.correlation_id));
    const bool waits =
        change.state == OutboxState::kQueued || change.state == OutboxState::kUnknown;
    columns[7].Add(waits ? change.not_within.count() : 0);
    columns[8].AddParam(change.record.value == 0 ? Param()
                                                 : Param(std::to_string(change.record.value)));
    answered.Add(change.id, change.answered);
    tried.Add(change.id, change.tried);
    for (const WriteDifference& difference : change.differs) {
      differs[0].Add(change.id.value);
      differs[1].Add(difference.property);
      differs[2].Add(difference.wanted);
      differs[3].Add(difference.shown);
      differs[4].Add(NameOf(difference.why));
    }
  }
  ArrayText updated_at;
  for (const OutboxChange& change : changes) updated_at.AddParam(TimeParam(change.updated_at));
  // Where the feed is off nobody has written into `changes`, and there is no entry to be found.
  const std::string entry = "(SELECT c.seq FROM " + schema_.Table("changes") +
                            " c WHERE c.object = o.object AND c.id = coalesce(w.record,"
                            " o.result_id, o.record_id) ORDER BY c.seq DESC LIMIT 1)";
  Params params = {object};
  for (ArrayText& column : columns) params.push_back(column.Take());
  params.push_back(updated_at.Take());
  for (ArrayText* list : {&answered.ids, &answered.properties, &answered.values}) {
    params.push_back(list->Take());
  }
  for (ArrayText& column : differs) params.push_back(column.Take());
  for (ArrayText* list : {&tried.ids, &tried.properties, &tried.values}) {
    params.push_back(list->Take());
  }
  const Rows rows = transaction.Run(
      "WITH w AS MATERIALIZED (SELECT * FROM unnest($2::bigint[], $3::integer[], $4::text[],"
      " $5::text[], $6::text[], $7::integer[], $8::text[], $9::bigint[], $10::bigint[],"
      " $11::timestamptz[]) w(id, attempts, state, reason, message, http_status, correlation_id,"
      " wait, record, updated_at)),"
      " answered AS (SELECT id, jsonb_object_agg(property, value) AS texts"
      " FROM unnest($12::bigint[], $13::text[], $14::text[]) s(id, property, value) GROUP BY id),"
      " differs AS (SELECT id, jsonb_object_agg(property, jsonb_build_object('wanted', wanted,"
      " 'shown', shown, 'why', why)) AS texts FROM unnest($15::bigint[], $16::text[], $17::text[],"
      " $18::text[], $19::text[]) d(id, property, wanted, shown, why) GROUP BY id),"
      " tried AS (SELECT id, jsonb_object_agg(property, value) AS texts"
      " FROM unnest($20::bigint[], $21::text[], $22::text[]) s(id, property, value) GROUP BY id),"
      " taken AS MATERIALIZED (SELECT o.id, o.state AS before, CASE WHEN w.state = 'done'"
      "  AND w.reason IS DISTINCT FROM 'dry' THEN " +
          Function("_outbox_links_next") + "(o) END AS next FROM " + Outbox() +
          " o JOIN w ON w.id = o.id AND w.attempts = o.attempts WHERE o.object = $1"
          " AND o.state IN " +
          kActive +
          " FOR NO KEY UPDATE OF o SKIP LOCKED),"
          " changed AS (UPDATE " +
          Outbox() +
          " o SET state = CASE WHEN taken.next IS NULL THEN w.state ELSE 'queued' END,"
          " linking = coalesce(taken.next, o.linking),"
          " reason = CASE WHEN taken.next IS NOT NULL THEN NULL"
          "  WHEN w.wait > 0 THEN coalesce(w.reason, 'not_before')"
          "  WHEN w.state = 'done' AND o.linking IS NOT NULL AND o.differs IS NOT NULL"
          "   THEN 'differs' ELSE w.reason END,"
          " message = CASE WHEN taken.next IS NULL THEN w.message END, http_status = "
          "coalesce(w.http_status, o.http_status),"
          " correlation_id = coalesce(w.correlation_id, o.correlation_id),"
          " not_before = CASE WHEN w.wait > 0 THEN clock_timestamp() + w.wait * interval '1 ms'"
          "  ELSE o.not_before END,"
          " result_id = coalesce(w.record, o.result_id),"
          " sent = CASE WHEN w.reason = 'dry' THEN coalesce(t.texts, '{}') ELSE o.sent END,"
          " answered = coalesce(a.texts, o.answered),"
          " answered_at = coalesce(w.updated_at, o.answered_at),"
          " differs = CASE WHEN d.texts IS NULL THEN o.differs"
          "  ELSE coalesce(o.differs, '{}') || d.texts END,"
          " feed_seq = CASE WHEN w.state = 'done' AND w.reason IS DISTINCT FROM 'dry' THEN " +
          entry +
          " ELSE o.feed_seq END,"
          " done_at = CASE WHEN w.state IN ('done', 'rejected', 'failed') AND taken.next IS NULL"
          "  THEN clock_timestamp() END"
          " FROM taken JOIN w ON w.id = taken.id LEFT JOIN answered a ON a.id = w.id"
          " LEFT JOIN differs d ON d.id = w.id LEFT JOIN tried t ON t.id = w.id"
          " WHERE o.id = taken.id"
          " RETURNING o.id, o.state, o.attempts, o.reason, o.http_status,"
          " o.correlation_id, o.answered, o.created_by, o.dry_run IS TRUE AS tried, taken.before,"
          " CASE WHEN o.state = 'done' AND o.reason IS DISTINCT FROM 'dry' THEN"
          "  (1000 * extract(epoch FROM o.done_at - greatest(o.created_at, o.retried_at,"
          "  o.not_before)))::bigint END AS took),"
          " noted AS (INSERT INTO " +
          schema_.Table("outbox_log") +
          " (outbox_id, attempt, event, http_status, category, correlation_id, sent, by)"
          " SELECT id, attempts, state, http_status, reason, correlation_id,"
          " CASE WHEN state = 'written' THEN answered END, created_by FROM changed)"
          " SELECT id, state IN " +
          kActive + ", before, state, reason, took, tried FROM changed",
      params);
  std::vector<OutboxId> ended;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows.Bool(i, 1)) {
      ended.push_back(IdAt(rows, i));
      moves.last_ended = std::max(moves.last_ended, ended.back().value);
    }
    const bool only_tried = rows.Bool(i, 6) || schema_.plan().write.dry_run;
    NoteMove(rows.Text(i, 2), rows.Text(i, 3), rows.Text(i, 4), only_tried, moves);
    if (!rows.IsNull(i, 5)) moves.counts.latencies.emplace_back(rows.Int(i, 5));
  }
  if (ended.empty()) return moves;
  transaction.Run("SELECT " + Function("_outbox_go") + "(e) FROM unnest($1::bigint[]) e",
                  {ArrayOf(ended)});
  return moves;
}

std::vector<WrittenRow> OutboxStore::Written(Transaction& transaction, const std::string& object,
                                             size_t limit) const {
  const Rows rows = transaction.Run(
      "SELECT o.id, o.attempts, coalesce(o.result_id, o.record_id), o.reason, " +
          EpochOf("o.answered_at") + ", s.key, s.value, " + kOp + " FROM (SELECT * FROM " +
          Outbox() +
          " WHERE object = $1 AND state = 'written' ORDER BY sent_at, turn LIMIT $2) o"
          " LEFT JOIN LATERAL jsonb_each_text(coalesce(o.sent, '{}')) s ON true"
          " ORDER BY o.sent_at, o.turn, s.key",
      {object, std::to_string(limit)});
  std::vector<OutboxId> ids;
  for (size_t i = 0; i < rows.size(); ++i) ids.push_back(IdAt(rows, i));
  auto links = Links(transaction, ids);
  std::vector<WrittenRow> written;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (written.empty() || written.back().id != IdAt(rows, i)) {
      written.push_back({.id = IdAt(rows, i),
                         .attempts = static_cast<int>(rows.Int(i, 1)),
                         .record = RecordId{rows.Int(i, 2)},
                         .op = OpOf(rows.Text(i, 7)),
                         .reason = std::string(rows.Text(i, 3)),
                         .updated_at = rows.Time(i, 4),
                         .links = std::move(links[IdAt(rows, i)])});
    }
    if (rows.IsNull(i, 5)) continue;
    written.back().sent.push_back({std::string(rows.Text(i, 5)), std::string(rows.Text(i, 6))});
  }
  return written;
}

std::map<OutboxId, std::vector<WantedLink>> OutboxStore::Links(
    Transaction& transaction, const std::vector<OutboxId>& ids) const {
  std::map<OutboxId, std::vector<WantedLink>> links;
  if (ids.empty()) return links;
  const Rows rows = transaction.Run(
      "SELECT o.id, l.link ->> 'object', greatest(0, CASE WHEN " + Function("_outbox_named") +
          "(l.link) IS NULL AND NOT l.link ? 'key' THEN (l.link ->> 'id')::bigint"
          " ELSE coalesce(n.result_id, n.record_id, 0) END), l.link ->> 'label', t.category,"
          " t.type_id FROM " +
          Outbox() +
          " o CROSS JOIN LATERAL jsonb_array_elements(o.associations) WITH ORDINALITY l(link, "
          "place)"
          " LEFT JOIN " +
          Outbox() + " n ON n.id = " + Function("_outbox_named") +
          "(l.link) LEFT JOIN LATERAL (SELECT a.category, a.type_id FROM " +
          Function("_outbox_labels") +
          "(o.object, l.link ->> 'object') a WHERE a.label = l.link ->> 'label'"
          " ORDER BY a.category <> 'HUBSPOT_DEFINED', a.type_id LIMIT 1) t ON true"
          " WHERE o.id = ANY ($1::bigint[]) AND o.associations IS NOT NULL"
          " AND (o.linking IS NULL OR l.link ->> 'object' = o.linking) ORDER BY o.id, l.place",
      {ArrayOf(ids)});
  std::map<std::string, std::map<int64_t, int64_t>> survivors;
  for (size_t i = 0; i < rows.size(); ++i) survivors[std::string(rows.Text(i, 1))][rows.Int(i, 2)];
  for (auto& [object, of] : survivors) {
    const std::string table = schema_.Table(object);
    if (transaction.Run("SELECT to_regclass($1)", {table}).IsNull(0, 0)) continue;
    ArrayText named;
    for (const auto& [id, survivor] : of) named.Add(id);
    const Rows merged = transaction.Run("SELECT m.id, m.merged_into FROM " + table +
                                            " m WHERE m.id = ANY ($1::bigint[])"
                                            " AND m.merged_into IS NOT NULL",
                                        {named.Take()});
    for (size_t i = 0; i < merged.size(); ++i) of[merged.Int(i, 0)] = merged.Int(i, 1);
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t survivor = survivors[std::string(rows.Text(i, 1))][rows.Int(i, 2)];
    WantedLink link{.object = std::string(rows.Text(i, 1)),
                    .id = RecordId{survivor == 0 ? rows.Int(i, 2) : survivor},
                    .label = std::string(rows.Text(i, 3))};
    if (!rows.IsNull(i, 4)) {
      link.type = LinkType{
          .category = std::string(rows.Text(i, 4)), .type_id = rows.Int(i, 5), .label = link.label};
    }
    links[IdAt(rows, i)].push_back(std::move(link));
  }
  return links;
}

}  // namespace hubmirror
