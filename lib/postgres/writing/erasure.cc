#include "postgres/writing/erasure.h"

#include <array>
#include <string>

#include "model/source/object_type.h"
#include "model/store/row_sink.h"
#include "postgres/schema/live_view.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

/// Every table beside the object's own that names records, and which of its rows are about some.
struct Place {
  const char* table;
  const char* condition;
};
constexpr std::array kPlaces = {
    Place{"associations",
          "(from_type = about.object AND from_id = ANY (about.ids)) OR"
          " (to_type = about.object AND to_id = ANY (about.ids))"},
    Place{"list_memberships", "record_id = ANY (about.ids) AND list_id = ANY (about.lists)"},
    Place{"_pending", "place.object = about.object AND id = ANY (about.ids)"},
    Place{"_due", "place.object = about.object AND id = ANY (about.ids)"},
    Place{"_seen", "place.object = about.object AND id = ANY (about.ids)"},
    Place{"_quarantine", "place.object IN (about.object, about.history) AND id = ANY (about.ids)"}};

/// What the survivor's row says was merged into it, as text: a loser need not have a row.
std::string MergedListsOf(const MirrorTable& table) {
  std::string lists = "concat_ws(';'";
  for (const char* property : {"hs_merged_object_ids", "hs_calculated_merged_vids"}) {
    for (const MirrorColumn& column : table.columns) {
      if (column.property() != property) continue;
      lists += column.storage == Storage::kColumn
                   ? ", t." + QuoteName(column.column_name) + "::text"
                   : ", t._overflow ->> " + QuoteLiteral(property);
    }
  }
  // Of no argument at all there is no concat_ws.
  return lists + ", NULL)";
}

std::vector<RecordId> IdsOf(const std::map<RecordId, TimePoint>& people) {
  std::vector<RecordId> ids;
  ids.reserve(people.size());
  for (const auto& [id, at] : people) ids.push_back(id);
  return ids;
}

/// `$1` and `$2` of a statement.
Params Lists(const std::map<RecordId, TimePoint>& people) {
  ArrayText ids;
  ArrayText times;
  for (const auto& [id, at] : people) {
    ids.Add(id.value);
    times.AddParam(TimeParam(at));
  }
  return {ids.Take(), times.Take()};
}

}  // namespace

Erasure::Outcome Erasure::Erase(Transaction& transaction,
                                const std::map<RecordId, TimePoint>& people) const {
  Outcome outcome;
  if (people.empty()) return outcome;
  const auto all = WithMerged(transaction, people);
  outcome.ids = IdsOf(all);
  outcome.known_by = KnownBy(transaction, outcome.ids);
  LookAtActivities(transaction, outcome.ids);
  outcome.released = EraseNotes(transaction, outcome.ids);
  EraseRows(transaction, all, outcome);
  return outcome;
}

std::map<RecordId, TimePoint> Erasure::WithMerged(
    Transaction& transaction, const std::map<RecordId, TimePoint>& people) const {
  const std::string table = schema_.Table(table_.name());
  // A list of merged ids that names a record shown as live is wrong about that one.
  const Rows rows = transaction.Run(
      "WITH gone AS (SELECT * FROM unnest($1::bigint[], $2::timestamptz[]) g(id, at))"
      " SELECT t.id, " +
          EpochOf("gone.at") + " FROM gone JOIN " + table +
          " t ON t.merged_into = gone.id"
          " UNION SELECT m.id, " +
          EpochOf("m.at") + " FROM (SELECT (p)[1]::bigint AS id, gone.at FROM gone JOIN " + table +
          " t ON t.id = gone.id, regexp_matches(" + MergedListsOf(table_) +
          ", '(?:^|;)([0-9]{1,18})(?![0-9])', 'g') p) m WHERE NOT EXISTS (SELECT FROM " + table +
          " w WHERE w.id = m.id AND " + IsLive("w") + ")",
      Lists(people));
  std::map<RecordId, TimePoint> all = people;
  for (size_t i = 0; i < rows.size(); ++i) {
    all.emplace(RecordId{rows.Int(i, 0)}, *rows.Time(i, 1));
  }
  return all;
}

std::vector<PropertyText> Erasure::KnownBy(Transaction& transaction,
                                           const std::vector<RecordId>& ids) const {
  std::string values;
  const auto add = [&](const std::string& property, const std::string& value) {
    values += (values.empty() ? "(" : ", (") + QuoteLiteral(property) + ", " + value + ")";
  };
  ArrayText unique;
  for (const MirrorColumn& column : table_.columns) {
    const std::string& name = column.property();
    // Addresses that a contact has besides, separated by `;`.
    const bool more = table_.name() == "contacts" && name == "hs_additional_emails";
    if (!more && !HasUniqueValues(table_.object, column.definition)) continue;
    const std::string known = more ? "email" : name;
    unique.Add(known);
    add(known, column.storage == Storage::kColumn ? "t." + QuoteName(column.column_name) + "::text"
                                                  : "t._overflow ->> " + QuoteLiteral(name));
    add(known, "t._rejected ->> " + QuoteLiteral(name));
  }
  std::vector<PropertyText> known_by;
  if (values.empty()) return known_by;
  const Rows rows =
      transaction.Run("SELECT DISTINCT v.name, btrim(one) FROM " + schema_.Table(table_.name()) +
                          " t CROSS JOIN LATERAL (VALUES " + values +
                          ") v(name, value) CROSS JOIN LATERAL unnest(CASE v.name WHEN 'email'"
                          " THEN string_to_array(v.value, ';') ELSE ARRAY[v.value] END) one"
                          " WHERE t.id = ANY ($1::bigint[]) AND btrim(one) <> ''"
                          " UNION SELECT u.name, q.record ->> u.name FROM " +
                          schema_.Table("_quarantine") +
                          " q CROSS JOIN unnest($2::text[]) u(name) WHERE q.object = $3"
                          " AND q.id = ANY ($1::bigint[]) AND q.record ->> u.name <> ''",
                      {IdArray(ids), unique.Take(), table_.name()});
  for (size_t i = 0; i < rows.size(); ++i) {
    known_by.push_back({std::string(rows.Text(i, 0)), std::string(rows.Text(i, 1))});
  }
  return known_by;
}

void Erasure::LookAtActivities(Transaction& transaction, const std::vector<RecordId>& ids) const {
  std::vector<std::string> activities;
  for (const std::string_view name : ObjectTypeNames()) {
    const bool personal = FindObjectType(name)->holds_personal_data;
    if (personal && name != table_.name()) activities.emplace_back(name);
  }
  const std::string links = schema_.Table("associations");
  transaction.Run("INSERT INTO " + schema_.Table("_pending") +
                      " (object, id, cause)"
                      " SELECT to_type, to_id, $4 FROM " +
                      links +
                      " WHERE from_type = $1 AND from_id = ANY ($2::bigint[])"
                      " AND to_type = ANY ($3::text[])"
                      " UNION SELECT from_type, from_id, $4 FROM " +
                      links +
                      " WHERE to_type = $1 AND to_id = ANY ($2::bigint[])"
                      " AND from_type = ANY ($3::text[])"
                      " ON CONFLICT (object, id) DO NOTHING",
                  {table_.name(), IdArray(ids), NameArray(activities),
                   std::string(NameOf(PendingCause::kRequested))});
}

int64_t Erasure::EraseNotes(Transaction& transaction, const std::vector<RecordId>& ids) const {
  const std::string& object = table_.name();
  int64_t released = 0;
  for (const Place& place : kPlaces) {
    const Rows deleted = transaction.Run(
        "WITH about AS (SELECT $1::text AS object, $2::bigint[] AS ids, $3::text AS history,"
        " ARRAY (SELECT id FROM " +
            schema_.Table("lists") +
            " WHERE object_type_id = $4) AS lists)"
            " DELETE FROM " +
            schema_.Table(place.table) + " place USING about WHERE " + place.condition,
        {object, IdArray(ids), PortalSchema::HistoryName(object), table_.object.type_id});
    if (std::string_view(place.table) == "_quarantine") released = deleted.affected();
  }
  const std::string history = schema_.HistoryTable(object);
  if (!transaction.Run("SELECT to_regclass($1)::text", {history}).IsNull(0, 0)) {
    transaction.Run("DELETE FROM " + history + " WHERE id = ANY ($1::bigint[])", {IdArray(ids)});
  }
  return released;
}

void Erasure::EraseRows(Transaction& transaction, const std::map<RecordId, TimePoint>& people,
                        Outcome& outcome) const {
  std::string sets =
      "erased_at = coalesce(old.erased_at, f.at), updated_at = NULL, archived_at = NULL,"
      " merged_into = NULL, purged_at = NULL, _hash = NULL, _rejected = NULL, _overflow = NULL";
  for (const MirrorColumn& column : table_.columns) {
    if (column.storage == Storage::kColumn)
      sets += ", " + QuoteName(column.column_name) + " = NULL";
  }
  const std::string table = schema_.Table(table_.name());
  const Rows rows = transaction.Run(
      "UPDATE " + table + " t SET " + sets +
          ", _synced_at = now() FROM unnest($1::bigint[], $2::timestamptz[]) f(id, at), " + table +
          " old WHERE t.id = f.id AND old.id = t.id RETURNING " + IsLive("old") +
          ", old.erased_at IS NULL, t.id",
      Lists(people));
  outcome.rows = static_cast<int64_t>(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    outcome.was_live += rows.Bool(i, 0);
    if (rows.Bool(i, 1)) outcome.marked.push_back(RecordId{rows.Int(i, 2)});
  }
}

}  // namespace hubmirror
