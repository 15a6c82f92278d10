#include "postgres/writing/history_writer.h"

#include <array>

#include "base/utf8.h"
#include "postgres/schema/comments.h"
#include "postgres/schema/descriptions.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

constexpr const char* kJob = "history";

/// The record can still be read.
constexpr const char* kReadable =
    "t.merged_into IS NULL AND t.erased_at IS NULL AND t.purged_at IS NULL";

bool MayStore(const MirrorTable& table, const HistoryScope& scope, const std::string& property) {
  const auto made_with = scope.find(property);
  if (made_with == scope.end()) return false;
  for (const MirrorColumn& column : table.columns) {
    if (column.property() != property) continue;
    return !column.excluded && column.hashed_with == made_with->second;
  }
  return false;
}

}  // namespace

void HistoryWriter::AskNow(Connection& connection, const std::string& schema,
                           const std::string& object, RecordId id) {
  connection.Run("UPDATE " + QuoteName(schema, "_due") +
                     " SET since = clock_timestamp() WHERE object = $1 AND job = $2 AND id = $3",
                 {object, kJob, std::to_string(id.value)});
}

bool HistoryWriter::Exists(Transaction& transaction, const std::string& object) const {
  return !transaction.Run("SELECT to_regclass($1)::text", {schema_.HistoryTable(object)})
              .IsNull(0, 0);
}

void HistoryWriter::Create(Transaction& transaction, const std::string& object) const {
  const std::string table = schema_.HistoryTable(object);
  transaction.Run("CREATE TABLE " + table +
                  " (id bigint NOT NULL, property text NOT NULL, value text,"
                  " changed_at timestamptz NOT NULL, source_type text, source_id text,"
                  " updated_by bigint);"
                  " CREATE INDEX ON " +
                  table + " (id, property, changed_at)");
  WriteComments(transaction.connection(), schema_.name(), {DescribeHistory(object)});
  schema_.GrantReaders(transaction);
}

std::vector<RecordId> HistoryWriter::Block(Transaction& transaction, const std::string& object,
                                           bool archived, std::optional<RecordId> above,
                                           size_t limit) const {
  const Rows rows =
      transaction.Run("SELECT t.id FROM " + schema_.Table(object) + " t WHERE t.id > $1 AND " +
                          (archived ? "t.archived AND " : "NOT t.archived AND ") + kReadable +
                          " ORDER BY t.id LIMIT $2",
                      {std::to_string(above.value_or(RecordId{0}).value), std::to_string(limit)});
  std::vector<RecordId> ids;
  for (size_t i = 0; i < rows.size(); ++i) ids.push_back(RecordId{rows.Int(i, 0)});
  return ids;
}

HistoryDue HistoryWriter::Due(Transaction& transaction, const std::string& object,
                              size_t limit) const {
  const Rows rows = transaction.Run(
      std::string("SELECT d.id, coalesce(t.archived, false), t.id IS NOT NULL AND ") + kReadable +
          " FROM " + schema_.Table("_due") + " d LEFT JOIN " + schema_.Table(object) +
          " t ON t.id = d.id WHERE d.object = $1 AND d.job = $2 AND d.since <= clock_timestamp()"
          " ORDER BY d.since, d.id LIMIT $3",
      {object, kJob, std::to_string(limit)});
  HistoryDue due;
  for (size_t i = 0; i < rows.size(); ++i) {
    std::vector<RecordId>& ids = !rows.Bool(i, 2)  ? due.gone
                                 : rows.Bool(i, 1) ? due.archived
                                                   : due.live;
    ids.push_back(RecordId{rows.Int(i, 0)});
  }
  return due;
}

int64_t HistoryWriter::Add(Transaction& transaction, const MirrorTable& table,
                           const HistoryCommit& commit) const {
  std::array<ArrayText, 7> arrays;
  bool any = false;
  for (const HistoryEntry& entry : commit.entries) {
    if (!MayStore(table, commit.scope, entry.property)) continue;
    any = true;
    arrays[0].Add(entry.id.value);
    arrays[1].Add(entry.property);
    arrays[2].AddParam(TextParam(entry.value));
    arrays[3].AddParam(TimeParam(entry.changed_at));
    arrays[4].AddParam(TextParam(entry.source_type));
    arrays[5].AddParam(TextParam(entry.source_id));
    arrays[6].AddParam(entry.updated_by ? Param(std::to_string(*entry.updated_by)) : Param());
  }
  if (!any) return 0;
  Params params;
  for (ArrayText& array : arrays) params.emplace_back(array.Take());
  const std::string history = schema_.HistoryTable(table.name());
  // Who writes a portal writes alone, so what is not there now is not there a moment later.
  return transaction
      .Run("INSERT INTO " + history +
               " (id, property, value, changed_at, source_type, source_id, updated_by)"
               " SELECT DISTINCT ON (s.id, s.property, s.changed_at, s.value) s.* FROM"
               " unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::text[],"
               " $6::text[], $7::bigint[])"
               " s(id, property, value, changed_at, source_type, source_id, updated_by)"
               " WHERE EXISTS (SELECT FROM " +
               schema_.Table(table.name()) +
               " t WHERE t.id = s.id AND t.erased_at IS NULL)"
               " AND NOT EXISTS (SELECT FROM " +
               history +
               " h WHERE h.id = s.id AND h.property = s.property"
               " AND h.changed_at = s.changed_at AND h.value IS NOT DISTINCT FROM s.value)",
           params)
      .affected();
}

void HistoryWriter::PutDue(Transaction& transaction, const std::string& object,
                           const std::vector<RecordId>& ids) const {
  if (ids.empty()) return;
  transaction.Run("INSERT INTO " + schema_.Table("_due") +
                      " AS d (object, job, id) SELECT $1, $2, id FROM unnest($3::bigint[]) id"
                      // One that was put off has moved: it may be shown now.
                      " ON CONFLICT (object, job, id) DO UPDATE SET since = excluded.since"
                      " WHERE d.since > excluded.since",
                  {object, kJob, IdArray(ids)});
}

void HistoryWriter::Hasten(Transaction& transaction, const std::string& object,
                           const std::vector<RecordId>& ids) const {
  if (ids.empty()) return;
  transaction.Run("UPDATE " + schema_.Table("_due") +
                      " SET since = clock_timestamp() WHERE object = $1 AND job = $2"
                      " AND id = ANY ($3::bigint[]) AND since > clock_timestamp()",
                  {object, kJob, IdArray(ids)});
}

void HistoryWriter::RemoveDue(Transaction& transaction, const std::string& object,
                              const std::vector<RecordId>& ids) const {
  if (ids.empty()) return;
  transaction.Run("DELETE FROM " + schema_.Table("_due") +
                      " WHERE object = $1 AND job = $2 AND id = ANY ($3::bigint[])",
                  {object, kJob, IdArray(ids)});
}

void HistoryWriter::PutOff(Transaction& transaction, const std::string& object,
                           const std::vector<RecordId>& ids, std::chrono::seconds in,
                           bool asked_archived) const {
  if (ids.empty()) return;
  // Who is not what he was asked for as is asked for otherwise at once.
  transaction.Run(
      "INSERT INTO " + schema_.Table("_due") +
          " (object, job, id, since) SELECT $1, $2, u.id, clock_timestamp() + CASE WHEN EXISTS"
          " (SELECT FROM " +
          schema_.Table(object) + " t WHERE t.id = u.id AND t.archived = $5 AND " + kReadable +
          ") THEN make_interval(secs => $4::double precision) ELSE interval '0' END"
          " FROM unnest($3::bigint[]) u(id)"
          " ON CONFLICT (object, job, id) DO UPDATE SET since = excluded.since",
      {object, kJob, IdArray(ids), std::to_string(in.count()),
       std::string(asked_archived ? "true" : "false")});
}

int64_t HistoryWriter::SetAside(Transaction& transaction, const std::string& object,
                                const std::vector<UnreadableRecord>& records) const {
  if (records.empty()) return 0;
  ArrayText ids;
  ArrayText reasons;
  for (const UnreadableRecord& record : records) {
    ids.Add(record.id.value);
    reasons.Add(ValidUtf8(record.reason));
  }
  const Rows rows = transaction.Run(
      "INSERT INTO " + schema_.Table("_quarantine") +
          " AS q (object, id, sqlstate, reason, record)"
          " SELECT $1, u.id, '', u.reason, '{}' FROM unnest($2::bigint[], $3::text[]) u(id, reason)"
          " ON CONFLICT (object, id) DO UPDATE SET reason = excluded.reason,"
          " attempts = q.attempts + 1 RETURNING q.attempts = 1",
      {PortalSchema::HistoryName(object), ids.Take(), reasons.Take()});
  int64_t added = 0;
  for (size_t i = 0; i < rows.size(); ++i) added += rows.Bool(i, 0);
  return added;
}

int64_t HistoryWriter::Release(Transaction& transaction, const std::string& object,
                               const std::vector<RecordId>& ids) const {
  if (ids.empty()) return 0;
  return transaction
      .Run("DELETE FROM " + schema_.Table("_quarantine") +
               " WHERE object = $1 AND id = ANY ($2::bigint[])",
           {PortalSchema::HistoryName(object), IdArray(ids)})
      .affected();
}

void HistoryWriter::KeepOnly(Transaction& transaction,
                             const std::vector<std::string>& objects) const {
  for (const char* table : {"_due", "_stream_state"}) {
    transaction.Run(
        "DELETE FROM " + schema_.Table(table) + " WHERE job = $1 AND NOT object = ANY ($2::text[])",
        {kJob, NameArray(objects)});
  }
  std::vector<std::string> tables;
  tables.reserve(objects.size());
  for (const std::string& object : objects) tables.push_back(PortalSchema::HistoryName(object));
  transaction.Run("DELETE FROM " + schema_.Table("_quarantine") +
                      " WHERE object LIKE '%\\_history' AND NOT object = ANY ($1::text[])",
                  {NameArray(tables)});
}

}  // namespace hubmirror
