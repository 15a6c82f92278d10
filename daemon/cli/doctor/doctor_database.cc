#include <set>
#include <string>
#include <vector>

#include "daemon/cli/doctor/doctor.h"
#include "daemon/cli/text/words.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {
namespace {

using Verdict = Finding::Verdict;

constexpr int64_t kOldestServer = 140000;
constexpr int64_t kNewestServer = 180000;  ///< the first version not tested
constexpr int64_t kLargestSkewSeconds = 30;
constexpr int64_t kMostAttributes = 1'600;  ///< of a table, dropped columns count (PostgreSQL)
constexpr int64_t kNearlyFull = 1'500;

void ExamineServer(Findings& findings, Connection& connection, TimePoint now) {
  const Rows rows = connection.Run(
      "SELECT current_setting('server_version_num')::int, current_setting('server_version'),"
      " current_setting('server_encoding'), pg_is_in_recovery(),"
      " current_setting('default_transaction_read_only') = 'on',"
      " extract(epoch FROM clock_timestamp())::bigint,"
      " current_setting('max_connections')::int - (SELECT count(*) FROM pg_stat_activity"
      " WHERE backend_type = 'client backend'),"
      " current_user, current_database(), pg_database_size(current_database())");
  const int64_t version = rows.Int(0, 0);
  findings.Judge(version >= kOldestServer && version < kNewestServer,
                 version < kOldestServer ? Verdict::kMend : Verdict::kLook, "version",
                 "PostgreSQL " + std::string(rows.Text(0, 1)),
                 "hubmirror is tested with PostgreSQL 14 to 17");
  findings.Judge(rows.Text(0, 2) == "UTF8", Verdict::kMend, "encoding",
                 "the database's encoding is " + std::string(rows.Text(0, 2)),
                 "create the database with ENCODING 'UTF8' TEMPLATE template0");
  const bool writable = !rows.Bool(0, 3) && !rows.Bool(0, 4);
  findings.Judge(writable, Verdict::kMend, "writable",
                 writable ? "it takes writes" : "it is a standby, or read-only",
                 "name the primary in database.dsn, with target_session_attrs=read-write");
  const int64_t skew =
      rows.Int(0, 5) - std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  findings.Judge(skew < kLargestSkewSeconds && skew > -kLargestSkewSeconds, Verdict::kLook, "clock",
                 "its clock is " + std::to_string(skew) + " s from this host's",
                 "let chrony or systemd-timesyncd set both clocks");
  findings.Judge(rows.Int(0, 6) > 0, Verdict::kMend, "connections",
                 CountWords(rows.Int(0, 6)) + " more connections are free",
                 "raise max_connections, or put PgBouncer between (pool.mode: transaction)");
  findings.Good("size", std::string(rows.Text(0, 8)) + " is " +
                            CountWords(rows.Int(0, 9) / 1'000'000) + " MB large, we are " +
                            std::string(rows.Text(0, 7)));
}

void ExamineSchema(Findings& findings, Connection& connection, const std::string& schema,
                   const std::string& check) {
  const Rows rows = connection.Run(
      "SELECT pg_get_userbyid(nspowner), has_schema_privilege(oid, 'CREATE') FROM pg_namespace"
      " WHERE nspname = $1",
      {schema});
  if (rows.empty()) {
    const bool may =
        connection.Run("SELECT has_database_privilege(current_database(), 'CREATE')").Bool(0, 0);
    return findings.Judge(may, Verdict::kMend, check,
                          "the schema " + schema + " is not there" +
                              (may ? " yet; the daemon makes it" : " and we may not create it"),
                          "run what `hubmirror grants --print-sql` prints as the database's owner");
  }
  findings.Judge(rows.Bool(0, 1), Verdict::kMend, check,
                 "the schema " + schema + " is owned by " + std::string(rows.Text(0, 0)),
                 "ALTER SCHEMA " + QuoteName(schema) + " OWNER TO our role");
}

bool HasMirror(Connection& connection, const std::string& schema) {
  return !connection.Run("SELECT to_regclass($1) IS NULL", {QuoteName(schema, "properties")})
              .Bool(0, 0);
}

void ExaminePortalSchema(Findings& findings, Connection& connection, const PortalPlan& plan) {
  ExamineSchema(findings, connection, plan.schema, "schema of " + plan.key);
  if (!HasMirror(connection, plan.schema)) return;
  const Rows owner = connection.Run("SELECT portal_id FROM " + QuoteName(plan.schema, "_portal"));
  if (!owner.empty()) {
    findings.Judge(owner.Int(0, 0) == plan.portal_id.value, Verdict::kMend, "portal of " + plan.key,
                   "the schema holds portal " + std::to_string(owner.Int(0, 0)),
                   "choose another `schema:` for " + plan.key);
  }
  const Rows blocked = connection.Run(
      "SELECT count(*), coalesce(min(object || '.' || name || ': ' || blocked_by), '') FROM " +
      QuoteName(plan.schema, "properties") + " WHERE blocked_by IS NOT NULL");
  findings.Judge(blocked.Int(0, 0) == 0, Verdict::kLook, "columns of " + plan.key,
                 blocked.Int(0, 0) == 0 ? "no column is waiting for its new type"
                                        : CountWords(blocked.Int(0, 0)) +
                                              " columns wait: " + std::string(blocked.Text(0, 1)),
                 "remove the view or index that it names, or wait for the lock");
  const Rows wide = connection.Run(
      "SELECT c.relname, max(a.attnum) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
      " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r'"
      " GROUP BY c.relname ORDER BY 2 DESC LIMIT 1",
      {plan.schema});
  findings.Judge(
      wide.empty() || wide.Int(0, 1) < kNearlyFull, Verdict::kLook, "width of " + plan.key,
      wide.empty() ? "no tables yet"
                   : std::string(wide.Text(0, 0)) + " has used " + CountWords(wide.Int(0, 1)) +
                         " of " + CountWords(kMostAttributes) + " columns, dropped ones included",
      "a dump and restore of the schema forgets dropped columns");
}

void ExamineReaders(Findings& findings, Connection& connection, const Settings& settings) {
  std::set<std::string> readers;
  for (const PortalSettings& portal : settings.portals) {
    readers.insert(portal.plan.readers.begin(), portal.plan.readers.end());
  }
  std::string names;
  std::string create;
  for (const std::string& name : MissingRoles(connection, {readers.begin(), readers.end()})) {
    names += " " + name;
    create += (create.empty() ? "" : "; ") + ("CREATE ROLE " + QuoteName(name)) + " NOLOGIN";
  }
  // Nobody's mirror waits for it.
  findings.Judge(names.empty(), Verdict::kLook, "readers",
                 names.empty() ? "every role of `readers:` is there" : "no such role:" + names,
                 create + "; the daemon lets it read within seconds");
}

/// We look into no schema of the search path, but whoever else queries as this role does, and then
/// runs what others have put there.
void ExamineSearchPath(Findings& findings, Connection& connection) {
  const Rows rows = connection.Run(
      "SELECT n.nspname FROM pg_settings s, unnest(string_to_array(s.reset_val, ',')) WITH"
      " ORDINALITY p(part, place), btrim(p.part, ' \"') part_name, pg_namespace n"
      " WHERE s.name = 'search_path' AND n.nspname = CASE part_name WHEN '$user' THEN current_user"
      " ELSE part_name END AND has_schema_privilege('public', n.oid, 'CREATE') ORDER BY p.place "
      "LIMIT 1");
  if (rows.empty()) {
    return findings.Good("search path", "only owners may create in the schemas of the search path");
  }
  const std::string schema = QuoteName(rows.Text(0, 0));
  findings.Look("search path",
                "every role may create functions in the schema " + schema +
                    " of the search path, which other queries of this role would run",
                "REVOKE CREATE ON SCHEMA " + schema + " FROM PUBLIC");
}

void ExamineLocks(Findings& findings, Connection& connection) {
  const Rows rows = connection.Run(
      "SELECT count(*), coalesce(max(extract(epoch FROM now() - xact_start))::bigint, 0)"
      " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
      " AND xact_start < now() - interval '1 hour'");
  findings.Judge(rows.Int(0, 0) == 0, Verdict::kLook, "transactions",
                 rows.Int(0, 0) == 0 ? "none is older than an hour"
                                     : CountWords(rows.Int(0, 0)) +
                                           " are open for more than an hour, the oldest for " +
                                           SpanWords(std::chrono::seconds(rows.Int(0, 1))),
                 "they keep dead rows alive and may delay new columns; look at pg_stat_activity");
}

}  // namespace

Findings ExamineDatabase(Connection& connection, const Settings& settings, TimePoint now) {
  Findings findings("database");
  ExamineServer(findings, connection, now);
  ExamineSchema(findings, connection, "hubmirror", "schema hubmirror");
  for (const PortalSettings& portal : settings.portals) {
    if (portal.enabled) ExaminePortalSchema(findings, connection, portal.plan);
  }
  ExamineReaders(findings, connection, settings);
  ExamineSearchPath(findings, connection);
  ExamineLocks(findings, connection);
  return findings;
}

}  // namespace hubmirror
