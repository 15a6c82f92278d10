#include "postgres/schema/portal_removal.h"

#include "model/store/database_error.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/schema/status_view.h"
#include "postgres/schema/union_view.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

bool Exists(Connection& connection, const std::string& quoted_relation) {
  return !connection.Run("SELECT to_regclass($1)::text", {quoted_relation}).IsNull(0, 0);
}

std::string FindSchema(Connection& connection, const PortalKey& portal,
                       const std::string& otherwise) {
  const std::string portals = QuoteName(kCommonSchema, "portals");
  if (!Exists(connection, portals)) return otherwise;
  const Rows rows =
      connection.Run("SELECT schema_name FROM " + portals + " WHERE portal = $1", {portal});
  return rows.empty() ? otherwise : std::string(rows.Text(0, 0));
}

void ReadOwner(Connection& connection, PortalRemains& remains) {
  const Rows rows = connection.Run(
      "SELECT instance, renewed_at > clock_timestamp() - interval '60 seconds' FROM " +
      QuoteName(remains.schema, "_owner"));
  if (rows.empty()) return;
  remains.owner = rows.Text(0, 0);
  remains.live = rows.Bool(0, 1);
}

std::vector<std::string> DependentsOutside(Connection& connection, const std::string& schema) {
  // A view is known by its rewrite rule, a foreign key by its constraint. Views of our own over all
  // portals are rebuilt.
  const Rows rows = connection.Run(
      "SELECT DISTINCT CASE WHEN r.oid IS NOT NULL THEN"
      "   CASE o.relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END || o.oid::regclass"
      "   ELSE pg_describe_object(d.classid, d.objid, d.objsubid) END AS what"
      " FROM pg_namespace n JOIN pg_class ours ON ours.relnamespace = n.oid"
      " JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = ours.oid"
      "  OR d.refclassid = 'pg_type'::regclass AND d.refobjid = ours.reltype"
      " LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid"
      " LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid"
      " LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid"
      " LEFT JOIN pg_class o ON o.oid = coalesce(r.ev_class, k.conrelid,"
      "   CASE WHEN d.classid = 'pg_class'::regclass THEN d.objid END)"
      " WHERE n.nspname = $1 AND d.deptype IN ('n', 'a')"
      "  AND coalesce(o.relnamespace, p.pronamespace) <> n.oid"
      "  AND NOT (coalesce(o.relkind, ' ') = 'v' AND o.relnamespace ="
      "   (SELECT oid FROM pg_namespace WHERE nspname = $2)) ORDER BY what",
      {schema, kCommonSchema});
  std::vector<std::string> dependents;
  for (size_t i = 0; i < rows.size(); ++i) dependents.emplace_back(rows.Text(i, 0));
  return dependents;
}

/// DROP statements of everything in the schema and of the schema, which end when something else
/// depends on any of it.
std::string DropStatements(Connection& connection, const std::string& schema) {
  const Rows rows = connection.Run(
      "SELECT c.relkind = 'v', string_agg(quote_ident(n.nspname) || '.' || quote_ident(c.relname),"
      " ', ') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
      " WHERE n.nspname = $1 AND c.relkind IN ('v', 'r', 'p') GROUP BY 1 ORDER BY 1 DESC",
      {schema});
  const Rows functions = connection.Run(
      "SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
      " WHERE n.nspname = $1 AND (p.proname = '_labels_of' OR p.proname ~ "
      "'^_?(feed|outbox|echo)_')",
      {schema});
  std::string drop_functions;
  for (size_t i = 0; i < functions.size(); ++i) {
    drop_functions += "DROP FUNCTION " + std::string(functions.Text(i, 0)) + "; ";
  }
  const Rows triggers = connection.Run(
      "SELECT format('DROP TRIGGER %I ON %s; ', t.tgname, t.tgrelid::regclass) FROM pg_trigger t"
      " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
      " WHERE n.nspname = $1 AND t.tgname IN ('outbox_insert', 'outbox_required')",
      {schema});
  std::string drop_triggers;
  for (size_t i = 0; i < triggers.size(); ++i) drop_triggers += triggers.Text(i, 0);
  // Views and triggers use functions, and functions hand out rows of tables.
  std::string drop_views;
  std::string drop_tables;
  for (size_t i = 0; i < rows.size(); ++i) {
    std::string& sql = rows.Bool(i, 0) ? drop_views : drop_tables;
    sql = (rows.Bool(i, 0) ? "DROP VIEW " : "DROP TABLE ") + std::string(rows.Text(i, 1)) + "; ";
  }
  return drop_triggers + drop_views + drop_functions + drop_tables + "DROP SCHEMA " +
         QuoteName(schema);
}

void Remove(Connection& connection, const PortalRemains& remains, bool cascade,
            std::chrono::milliseconds patience) {
  const std::string be_patient = "SET LOCAL lock_timeout = " + std::to_string(patience.count());
  connection.Run(be_patient);
  LockLayouts(connection);
  PortalRemains now{.portal = remains.portal, .portal_id = {}, .schema = remains.schema};
  // A daemon that would come now waits here, and finds no schema then.
  connection.Run("LOCK TABLE " + QuoteName(remains.schema, "_owner") + " IN EXCLUSIVE MODE");
  ReadOwner(connection, now);
  if (now.live) {
    throw DatabaseError(DatabaseError::Kind::kPassive, "",
                        "a daemon (" + now.owner + ") mirrors this portal");
  }
  connection.Run("DELETE FROM " + QuoteName(kCommonSchema, "portals") + " WHERE schema_name = $1",
                 {remains.schema});
  RebuildStatus(connection);
  RebuildUnions(connection);
  connection.Run(be_patient);
  if (!cascade) {
    connection.Run(DropStatements(connection, remains.schema));
    return;
  }
  connection.Run("DROP SCHEMA " + QuoteName(remains.schema) + " CASCADE");
  // Views over all portals that others hold went with it.
  RebuildUnions(connection);
}

}  // namespace

std::optional<PortalRemains> FindRemains(Connection& connection, const PortalKey& portal,
                                         const std::string& schema) {
  PortalRemains remains{.portal = portal, .portal_id = {}, .schema = schema};
  remains.schema = FindSchema(connection, portal, schema);
  if (remains.schema.empty() || !Exists(connection, QuoteName(remains.schema, "_portal")) ||
      !Exists(connection, QuoteName(remains.schema, "_owner"))) {
    return std::nullopt;
  }
  const Rows id = connection.Run("SELECT portal_id FROM " + QuoteName(remains.schema, "_portal"));
  if (id.empty()) return std::nullopt;
  remains.portal_id = PortalId{id.Int(0, 0)};
  const Rows sizes = connection.Run(
      "SELECT count(*) FILTER (WHERE relkind IN ('r', 'p', 'v', 'm')),"
      " coalesce(sum(pg_total_relation_size(c.oid)) FILTER (WHERE relkind IN ('r', 'm')), "
      "0)::bigint"
      " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1",
      {remains.schema});
  remains.relations = sizes.Int(0, 0);
  remains.bytes = sizes.Int(0, 1);
  remains.rows = connection
                     .Run("SELECT coalesce(sum(rows_done), 0)::bigint FROM " +
                          QuoteName(remains.schema, "_stream_state") + " WHERE job = 'stream'")
                     .Int(0, 0);
  ReadOwner(connection, remains);
  remains.dependents = DependentsOutside(connection, remains.schema);
  return remains;
}

void RemovePortal(Connection& connection, const PortalRemains& remains, bool cascade,
                  std::chrono::milliseconds patience) {
  connection.Begin("SET LOCAL statement_timeout = 0");
  try {
    Remove(connection, remains, cascade, patience);
    connection.Commit();
  } catch (const DatabaseError&) {
    connection.Rollback();
    throw;
  }
}

}  // namespace hubmirror
