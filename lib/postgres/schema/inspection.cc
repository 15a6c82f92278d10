#include "postgres/schema/inspection.h"

#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

bool IsThere(Connection& connection, const std::string& quoted_relation) {
  return !connection.Run("SELECT to_regclass($1) IS NULL", {quoted_relation}).Bool(0, 0);
}

}  // namespace

ServerFacts InspectServer(Connection& connection) {
  const Rows rows = connection.Run(
      "SELECT current_setting('server_version_num')::int, current_setting('server_version'),"
      " current_setting('server_encoding'),"
      " NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') <> 'on',"
      " extract(epoch FROM clock_timestamp())::bigint,"
      " current_setting('max_connections')::int - (SELECT count(*) FROM pg_stat_activity"
      " WHERE backend_type = 'client backend'),"
      " current_user, current_database(), pg_database_size(current_database())");
  return {.version = rows.Int(0, 0),
          .version_text = std::string(rows.Text(0, 1)),
          .encoding = std::string(rows.Text(0, 2)),
          .writable = rows.Bool(0, 3),
          .now = TimePoint(std::chrono::seconds(rows.Int(0, 4))),
          .free_connections = rows.Int(0, 5),
          .role = std::string(rows.Text(0, 6)),
          .database = std::string(rows.Text(0, 7)),
          .bytes = rows.Int(0, 8)};
}

bool MayCreateSchemas(Connection& connection) {
  return connection.Run("SELECT has_database_privilege(current_database(), 'CREATE')").Bool(0, 0);
}

std::optional<SchemaFacts> InspectSchema(Connection& connection, const std::string& schema) {
  const Rows rows = connection.Run(
      "SELECT pg_get_userbyid(nspowner), has_schema_privilege(oid, 'CREATE') FROM pg_namespace"
      " WHERE nspname = $1",
      {schema});
  if (rows.empty()) return std::nullopt;
  return SchemaFacts{.owner = std::string(rows.Text(0, 0)), .may_create = rows.Bool(0, 1)};
}

std::optional<MirrorFacts> InspectMirror(Connection& connection, const std::string& schema) {
  const std::string properties = QuoteName(schema, "properties");
  if (!IsThere(connection, properties)) return std::nullopt;
  MirrorFacts facts;
  const Rows portal = connection.Run("SELECT portal_id FROM " + QuoteName(schema, "_portal"));
  if (!portal.empty()) facts.portal = PortalId{portal.Int(0, 0)};
  const Rows blocked = connection.Run(
      "SELECT count(*), coalesce(min(object || '.' || name || ': ' || blocked_by), '') FROM " +
      properties + " WHERE blocked_by IS NOT NULL");
  facts.blocked_columns = blocked.Int(0, 0);
  facts.a_blocked_column = blocked.Text(0, 1);
  const Rows widest = connection.Run(
      "SELECT c.relname, max(a.attnum) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
      " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r'"
      " GROUP BY c.relname ORDER BY 2 DESC LIMIT 1",
      {schema});
  if (!widest.empty()) {
    facts.widest_table = widest.Text(0, 0);
    facts.widest = widest.Int(0, 1);
  }
  return facts;
}

std::optional<std::string> OpenSchemaOfSearchPath(Connection& connection) {
  const Rows rows = connection.Run(
      "SELECT n.nspname FROM pg_settings s, unnest(string_to_array(s.reset_val, ',')) WITH"
      " ORDINALITY p(part, place), btrim(p.part, ' \"') part_name, pg_namespace n"
      " WHERE s.name = 'search_path' AND n.nspname = CASE part_name WHEN '$user' THEN current_user"
      " ELSE part_name END AND has_schema_privilege('public', n.oid, 'CREATE') ORDER BY p.place "
      "LIMIT 1");
  if (rows.empty()) return std::nullopt;
  return std::string(rows.Text(0, 0));
}

LongTransactions InspectTransactions(Connection& connection) {
  const Rows rows = connection.Run(
      "SELECT count(*), coalesce(max(extract(epoch FROM now() - xact_start))::bigint, 0)"
      " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
      " AND xact_start < now() - interval '1 hour'");
  return {.count = rows.Int(0, 0), .oldest = std::chrono::seconds(rows.Int(0, 1))};
}

std::map<std::string, std::string> ReadTypeTables(Connection& connection,
                                                  const std::string& schema) {
  const std::string table = QuoteName(schema, "object_types");
  std::map<std::string, std::string> tables;
  if (!IsThere(connection, table)) return tables;
  const Rows rows = connection.Run("SELECT type_id, object FROM " + table);
  for (size_t i = 0; i < rows.size(); ++i) tables.emplace(rows.Text(i, 0), rows.Text(i, 1));
  return tables;
}

std::vector<std::string> ReadMirroredObjects(Connection& connection, const std::string& schema) {
  const std::string table = QuoteName(schema, "_stream_state");
  std::vector<std::string> objects;
  if (!IsThere(connection, table)) return objects;
  const Rows rows =
      connection.Run("SELECT object FROM " + table + " WHERE job = 'stream' ORDER BY object");
  for (size_t i = 0; i < rows.size(); ++i) objects.emplace_back(rows.Text(i, 0));
  return objects;
}

std::vector<RecordedChange> ReadSchemaChanges(Connection& connection, const std::string& schema,
                                              const std::optional<std::string>& object) {
  Params params;
  std::string where;
  if (object) {
    params.emplace_back(*object);
    where = " WHERE object = $1";
  }
  const Rows rows = connection.Run(
      "SELECT to_char(changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), object,"
      " change, property, column_name, detail FROM " +
          QuoteName(schema, "schema_changes") + where + " ORDER BY number",
      params);
  std::vector<RecordedChange> changes;
  for (size_t i = 0; i < rows.size(); ++i) {
    changes.push_back({.changed_at = std::string(rows.Text(i, 0)),
                       .object = std::string(rows.Text(i, 1)),
                       .change = std::string(rows.Text(i, 2)),
                       .property = std::string(rows.Text(i, 3)),
                       .column_name = std::string(rows.Text(i, 4)),
                       .detail = std::string(rows.Text(i, 5))});
  }
  return changes;
}

}  // namespace hubmirror
