#include "postgres/mirror_indexes.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/digest.h"
#include "postgres/sql_text.h"
#include "postgres/table_dependents.h"

namespace hubmirror {
namespace {

/// `contacts_hubspot_owner_id_idx`, as PostgreSQL would call it; long ones end in a hash.
std::string IndexName(const std::string& object, const std::string& column) {
  constexpr size_t kLongest = 63;
  std::string name = object + "_" + column + "_idx";
  if (name.size() > kLongest) name = object + "_" + Sha256Hex(column).substr(0, 16) + "_idx";
  return name;
}

}  // namespace

std::vector<std::string> IndexedProperties(const PortalPlan& plan, const std::string& object) {
  for (const StreamPlan& stream : plan.streams) {
    if (stream.object.name == object) return stream.indexes;
  }
  return {};
}

std::vector<SchemaChange> CompareIndexes(Connection& connection, const std::string& schema,
                                         const std::string& object,
                                         const std::vector<std::string>& asked,
                                         const std::vector<MirrorColumn>& columns) {
  std::map<std::string, const MirrorColumn*> wanted;  // by index name
  for (const MirrorColumn& column : columns) {
    const bool named = std::find(asked.begin(), asked.end(), column.property()) != asked.end();
    if (!named || column.storage != Storage::kColumn) continue;
    wanted.emplace(IndexName(object, column.column_name), &column);
  }
  const Rows rows = connection.Run(
      "SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid"
      " WHERE x.indrelid = to_regclass($1) AND obj_description(i.oid, 'pg_class') = $2",
      {QuoteName(schema, object), kOurIndex});
  std::vector<SchemaChange> changes;
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string name(rows.Text(i, 0));
    if (wanted.erase(name) > 0) continue;
    changes.push_back({.kind = SchemaChange::Kind::kDropIndex,
                       .property = {},
                       .column_name = {},
                       .detail = name});
  }
  for (const auto& [name, column] : wanted) {
    changes.push_back({.kind = SchemaChange::Kind::kCreateIndex,
                       .property = column->property(),
                       .column_name = column->column_name,
                       .detail = name});
  }
  return changes;
}

std::string IndexSql(const std::string& schema, const std::string& object,
                     const SchemaChange& change) {
  const std::string index = QuoteName(schema, change.detail);
  if (change.kind == SchemaChange::Kind::kDropIndex) return "DROP INDEX " + index + "; ";
  CHECK_THAT(change.kind == SchemaChange::Kind::kCreateIndex);
  return "CREATE INDEX " + QuoteName(change.detail) + " ON " + QuoteName(schema, object) + " (" +
         QuoteName(change.column_name) + "); COMMENT ON INDEX " + index + " IS " +
         QuoteLiteral(kOurIndex) + "; ";
}

}  // namespace hubmirror
