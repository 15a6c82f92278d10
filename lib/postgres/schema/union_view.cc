#include "postgres/schema/union_view.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "postgres/schema/comments.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/database_failure.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

// Any number, but the same in all daemons, and another than that of layouts: who changes layouts
// holds no portal, who makes these views does.
constexpr const char* kUnionLock = "7305801264190218";
constexpr const char* kOurUnion = "Live records of all portals that name the object in `unions`";
// PostgreSQL ends at 1,664 columns of a query.
constexpr size_t kMostColumns = 1600;
constexpr int64_t kSecurityInvokerSince = 150000;

struct Column {
  std::string name;
  std::string type;
};

struct Arm {
  std::string portal;
  std::string schema;
  std::map<std::string, std::string> types;  ///< column name -> type
};

std::string ViewOf(const std::string& object) {
  return QuoteName(kCommonSchema, object);
}

/// Waits for another portal that makes its views, but not long: rows are written behind this.
void Lock(Connection& connection) {
  connection.Run(std::string("SET LOCAL lock_timeout = 200; SELECT pg_advisory_xact_lock(") +
                 kUnionLock + ")");
}

/// Whether there is such a view, or ought to be one. If not, nobody waits for anybody.
bool Concerns(Connection& connection, const std::string& object) {
  return connection
      .Run("SELECT to_regclass($1) IS NOT NULL OR EXISTS (SELECT FROM " +
               QuoteName(kCommonSchema, "portals") + " WHERE $2 = ANY (unions))",
           {ViewOf(object), object})
      .Bool(0, 0);
}

/// Columns in the order in which they are first seen.
class Columns {
 public:
  void Add(std::string name, std::string type) {
    const auto [found, fresh] = places_.emplace(name, columns_.size());
    if (fresh) {
      columns_.push_back({std::move(name), std::move(type)});
    } else if (columns_[found->second].type != type) {
      columns_[found->second].type = "text";
    }
  }
  const std::vector<Column>& all() const { return columns_; }

 private:
  std::vector<Column> columns_;
  std::map<std::string, size_t> places_;
};

std::vector<Arm> ArmsOf(Connection& connection, const std::string& object, Columns& columns) {
  const Rows rows = connection.Run(
      "SELECT p.portal, p.schema_name, a.attname, format_type(a.atttypid, a.atttypmod)"
      " FROM " +
          QuoteName(kCommonSchema, "portals") +
          " p JOIN pg_namespace n ON n.nspname = p.schema_name"
          " JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = $1 || '_live'"
          " AND c.relkind = 'v'"
          " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
          " WHERE $1 = ANY (p.unions) AND has_schema_privilege(n.oid, 'USAGE')"
          " ORDER BY p.portal, p.schema_name, a.attnum",
      {object});
  std::vector<Arm> arms;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (arms.empty() || arms.back().schema != rows.Text(i, 1)) {
      arms.push_back({std::string(rows.Text(i, 0)), std::string(rows.Text(i, 1)), {}});
    }
    arms.back().types.emplace(rows.Text(i, 2), rows.Text(i, 3));
    columns.Add(std::string(rows.Text(i, 2)), std::string(rows.Text(i, 3)));
  }
  return arms;
}

/// Columns that stand keep their places, so that the view can be replaced under those who use it.
std::vector<Column> InStandingOrder(Connection& connection, const std::string& object,
                                    std::vector<Column> columns) {
  const Rows rows = connection.Run(
      "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0"
      " ORDER BY attnum",
      {ViewOf(object)});
  std::map<std::string_view, size_t> places;
  for (size_t i = 0; i < rows.size(); ++i) places.emplace(rows.Text(i, 0), i);
  const auto place_of = [&](const Column& column) {
    const auto found = places.find(column.name);
    return found == places.end() ? places.size() : found->second;
  };
  std::ranges::stable_sort(columns, {}, place_of);
  if (columns.size() > kMostColumns) columns.resize(kMostColumns);
  return columns;
}

std::string SelectOf(const Arm& arm, const std::vector<Column>& columns,
                     const std::string& object) {
  std::string sql = "SELECT " + QuoteLiteral(arm.portal) + "::text AS portal";
  for (const Column& column : columns) {
    const std::string name = QuoteName(column.name);
    const auto found = arm.types.find(column.name);
    sql += ", ";
    sql += found == arm.types.end()       ? "NULL::" + column.type
           : found->second == column.type ? name
                                          : name + "::" + column.type;
    sql += " AS " + name;
  }
  return sql + " FROM " + QuoteName(arm.schema, object + "_live");
}

enum class Standing { kNothing, kOurs, kForeign };

/// The schema is ours, but an operator may have put something of that name there: it stays.
Standing StandingOf(Connection& connection, const std::string& object) {
  const Rows rows = connection.Run(
      "SELECT coalesce(obj_description(c.oid, 'pg_class'), '') = $2 FROM pg_class c"
      " WHERE c.oid = to_regclass($1)",
      {ViewOf(object), kOurUnion});
  if (rows.empty()) return Standing::kNothing;
  return rows.Bool(0, 0) ? Standing::kOurs : Standing::kForeign;
}

}  // namespace

void DropUnion(Connection& connection, const std::string& object) {
  if (!Concerns(connection, object)) return;
  Lock(connection);
  if (StandingOf(connection, object) != Standing::kOurs) return;
  connection.Run("DROP VIEW " + ViewOf(object));
}

void CommentUnion(Connection& connection, const std::string& object) {
  if (!Concerns(connection, object)) return;
  Lock(connection);
  if (StandingOf(connection, object) != Standing::kOurs) return;
  const Rows rows = connection.Run(
      "SELECT DISTINCT ON (a.attname) a.attname, col_description(a.attrelid, a.attnum)"
      " FROM " +
          QuoteName(kCommonSchema, "portals") +
          " p JOIN pg_namespace n ON n.nspname = p.schema_name"
          " JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = $1 || '_live'"
          " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
          " WHERE $1 = ANY (p.unions) AND a.attname <> 'portal'"
          " AND col_description(a.attrelid, a.attnum) IS NOT NULL"
          " ORDER BY a.attname, p.portal, p.schema_name",
      {object});
  Description description{.relation = object, .text = {}, .columns = {}};
  for (size_t i = 0; i < rows.size(); ++i) {
    description.columns.emplace_back(rows.Text(i, 0), rows.Text(i, 1));
  }
  description.columns.emplace_back("portal", "The portal's key in the configuration");
  WriteComments(connection, kCommonSchema, {description});
}

void RebuildUnion(Connection& connection, const std::string& object) {
  if (!Concerns(connection, object)) return;
  Lock(connection);
  if (StandingOf(connection, object) == Standing::kForeign) return;
  Columns found;
  const std::vector<Arm> arms = ArmsOf(connection, object, found);
  if (arms.empty()) return DropUnion(connection, object);
  std::vector<Column> columns = found.all();
  // A property of this name would be taken for the key of the portal.
  std::erase_if(columns, [](const Column& column) { return column.name == "portal"; });
  columns = InStandingOrder(connection, object, std::move(columns));
  std::vector<std::string> selects;
  selects.reserve(arms.size());
  for (const Arm& arm : arms) selects.push_back(SelectOf(arm, columns, object));
  const bool invoker =
      connection.Run("SELECT current_setting('server_version_num')::int").Int(0, 0) >=
      kSecurityInvokerSince;
  const std::string view = ViewOf(object);
  const std::string create = "VIEW " + view + (invoker ? " WITH (security_invoker)" : "") + " AS " +
                             Join(selects, " UNION ALL ") + "; COMMENT ON VIEW " + view + " IS " +
                             QuoteLiteral(kOurUnion) +
                             (invoker ? "; GRANT SELECT ON " + view + " TO PUBLIC" : "");
  try {
    connection.InSavepoint([&] { connection.Run("CREATE OR REPLACE " + create); });
    return CommentUnion(connection, object);
  } catch (const StatementError& error) {
    // 42P16: the view as it stands has columns that are gone, or of another type.
    if (error.sqlstate() != "42P16") throw;
  }
  DropUnion(connection, object);
  connection.Run("CREATE " + create);
  CommentUnion(connection, object);
}

void RebuildUnions(Connection& connection) {
  const Rows rows =
      connection.Run("SELECT DISTINCT object FROM (SELECT unnest(unions) FROM " +
                         QuoteName(kCommonSchema, "portals") +
                         " UNION ALL SELECT c.relname FROM pg_class c JOIN pg_namespace n"
                         " ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'v'"
                         " AND obj_description(c.oid, 'pg_class') = $2) o(object) ORDER BY object",
                     {kCommonSchema, kOurUnion});
  for (size_t i = 0; i < rows.size(); ++i) {
    try {
      connection.InSavepoint([&] { RebuildUnion(connection, std::string(rows.Text(i, 0))); });
    } catch (const StatementError& error) {
      if (!IsLockTimeout(error.sqlstate()) && error.sqlstate() != "2BP01") throw;
    }
  }
}

}  // namespace hubmirror
