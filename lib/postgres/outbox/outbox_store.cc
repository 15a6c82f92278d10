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

std::optional<ConflictRule> RuleOf(std::string_view name) {
  if (name == "hold") return ConflictRule::kHold;
  if (name == "ours") return ConflictRule::kOurs;
  if (name == "theirs") return ConflictRule::kTheirs;
  return std::nullopt;
}

std::string_view NameOf(WriteDifference::Why why) {
  return why == WriteDifference::Why::kTheirs ? "theirs" : "another";
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
          " AND o.reason IS DISTINCT FROM 'doubt' AND " +
          kTimeHasCome + " ORDER BY o.sent_at, o.id LIMIT $3",
      {object, TimeParam(pick.settled), std::to_string(pick.limit)});
  std::vector<OutboxId> ids;
  for (size_t i = 0; i < rows.size(); ++i) ids.push_back(IdAt(rows, i));
  return ids;
}

std::vector<OutboxId> OutboxStore::Ready(Transaction& transaction, const std::string& object,
                                         size_t limit) const {
  transaction.Run("UPDATE " + Outbox() + " SET reason = NULL WHERE id IN (SELECT o.id FROM " +
                      Outbox() +
                      " o WHERE o.object = $1 AND o.state = 'queued' AND o.reason = 'not_before'"
                      " AND o.not_before <= clock_timestamp() ORDER BY o.not_before LIMIT 10000"
                      " FOR NO KEY UPDATE SKIP LOCKED)",
                  {object});
  std::vector<OutboxId> ready;
  std::string above = "-1";
  for (int look = 0; look < kLooks && ready.size() < limit; ++look) {
    // Where nothing waits, the first look finds what is asked for.
    const int64_t most = look == 0 ? static_cast<int64_t>(limit) : kLook;
    // Who comes first of its record may be sent; what has been sent of it comes before all.
    const Rows rows = transaction.Run(
        "WITH c AS MATERIALIZED (SELECT o.id, o.turn, o.record_id FROM " + Outbox() +
            " o WHERE o.object = $1 AND o.turn > $2 AND o.state = 'queued'"
            " AND (o.reason IS NULL OR o.reason NOT IN ('order', 'not_before')) AND " +
            kTimeHasCome +
            " ORDER BY o.turn LIMIT $3),"
            " r AS MATERIALIZED (SELECT d.record_id, " +
            SameAs(object, "d.record_id") +
            " AS ids FROM (SELECT DISTINCT record_id FROM c) d)"
            " SELECT c.id, c.turn, b.id FROM c JOIN r ON r.record_id = c.record_id"
            " LEFT JOIN LATERAL (SELECT x.id FROM unnest(r.ids) i(id), LATERAL ("
            "(SELECT e.id, 0 AS queued, e.turn FROM " +
            Outbox() +
            " e WHERE e.object = $1 AND e.record_id = i.id AND e.id <> c.id"
            " AND e.state IN ('sending', 'written', 'unknown') LIMIT 1) UNION ALL"
            " (SELECT e.id, 1, e.turn FROM " +
            Outbox() +
            " e WHERE e.object = $1 AND e.record_id = i.id AND e.turn < c.turn"
            " AND e.state = 'queued' ORDER BY e.turn LIMIT 1)) x"
            " ORDER BY x.queued, x.turn LIMIT 1) b ON true ORDER BY c.turn",
        {object, above, std::to_string(most)});
    std::vector<OutboxId> waiting;
    std::vector<OutboxId> blockers;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (!rows.IsNull(i, 2)) {
        waiting.push_back(IdAt(rows, i));
        blockers.push_back(OutboxId{rows.Int(i, 2)});
      } else if (ready.size() < limit) {
        ready.push_back(IdAt(rows, i));
      }
    }
    if (!waiting.empty()) Park(transaction, waiting, blockers);
    if (static_cast<int64_t>(rows.size()) < most) break;
    above = rows.Text(rows.size() - 1, 1);
  }
  return ready;
}

void OutboxStore::Park(Transaction& transaction, const std::vector<OutboxId>& rows,
                       const std::vector<OutboxId>& blockers) const {
  // Whoever ends the one before finds them parked, since it is locked until they are.
  transaction.Run("WITH held AS MATERIALIZED (SELECT b.id FROM " + Outbox() +
                      " b WHERE b.id = ANY ($2::bigint[]) AND b.state IN " + kActive +
                      " FOR SHARE SKIP LOCKED), waits AS MATERIALIZED (SELECT o.id FROM " +
                      Outbox() +
                      " o JOIN unnest($1::bigint[], $2::bigint[]) w(id, blocker) ON w.id = o.id"
                      " WHERE o.state = 'queued' AND w.blocker IN (SELECT id FROM held)"
                      " FOR NO KEY UPDATE OF o SKIP LOCKED)"
                      " UPDATE " +
                      Outbox() + " SET reason = 'order' WHERE id IN (SELECT id FROM waits)",
                  {ArrayOf(rows), ArrayOf(blockers)});
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
      "SELECT o.id, o.attempts, coalesce(m.merged_into, o.record_id), " +
          EpochOf("coalesce(o.retried_at, o.created_at)") + ", o.on_conflict, p.key, " + text +
          "(p.value), jsonb_typeof(p.value) = 'object',"
          " CASE WHEN o.base ? p.key THEN " +
          text +
          "(o.base -> p.key) END, o.sent ->> p.key"
          " FROM unnest($1::bigint[]) WITH ORDINALITY c(id, place) JOIN " +
          Outbox() + " o ON o.id = c.id LEFT JOIN " + schema_.Table(object) +
          " m ON m.id = o.record_id, jsonb_each(o.properties) p ORDER BY c.place, p.key",
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
          " AND e.sent IS NOT NULL"
          " AND (e.done_at IS NULL OR e.done_at >= o.created_at - interval '1 minute')"
          " AND o.properties ? v.key",
      {ArrayOf(ids)});
  std::map<std::pair<int64_t, std::string>, std::vector<std::string>> written;
  for (size_t i = 0; i < own.size(); ++i) {
    written[{own.Int(i, 0), std::string(own.Text(i, 1))}].emplace_back(own.Text(i, 2));
  }
  std::vector<OutboxRow> picked;
  for (size_t i = 0; i < rows.size(); ++i) {
    const OutboxId id = IdAt(rows, i);
    if (picked.empty() || picked.back().id != id) {
      picked.push_back({.id = id,
                        .attempts = static_cast<int>(rows.Int(i, 1)),
                        .record = RecordId{rows.Int(i, 2)},
                        .on_conflict = RuleOf(rows.Text(i, 4)),
                        .created_at = rows.Time(i, 3).value_or(TimePoint{})});
    }
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

std::vector<OutboxId> OutboxStore::Claim(Transaction& transaction, const std::string& object,
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
      " taken AS MATERIALIZED (SELECT o.id FROM " +
          Outbox() +
          " o JOIN unnest($2::bigint[], $3::integer[]) w(id, attempts)"
          " ON w.id = o.id AND w.attempts = o.attempts"
          " WHERE o.object = $1 AND o.state IN ('queued', 'sending', 'unknown')"
          " FOR NO KEY UPDATE OF o SKIP LOCKED),"
          " claimed AS (UPDATE " +
          Outbox() +
          " o SET state = 'sending', reason = NULL, message = NULL, http_status = NULL,"
          " correlation_id = NULL, attempts = o.attempts + 1, sent = coalesce(s.texts, '{}'),"
          " answered = NULL, answered_at = NULL, sent_at = $7"
          " FROM taken LEFT JOIN sent s ON s.id = taken.id WHERE o.id = taken.id"
          " RETURNING o.id, o.attempts, o.base, o.sent, o.created_by),"
          " noted AS (INSERT INTO " +
          schema_.Table("outbox_log") +
          " (outbox_id, attempt, event, before, sent, by)"
          " SELECT id, attempts, 'sending', base, sent, created_by FROM claimed)"
          " SELECT id FROM claimed ORDER BY id",
      {object, ids.Take(), attempts.Take(), sent.ids.Take(), sent.properties.Take(),
       sent.values.Take(), TimeParam(sent_at)});
  std::vector<OutboxId> claimed;
  for (size_t i = 0; i < rows.size(); ++i) claimed.push_back(IdAt(rows, i));
  return claimed;
}

void OutboxStore::Change(Transaction& transaction, const std::string& object,
                         const std::vector<OutboxChange>& changes) const {
  if (changes.empty()) return;
  std::vector<ArrayText> columns(9);
  ValueLists answered;
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
    columns[7].Add(change.state == OutboxState::kQueued ? change.not_within.count() : 0);
    columns[8].AddParam(change.record.value == 0 ? Param()
                                                 : Param(std::to_string(change.record.value)));
    answered.Add(change.id, change.answered);
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
      " taken AS MATERIALIZED (SELECT o.id FROM " +
          Outbox() +
          " o JOIN w ON w.id = o.id AND w.attempts = o.attempts WHERE o.object = $1"
          " AND o.state IN " +
          kActive +
          " FOR NO KEY UPDATE OF o SKIP LOCKED),"
          " changed AS (UPDATE " +
          Outbox() +
          " o SET state = w.state,"
          " reason = CASE WHEN w.wait > 0 THEN coalesce(w.reason, 'not_before') ELSE w.reason END,"
          " message = w.message, http_status = coalesce(w.http_status, o.http_status),"
          " correlation_id = coalesce(w.correlation_id, o.correlation_id),"
          " not_before = CASE WHEN w.wait > 0 THEN clock_timestamp() + w.wait * interval '1 ms'"
          "  ELSE o.not_before END,"
          " result_id = coalesce(w.record, o.result_id),"
          " answered = coalesce(a.texts, o.answered),"
          " answered_at = coalesce(w.updated_at, o.answered_at),"
          " differs = CASE WHEN d.texts IS NULL THEN o.differs"
          "  ELSE coalesce(o.differs, '{}') || d.texts END,"
          " feed_seq = CASE WHEN w.state = 'done' THEN " +
          entry +
          " ELSE o.feed_seq END,"
          " done_at = CASE WHEN w.state IN ('done', 'rejected', 'failed')"
          "  THEN clock_timestamp() END"
          " FROM taken JOIN w ON w.id = taken.id LEFT JOIN answered a ON a.id = w.id"
          " LEFT JOIN differs d ON d.id = w.id WHERE o.id = taken.id"
          " RETURNING o.id, o.record_id, o.state, o.attempts, o.reason, o.http_status,"
          " o.correlation_id, o.answered, o.created_by),"
          " noted AS (INSERT INTO " +
          schema_.Table("outbox_log") +
          " (outbox_id, attempt, event, http_status, category, correlation_id, sent, by)"
          " SELECT id, attempts, state, http_status, reason, correlation_id,"
          " CASE WHEN state = 'written' THEN answered END, created_by FROM changed)"
          " SELECT record_id, state IN " +
          kActive + " FROM changed",
      params);
  std::vector<RecordId> free;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows.Bool(i, 1)) free.push_back(RecordId{rows.Int(i, 0)});
  }
  if (free.empty()) return;
  transaction.Run("SELECT " + Function("_outbox_next") + "($1, r) FROM unnest($2::bigint[]) r",
                  {object, IdArray(free)});
}

std::vector<WrittenRow> OutboxStore::Written(Transaction& transaction, const std::string& object,
                                             size_t limit) const {
  const Rows rows = transaction.Run(
      "SELECT o.id, o.attempts, coalesce(o.result_id, o.record_id), o.reason, " +
          EpochOf("o.answered_at") + ", s.key, s.value FROM (SELECT * FROM " + Outbox() +
          " WHERE object = $1 AND state = 'written' ORDER BY sent_at, turn LIMIT $2) o"
          " LEFT JOIN LATERAL jsonb_each_text(coalesce(o.sent, '{}')) s ON true"
          " ORDER BY o.sent_at, o.turn, s.key",
      {object, std::to_string(limit)});
  std::vector<WrittenRow> written;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (written.empty() || written.back().id != IdAt(rows, i)) {
      written.push_back({.id = IdAt(rows, i),
                         .attempts = static_cast<int>(rows.Int(i, 1)),
                         .record = RecordId{rows.Int(i, 2)},
                         .reason = std::string(rows.Text(i, 3)),
                         .updated_at = rows.Time(i, 4)});
    }
    if (rows.IsNull(i, 5)) continue;
    written.back().sent.push_back({std::string(rows.Text(i, 5)), std::string(rows.Text(i, 6))});
  }
  return written;
}

void OutboxStore::Forget(Transaction& transaction, const std::string& object,
                         const std::vector<RecordId>& records) const {
  if (records.empty()) return;
  transaction.Run(
      "WITH about AS MATERIALIZED (SELECT o.id FROM " + Outbox() +
          " o WHERE o.object = $1 AND o.record_id = ANY ($2::bigint[])"
          " AND o.state NOT IN ('sending', 'written') AND o.properties <> '{}'"
          " FOR NO KEY UPDATE SKIP LOCKED), blank AS (UPDATE " +
          Outbox() +
          " o SET key = 'erased:' || encode(sha256(convert_to(o.key, 'UTF8')), 'hex'), match_value "
          "= NULL, properties = '{}',"
          " base = NULL, sent = NULL, answered = NULL, differs = NULL, message = NULL,"
          " reason = CASE WHEN o.state IN ('done', 'rejected', 'cancelled') THEN o.reason"
          "  ELSE 'gone' END,"
          " done_at = coalesce(o.done_at, clock_timestamp()),"
          " state = CASE WHEN o.state IN ('done', 'rejected', 'cancelled') THEN o.state"
          "  ELSE 'cancelled' END FROM about WHERE o.id = about.id RETURNING o.id)"
          " UPDATE " +
          schema_.Table("outbox_log") +
          " l SET before = NULL, sent = NULL FROM blank WHERE l.outbox_id = blank.id",
      {object, IdArray(records)});
}

}  // namespace hubmirror
