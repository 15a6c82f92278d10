#include "postgres/writing/reference_writer.h"

#include <set>

#include "base/check.h"
#include "model/source/object_type.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

std::string_view SqlType(ReferenceType type) {
  switch (type) {
    case ReferenceType::kText:
      return "text";
    case ReferenceType::kInteger:
      return "bigint";
    case ReferenceType::kDecimal:
      return "numeric";
    case ReferenceType::kFlag:
      return "boolean";
    case ReferenceType::kTime:
      return "timestamptz";
    case ReferenceType::kJson:
      return "jsonb";
  }
  return "text";
}

/// `a, b, c`, each with `prefix` before it.
std::string Columns(const ReferenceTable& table, size_t from, size_t to,
                    const std::string& prefix = "") {
  std::vector<std::string> names;
  for (size_t i = from; i < to; ++i) {
    names.push_back(prefix + QuoteName(table.columns[i].name));
  }
  return Join(names);
}

/// The rows as a relation `name` of the first `columns` columns and, if all are there, whether a
/// row is shown as archived. Arrays of text whose items are cast: a value that does not fit its
/// column is our mistake, as the reader made it.
std::string RowsAs(const std::string& name, const ReferenceTable& table, size_t columns,
                   const std::vector<ReferenceRow>& rows, Params& params) {
  std::vector<std::string> arrays;
  std::vector<std::string> casts;
  std::vector<std::string> texts;
  for (size_t i = 0; i < columns; ++i) {
    ArrayText array;
    for (const ReferenceRow& row : rows) array.AddParam(row.values[i]);
    params.push_back(array.Take());
    const std::string column = "c" + std::to_string(i);
    arrays.push_back("$" + std::to_string(params.size()) + "::text[]");
    texts.push_back(column);
    casts.push_back(column + "::" + std::string(SqlType(table.columns[i].type)) + " AS " +
                    QuoteName(table.columns[i].name));
  }
  ArrayText archived;
  for (const ReferenceRow& row : rows) archived.AddFlag(row.archived);
  params.push_back(archived.Take());
  arrays.push_back("$" + std::to_string(params.size()) + "::boolean[]");
  return "(SELECT DISTINCT ON (" + Columns(table, 0, table.keys) + ") * FROM (SELECT " +
         Join(casts) + ", shown_archived FROM unnest(" + Join(arrays) + ") u(" + Join(texts) +
         ", shown_archived)) r ORDER BY " + Columns(table, 0, table.keys) + ", shown_archived) " +
         name;
}

}  // namespace

void ReferenceWriter::Write(Transaction& transaction, const ReferenceCommit& commit) const {
  const ReferenceTable& table = TableOf(commit.kind);
  CHECK_THAT(commit.scope.size() <= table.keys);
  if (!commit.rows.empty()) Upsert(transaction, table, commit);
  if (commit.marks_gone) MarkGone(transaction, table, commit);
  if (commit.kind == ReferenceKind::kLists && !commit.rows.empty()) {
    NameObjects(transaction, commit.rows);
  }
}

void ReferenceWriter::NameObjects(Transaction& transaction,
                                  const std::vector<ReferenceRow>& lists) const {
  constexpr size_t kTypeId = 2;
  CHECK_THAT(TableOf(ReferenceKind::kLists).columns[kTypeId].name == "object_type_id");
  std::set<std::string> type_ids;
  for (const ReferenceRow& row : lists) {
    if (row.values[kTypeId]) type_ids.insert(*row.values[kTypeId]);
  }
  ArrayText ids;
  ArrayText names;
  for (const std::string& id : type_ids) {
    ids.Add(id);
    const auto type = FindObjectType(id);
    names.AddParam(type ? Param(type->name) : std::nullopt);
  }
  transaction.Run("UPDATE " + schema_.Table("lists") +
                      " l SET object = coalesce(c.object, s.name)"
                      " FROM unnest($1::text[], $2::text[]) s(type_id, name) LEFT JOIN " +
                      schema_.Table("object_types") +
                      " c ON c.type_id = s.type_id WHERE l.object_type_id = s.type_id"
                      " AND l.object IS DISTINCT FROM coalesce(c.object, s.name)",
                  {ids.Take(), names.Take()});
}

void ReferenceWriter::Upsert(Transaction& transaction, const ReferenceTable& table,
                             const ReferenceCommit& commit) const {
  const size_t all = table.columns.size();
  const std::string gone = QuoteName(table.gone);
  const std::string name = schema_.Table(std::string(table.name));
  Params params;
  const std::string rows = RowsAs("n", table, all, commit.rows, params);
  params.push_back(TimeParam(commit.at));
  const std::string at = "$" + std::to_string(params.size()) + "::timestamptz";
  // Since when it is archived is the time it was seen first.
  const std::string gone_now =
      "CASE WHEN n.shown_archived THEN coalesce(o." + gone + ", " + at + ") END";
  std::vector<std::string> joins;
  for (size_t i = 0; i < table.keys; ++i) {
    const std::string key = QuoteName(table.columns[i].name);
    joins.push_back(std::string("o.").append(key).append(" = n.").append(key));
  }
  std::vector<std::string> sets;
  for (size_t i = table.keys; i < all; ++i) {
    const std::string column = QuoteName(table.columns[i].name);
    sets.push_back(std::string(column).append(" = excluded.").append(column));
  }
  sets.push_back(gone + " = excluded." + gone);
  sets.push_back("_synced_at = now()");
  // Equal rows are left out before the insert: an upsert that changes nothing still locks and logs.
  transaction.Run(
      "INSERT INTO " + name + " (" + Columns(table, 0, all) + ", " + gone + ") SELECT " +
          Columns(table, 0, all, "n.") + ", " + gone_now + " FROM " + rows + " LEFT JOIN " + name +
          " o ON " + Join(joins, " AND ") + " WHERE o." + QuoteName(table.columns[0].name) +
          " IS NULL OR (" + Columns(table, table.keys, all, "n.") + ", " + gone_now +
          ") IS DISTINCT FROM (" + Columns(table, table.keys, all, "o.") + ", o." + gone +
          ") ON CONFLICT (" + Columns(table, 0, table.keys) + ") DO UPDATE SET " + Join(sets),
      params);
}

void ReferenceWriter::MarkGone(Transaction& transaction, const ReferenceTable& table,
                               const ReferenceCommit& commit) const {
  const std::string gone = QuoteName(table.gone);
  Params params;
  const auto add = [&params](std::string value) {
    params.push_back(std::move(value));
    return "$" + std::to_string(params.size());
  };
  const auto key = [&table](size_t i) { return "o." + QuoteName(table.columns[i].name); };
  const auto cast = [&table](size_t i) {
    return "::" + std::string(SqlType(table.columns[i].type));
  };
  std::string where = " WHERE o." + gone + " IS NULL";
  for (size_t i = 0; i < commit.scope.size(); ++i) {
    where += " AND " + key(i) + " = " + add(commit.scope[i]) + cast(i);
  }
  const size_t last = table.keys - 1;
  if (commit.above) where += " AND " + key(last) + " > " + add(std::to_string(*commit.above));
  if (commit.to) where += " AND " + key(last) + " <= " + add(std::to_string(*commit.to));
  if (!commit.rows.empty()) {
    std::vector<std::string> same;
    for (size_t i = 0; i < table.keys; ++i) {
      same.push_back("n." + QuoteName(table.columns[i].name) + " = " + key(i));
    }
    where += " AND NOT EXISTS (SELECT FROM " + RowsAs("n", table, table.keys, commit.rows, params) +
             " WHERE " + Join(same, " AND ") + ")";
  }
  params.push_back(TimeParam(commit.at));
  transaction.Run("UPDATE " + schema_.Table(std::string(table.name)) + " o SET " + gone + " = $" +
                      std::to_string(params.size()) + "::timestamptz, _synced_at = now()" + where,
                  params);
}

}  // namespace hubmirror
