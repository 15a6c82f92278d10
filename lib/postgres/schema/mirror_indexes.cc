#include "postgres/schema/mirror_indexes.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/digest.h"
#include "postgres/schema/table_dependents.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

struct WantedIndex {
  std::string property;  ///< empty: on a column of the envelope
  std::string column_name;
  bool lowercase = false;
  const char* comment = kAskedIndex;
};
using WantedIndexes = std::map<std::string, WantedIndex>;  ///< by name

/// `contacts_hubspot_owner_id_idx`, as PostgreSQL would call it; `contacts_lower(city)_idx`, which
/// is no column's, since no key has a parenthesis in its name; long ones end in a hash.
std::string IndexName(const std::string& object, const WantedIndex& index) {
  constexpr size_t kLongest = 63;
  const std::string on = index.lowercase ? "lower(" + index.column_name + ")" : index.column_name;
  std::string name = object + "_" + on + "_idx";
  if (name.size() > kLongest) name = object + "_" + Sha256Hex(on).substr(0, 16) + "_idx";
  return name;
}

/// CREATE TABLE brings their indexes: the primary key, and three without a comment.
bool IndexedFromTheBeginning(const std::string& column) {
  return column == "id" || column == "updated_at" || column == "archived" ||
         column == "merged_into";
}

std::optional<WantedIndex> IndexOn(const IndexKey& key, const std::vector<MirrorColumn>& columns) {
  if (key.of_envelope()) {
    if (IndexedFromTheBeginning(key.name)) return std::nullopt;
    return WantedIndex{.property = {}, .column_name = key.name};
  }
  const auto column = std::ranges::find(columns, key.name, &MirrorColumn::property);
  if (column == columns.end() || column->storage != Storage::kColumn) return std::nullopt;
  if (key.lowercase && column->type != ColumnType::kText) return std::nullopt;
  return WantedIndex{
      .property = key.name, .column_name = column->column_name, .lowercase = key.lowercase};
}

std::vector<IndexKey> BuiltInIndexes(const std::string& object) {
  std::vector<IndexKey> keys = {{.name = "_synced_at"}};
  if (object == "contacts") keys.push_back({.name = "email"});
  return keys;
}

IndexChange Drop(const std::string& schema, const std::string& name) {
  return {.change = {.kind = SchemaChange::Kind::kDropIndex,
                     .property = {},
                     .column_name = {},
                     .detail = name},
          .sql = "DROP INDEX " + QuoteName(schema, name) + "; "};
}

IndexChange Create(const std::string& schema, const std::string& object, const std::string& name,
                   const WantedIndex& index) {
  std::string on = QuoteName(index.column_name);
  if (index.lowercase) on = "lower(" + on + ")";
  return {.change = {.kind = SchemaChange::Kind::kCreateIndex,
                     .property = index.property,
                     .column_name = index.column_name,
                     .detail = name},
          .sql = "CREATE INDEX " + QuoteName(name) + " ON " + QuoteName(schema, object) + " (" +
                 on + "); COMMENT ON INDEX " + QuoteName(schema, name) + " IS " +
                 QuoteLiteral(index.comment) + "; "};
}

}  // namespace

std::vector<IndexKey> AskedIndexes(const PortalPlan& plan, const std::string& object) {
  std::vector<IndexKey> keys;
  for (const StreamPlan& stream : plan.streams) {
    if (stream.object.name != object) continue;
    for (const std::string& text : stream.indexes) {
      if (auto key = ParseIndexKey(text)) keys.push_back(*std::move(key));
    }
  }
  return keys;
}

std::vector<IndexChange> CompareIndexes(Connection& connection, const std::string& schema,
                                        const std::string& object,
                                        const std::vector<IndexKey>& asked,
                                        const std::vector<MirrorColumn>& columns) {
  const std::string table = QuoteName(schema, object);
  WantedIndexes wanted;
  const auto want = [&](const IndexKey& key, const char* comment) {
    if (auto index = IndexOn(key, columns)) {
      index->comment = comment;
      wanted.emplace(IndexName(object, *index), *index);
    }
  };
  if (!connection.Run("SELECT to_regclass($1)::text", {table}).IsNull(0, 0)) {
    for (const IndexKey& key : BuiltInIndexes(object)) want(key, kBuiltInIndex);
  }
  for (const IndexKey& key : asked) want(key, kAskedIndex);
  std::vector<std::string> names;
  for (const auto& [name, index] : wanted) names.push_back(name);
  // A name is taken by whatever relation of the schema has it: people let PostgreSQL name theirs.
  // There is no index of all that is in a schema, and a thousand portals have a lot.
  const Rows rows = connection.Run(
      "SELECT c.relname, coalesce(obj_description(c.oid, 'pg_class') = ANY ($2::text[]), false)"
      " FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid WHERE x.indrelid = to_regclass($1)"
      " UNION ALL SELECT c.relname, false FROM pg_class c JOIN pg_namespace n"
      " ON n.oid = c.relnamespace WHERE n.nspname = $3 AND c.relname = ANY ($4::name[])",
      {table, NameArray({kAskedIndex, kBuiltInIndex}), schema, NameArray(names)});
  std::vector<IndexChange> changes;
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string name(rows.Text(i, 0));
    wanted.erase(name);
    const bool stays = std::ranges::find(names, name) != names.end();
    if (!stays && rows.Bool(i, 1)) changes.push_back(Drop(schema, name));
  }
  for (const auto& [name, index] : wanted) {
    changes.push_back(Create(schema, object, name, index));
  }
  return changes;
}

}  // namespace hubmirror
