#include "postgres/writing/stream_store.h"

#include <array>

#include "postgres/schema/live_view.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

constexpr std::array kCauses = {PendingCause::kNominated,  PendingCause::kAbsent,
                                PendingCause::kUnarchived, PendingCause::kOutrun,
                                PendingCause::kRequested,  PendingCause::kUnreadable,
                                PendingCause::kUnproved};

PendingCause CauseNamed(std::string_view name) {
  for (const PendingCause cause : kCauses) {
    if (NameOf(cause) == name) return cause;
  }
  return PendingCause::kRequested;
}

}  // namespace

std::map<JobKind, JobProgress> StreamStore::LoadProgress(Transaction& transaction,
                                                         const std::string& object) const {
  const Rows rows =
      transaction.Run("SELECT job, cursor::text, " + EpochOf("verified_until") + ", " +
                          EpochOf("last_complete_at") + ", rows_done, rows_expected FROM " +
                          schema_.Table("_stream_state") + " WHERE object = $1",
                      {object});
  std::map<JobKind, JobProgress> progress;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto job = JobNamed(rows.Text(i, 0));
    if (!job) continue;
    progress[*job] = {.cursor = std::string(rows.Text(i, 1)),
                      .watermark = rows.Time(i, 2),
                      .last_complete_at = rows.Time(i, 3),
                      .rows_done = rows.Int(i, 4),
                      .rows_expected = rows.Int(i, 5)};
  }
  return progress;
}

std::map<JobKind, int64_t> StreamStore::SaveProgress(
    Transaction& transaction, const std::string& object,
    const std::map<JobKind, JobProgress>& progress) const {
  std::map<JobKind, int64_t> writes;
  for (const auto& [job, made] : progress) {
    const Rows rows = transaction.Run(
        "INSERT INTO " + schema_.Table("_stream_state") +
            " AS s (object, job, cursor, verified_until, last_complete_at, rows_done,"
            " rows_expected, writes) VALUES ($1, $2, $3, $4, $5, $6, $7, 1) ON CONFLICT (object, "
            "job) DO UPDATE SET"
            " cursor = excluded.cursor, verified_until = excluded.verified_until,"
            " last_complete_at = excluded.last_complete_at, rows_done = excluded.rows_done,"
            " rows_expected = excluded.rows_expected, writes = s.writes + 1 RETURNING writes",
        {object, std::string(NameOf(job)), TextParam(made.cursor), TimeParam(made.watermark),
         TimeParam(made.last_complete_at), std::to_string(made.rows_done),
         std::to_string(made.rows_expected)});
    writes[job] = rows.Int(0, 0);
  }
  return writes;
}

std::map<JobKind, int64_t> StreamStore::LastWrites(Transaction& transaction,
                                                   const std::string& object) const {
  const Rows rows = transaction.Run(
      "SELECT job, writes FROM " + schema_.Table("_stream_state") + " WHERE object = $1", {object});
  std::map<JobKind, int64_t> writes;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (const auto job = JobNamed(rows.Text(i, 0))) writes[*job] = rows.Int(i, 1);
  }
  return writes;
}

void StreamStore::SaveState(Transaction& transaction, const std::string& object, StreamState state,
                            const std::string& reason, const std::string& message) const {
  transaction.Run(
      "INSERT INTO " + schema_.Table("_stream_state") +
          " AS s (object, job, state, reason, last_error, last_error_at)"
          " VALUES ($1, 'stream', $2, $3, $4, CASE WHEN $4::text IS NOT NULL THEN now() END)"
          " ON CONFLICT (object, job) DO UPDATE SET state = excluded.state,"
          " reason = excluded.reason, last_error = coalesce(excluded.last_error, s.last_error),"
          " last_error_at = coalesce(excluded.last_error_at, s.last_error_at)",
      {object, std::string(NameOf(state)), TextParam(reason), TextParam(message)});
}

void StreamStore::Reset(Transaction& transaction, const std::string& object) const {
  transaction.Run(
      "DELETE FROM " + schema_.Table("_stream_state") + " WHERE object = $1 AND job <> 'stream'",
      {object});
  transaction.Run("UPDATE " + schema_.Table("_stream_state") +
                      " SET cursor = NULL WHERE object = $1 AND job = 'stream'",
                  {object});
  for (const char* table : {"_pending", "_seen", "_due"}) {
    transaction.Run("DELETE FROM " + schema_.Table(table) + " WHERE object = $1", {object});
  }
}

std::string StreamStore::LoadBudget(Transaction& transaction) const {
  const Rows rows = transaction.Run("SELECT budget::text FROM " + schema_.Table("_portal"));
  return rows.empty() ? std::string() : std::string(rows.Text(0, 0));
}

void StreamStore::SaveBudget(Transaction& transaction, const std::string& budget) const {
  transaction.Run("UPDATE " + schema_.Table("_portal") + " SET budget = $1", {budget});
}

bool StreamStore::IsPaused(Transaction& transaction, const std::string& object) const {
  const Rows rows = transaction.Run("SELECT state FROM " + schema_.Table("_stream_state") +
                                        " WHERE object = $1 AND job = 'stream'",
                                    {object});
  return !rows.empty() && !rows.IsNull(0, 0) && rows.Text(0, 0) == NameOf(StreamState::kPaused);
}

std::map<std::string, int64_t> StreamStore::LastKnownRows(Transaction& transaction,
                                                          PortalId portal) const {
  std::map<std::string, int64_t> known;
  const std::string state = schema_.Table("_stream_state");
  const std::string owner = schema_.Table("_portal");
  const Rows there = transaction.Run(
      "SELECT to_regclass($1) IS NOT NULL AND to_regclass($2) IS NOT NULL", {state, owner});
  if (!there.Bool(0, 0)) return known;
  const Rows rows = transaction.Run("SELECT object, rows_done FROM " + state +
                                        " WHERE job = 'stream' AND EXISTS (SELECT FROM " + owner +
                                        " WHERE portal_id = $1)",
                                    {std::to_string(portal.value)});
  for (size_t i = 0; i < rows.size(); ++i) {
    known.emplace(std::string(rows.Text(i, 0)), rows.Int(i, 1));
  }
  return known;
}

// Carried along with every write: count(*) would read the whole table, since which rows count is
// different for each transaction (https://wiki.postgresql.org/wiki/Slow_Counting).
int64_t StreamStore::LiveRows(Transaction& transaction, const std::string& object) const {
  const Rows rows = transaction.Run("SELECT rows_done FROM " + schema_.Table("_stream_state") +
                                        " WHERE object = $1 AND job = 'stream'",
                                    {object});
  return rows.empty() ? 0 : rows.Int(0, 0);
}

void StreamStore::SetLiveRows(Transaction& transaction, const std::string& object,
                              int64_t rows) const {
  transaction.Run("UPDATE " + schema_.Table("_stream_state") +
                      " SET rows_done = $2 WHERE object = $1 AND job = 'stream'",
                  {object, std::to_string(rows)});
}

void StreamStore::AddLiveRows(Transaction& transaction, const std::string& object,
                              int64_t change) const {
  if (change == 0) return;
  transaction.Run("UPDATE " + schema_.Table("_stream_state") +
                      " SET rows_done = greatest(0, rows_done + $2)"
                      " WHERE object = $1 AND job = 'stream'",
                  {object, std::to_string(change)});
}

// What the stream as a whole owes stands beside its state, in the row of the job `stream`.
StreamStore::Debts StreamStore::LoadDebts(Transaction& transaction,
                                          const std::string& object) const {
  const std::string row =
      schema_.Table("_stream_state") + " s WHERE s.object = $1 AND s.job = 'stream'";
  const Rows owed = transaction.Run("SELECT s.cursor->>'owed' FROM " + row, {object});
  const Rows lost = transaction.Run("SELECT l.key, l.value::bigint FROM (SELECT s.cursor FROM " +
                                        row + ") c, jsonb_each_text(c.cursor->'values_lost') l",
                                    {object});
  Debts debts;
  if (!owed.empty() && !owed.IsNull(0, 0)) debts.owed = owed.Text(0, 0);
  for (size_t i = 0; i < lost.size(); ++i) {
    debts.values_lost.emplace(std::string(lost.Text(i, 0)), lost.Int(i, 1));
  }
  return debts;
}

void StreamStore::SaveDebts(Transaction& transaction, const std::string& object,
                            const std::string& owed) const {
  // As a text, so that it comes back as it was written.
  transaction.Run("UPDATE " + schema_.Table("_stream_state") +
                      " SET cursor = coalesce(cursor, '{}') || jsonb_build_object('owed', $2::text)"
                      " WHERE object = $1 AND job = 'stream'",
                  {object, owed});
}

void StreamStore::CountValuesLost(Transaction& transaction, const std::string& object, bool forget,
                                  const std::map<std::string, int64_t>& values_lost) const {
  if (values_lost.empty() && !forget) return;
  std::map<std::string, int64_t> counts = values_lost;
  if (!forget) {
    for (const auto& [property, records] : LoadDebts(transaction, object).values_lost) {
      counts[property] += records;
    }
  }
  ArrayText properties;
  ArrayText records;
  for (const auto& [property, count] : counts) {
    properties.Add(property);
    records.Add(count);
  }
  transaction.Run("UPDATE " + schema_.Table("_stream_state") +
                      " SET cursor = coalesce(cursor, '{}') || jsonb_build_object('values_lost',"
                      " coalesce((SELECT jsonb_object_agg(l.name, l.records)"
                      " FROM unnest($2::text[], $3::bigint[]) l(name, records)), '{}'))"
                      " WHERE object = $1 AND job = 'stream'",
                  {object, properties.Take(), records.Take()});
}

void StreamStore::PutPending(Transaction& transaction, const std::string& object,
                             const std::vector<PendingRecord>& records) const {
  std::map<RecordId, const PendingRecord*> read;
  std::map<RecordId, const PendingRecord*> noted;
  std::vector<std::pair<RecordId, std::string>> versions;
  for (const PendingRecord& record : records) {
    (record.version.empty() ? noted : read)[record.id] = &record;
    if (!record.version.empty()) versions.emplace_back(record.id, record.version);
  }
  RemoveVersions(transaction, object, versions);
  InsertPending(transaction, object, read, "NOTHING");
  // The same nomination once more says nothing new.
  InsertPending(transaction, object, noted,
                "UPDATE SET cause = excluded.cause,"
                " nominated = greatest(p.nominated, excluded.nominated),"
                " absent_since = coalesce(p.absent_since, excluded.absent_since),"
                " attempts = CASE WHEN excluded.nominated > p.nominated THEN 0 ELSE p.attempts END,"
                " not_before = excluded.not_before"
                " WHERE p.cause IS DISTINCT FROM excluded.cause OR p.nominated IS NULL"
                " OR excluded.nominated > p.nominated");
}

void StreamStore::InsertPending(Transaction& transaction, const std::string& object,
                                const std::map<RecordId, const PendingRecord*>& records,
                                const std::string& on_conflict) const {
  if (records.empty()) return;
  std::array<ArrayText, 6> arrays;
  for (const auto& [id, record] : records) {
    arrays[0].Add(id.value);
    arrays[1].Add(NameOf(record->cause));
    arrays[2].AddParam(TimeParam(record->nominated));
    arrays[3].AddParam(TimeParam(record->absent_since));
    arrays[4].Add(static_cast<int64_t>(record->attempts));
    arrays[5].AddParam(TimeParam(record->not_before));
  }
  Params params = {object};
  for (ArrayText& array : arrays) params.emplace_back(array.Take());
  transaction.Run("INSERT INTO " + schema_.Table("_pending") +
                      " AS p (object, id, cause, nominated, absent_since, attempts, not_before)"
                      " SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::timestamptz[],"
                      " $5::timestamptz[], $6::int[], $7::timestamptz[])"
                      " ON CONFLICT (object, id) DO " +
                      on_conflict,
                  params);
}

int64_t StreamStore::AddPending(Transaction& transaction, const std::string& object,
                                const std::vector<RecordId>& ids, PendingCause cause) const {
  if (ids.empty()) return 0;
  const Rows rows =
      transaction.Run("INSERT INTO " + schema_.Table("_pending") +
                          " AS p (object, id, cause) SELECT $1, id, $3 FROM unnest($2::bigint[]) id"
                          " ON CONFLICT (object, id) DO UPDATE SET cause = p.cause"
                          " RETURNING xmax = 0",
                      {object, IdArray(ids), std::string(NameOf(cause))});
  int64_t added = 0;
  for (size_t i = 0; i < rows.size(); ++i) added += rows.Bool(i, 0);
  return added;
}

void StreamStore::Settle(Transaction& transaction, const std::string& object,
                         const std::vector<SettledRecord>& records) const {
  std::vector<std::pair<RecordId, std::string>> versions;
  ArrayText ids;
  ArrayText stamps;
  bool shown = false;
  for (const SettledRecord& record : records) {
    if (!record.version.empty()) {
      versions.emplace_back(record.id, record.version);
    } else if (record.shown) {
      shown = true;
      ids.Add(record.id.value);
      stamps.AddParam(TimeParam(record.shown));
    }
  }
  RemoveVersions(transaction, object, versions);
  if (!shown) return;
  transaction.Run(
      "DELETE FROM " + schema_.Table("_pending") +
          " p USING unnest($2::bigint[], $3::timestamptz[]) s(id, shown)"
          " WHERE p.object = $1 AND p.id = s.id AND p.cause = $4"
          " AND p.nominated <= s.shown",
      {object, ids.Take(), stamps.Take(), std::string(NameOf(PendingCause::kNominated))});
}

void StreamStore::RemoveVersions(
    Transaction& transaction, const std::string& object,
    const std::vector<std::pair<RecordId, std::string>>& versions) const {
  if (versions.empty()) return;
  ArrayText ids;
  ArrayText texts;
  for (const auto& [id, version] : versions) {
    ids.Add(id.value);
    texts.Add(version);
  }
  transaction.Run("DELETE FROM " + schema_.Table("_pending") +
                      " p USING unnest($2::bigint[], $3::text[]) v(id, version)"
                      " WHERE p.object = $1 AND p.id = v.id AND p.xmin::text = v.version",
                  {object, ids.Take(), texts.Take()});
}

std::vector<PendingRecord> StreamStore::DuePending(Transaction& transaction,
                                                   const std::string& object, TimePoint now,
                                                   size_t limit) const {
  const Rows rows =
      transaction.Run("SELECT id, cause, " + EpochOf("nominated") + ", " + EpochOf("absent_since") +
                          ", attempts, " + EpochOf("not_before") + ", xmin::text FROM " +
                          schema_.Table("_pending") +
                          " WHERE object = $1 AND (not_before IS NULL OR not_before <= $2)"
                          " ORDER BY not_before NULLS FIRST, added_at, id LIMIT $3",
                      {object, TimeParam(now), std::to_string(limit)});
  std::vector<PendingRecord> due;
  for (size_t i = 0; i < rows.size(); ++i) {
    due.push_back({.id = RecordId{rows.Int(i, 0)},
                   .cause = CauseNamed(rows.Text(i, 1)),
                   .nominated = rows.Time(i, 2),
                   .absent_since = rows.Time(i, 3),
                   .attempts = static_cast<int>(rows.Int(i, 4)),
                   .not_before = rows.Time(i, 5),
                   // Every change of a row gives it another one.
                   .version = std::string(rows.Text(i, 6))});
  }
  return due;
}

PendingCounts StreamStore::CountPending(Transaction& transaction, const std::string& object) const {
  const Rows rows = transaction.Run(
      "SELECT count(*) FILTER (WHERE cause <> $2), count(absent_since),"
      " count(*) FILTER (WHERE cause = $2) FROM " +
          schema_.Table("_pending") + " WHERE object = $1",
      {object, std::string(NameOf(PendingCause::kUnproved))});
  return {.waiting = rows.Int(0, 0), .absent = rows.Int(0, 1), .unproved = rows.Int(0, 2)};
}

int64_t StreamStore::CountQuarantined(Transaction& transaction, const std::string& object) const {
  return transaction
      .Run("SELECT count(*) FROM " + schema_.Table("_quarantine") + " WHERE object IN ($1, $2)",
           {object, PortalSchema::HistoryName(object)})
      .Int(0, 0);
}

void StreamStore::BeginSeen(Transaction& transaction, const std::string& object) const {
  transaction.Run("DELETE FROM " + schema_.Table("_seen") + " WHERE object = $1", {object});
}

void StreamStore::AddSeen(Transaction& transaction, const std::string& object,
                          const std::vector<RecordId>& ids) const {
  transaction.Run("INSERT INTO " + schema_.Table("_seen") +
                      " (object, id) SELECT $1, id FROM unnest($2::bigint[]) id"
                      " ON CONFLICT DO NOTHING",
                  {object, IdArray(ids)});
}

int64_t StreamStore::SuspectUnseen(Transaction& transaction, const std::string& object,
                                   TimePoint walk_began) const {
  // `_synced_at` is the database's clock: the walk's beginning is taken from the same where a page
  // was noted. A row taken for unseen by mistake is read once more, nothing else.
  const std::string seen = schema_.Table("_seen");
  return transaction
      .Run("INSERT INTO " + schema_.Table("_pending") +
               " (object, id, cause) SELECT $1, t.id, $3 FROM " + schema_.Table(object) +
               " t WHERE " + IsLive("t") +
               " AND t._synced_at < coalesce((SELECT min(noted_at) FROM " + seen +
               " WHERE object = $1), $2::timestamptz)"
               " AND NOT EXISTS (SELECT FROM " +
               seen +
               " s WHERE s.object = $1 AND s.id = t.id)"
               // What never could be stored has no row to be missed by.
               " UNION SELECT $1, q.id, $3 FROM " +
               schema_.Table("_quarantine") +
               " q WHERE q.object = $1 AND NOT EXISTS (SELECT FROM " + seen +
               " s WHERE s.object = $1 AND s.id = q.id) AND NOT EXISTS (SELECT FROM " +
               schema_.Table(object) +
               " w WHERE w.id = q.id)"
               " ON CONFLICT (object, id) DO NOTHING",
           {object, TimeParam(walk_began), std::string(NameOf(PendingCause::kAbsent))})
      .affected();
}

}  // namespace hubmirror
