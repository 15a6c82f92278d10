#include <set>
#include <string>
#include <vector>

#include "daemon/cli/doctor/doctor.h"
#include "daemon/cli/text/words.h"
#include "postgres/outbox/outbox_inspection.h"
#include "postgres/schema/inspection.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/schema/preparation.h"
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
  const ServerFacts server = InspectServer(connection);
  const int64_t version = server.version;
  findings.Judge(version >= kOldestServer && version < kNewestServer,
                 version < kOldestServer ? Verdict::kMend : Verdict::kLook, "version",
                 "PostgreSQL " + server.version_text,
                 "hubmirror is tested with PostgreSQL 14 to 17");
  findings.Judge(server.encoding == "UTF8", Verdict::kMend, "encoding",
                 "the database's encoding is " + server.encoding,
                 "create the database with ENCODING 'UTF8' TEMPLATE template0");
  findings.Judge(server.writable, Verdict::kMend, "writable",
                 server.writable ? "it takes writes" : "it is a standby, or read-only",
                 "name the primary in database.dsn, with target_session_attrs=read-write");
  const int64_t skew = std::chrono::duration_cast<std::chrono::seconds>(
                           server.now - std::chrono::floor<std::chrono::seconds>(now))
                           .count();
  findings.Judge(skew < kLargestSkewSeconds && skew > -kLargestSkewSeconds, Verdict::kLook, "clock",
                 "its clock is " + std::to_string(skew) + " s from this host's",
                 "let chrony or systemd-timesyncd set both clocks");
  findings.Judge(server.free_connections > 0, Verdict::kMend, "connections",
                 CountWords(server.free_connections) + " more connections are free",
                 "raise max_connections, or put PgBouncer between (pool.mode: transaction)");
  findings.Good("size", server.database + " is " + CountWords(server.bytes / 1'000'000) +
                            " MB large, we are " + server.role);
}

void ExamineSchema(Findings& findings, Connection& connection, const std::string& schema,
                   const std::string& check) {
  const auto facts = InspectSchema(connection, schema);
  if (!facts) {
    const bool may = MayCreateSchemas(connection);
    return findings.Judge(may, Verdict::kMend, check,
                          "the schema " + schema + " is not there" +
                              (may ? " yet; the daemon makes it" : " and we may not create it"),
                          "run what `hubmirror grants --print-sql` prints as the database's owner");
  }
  findings.Judge(facts->may_create, Verdict::kMend, check,
                 "the schema " + schema + " is owned by " + facts->owner,
                 "ALTER SCHEMA " + QuoteName(schema) + " OWNER TO our role");
}

void ExaminePortalSchema(Findings& findings, Connection& connection, const PortalPlan& plan) {
  ExamineSchema(findings, connection, plan.schema, "schema of " + plan.key);
  const auto mirror = InspectMirror(connection, plan.schema);
  if (!mirror) return;
  if (mirror->portal) {
    findings.Judge(*mirror->portal == plan.portal_id, Verdict::kMend, "portal of " + plan.key,
                   "the schema holds portal " + std::to_string(mirror->portal->value),
                   "choose another `schema:` for " + plan.key);
  }
  const int64_t blocked = mirror->blocked_columns;
  findings.Judge(blocked == 0, Verdict::kLook, "columns of " + plan.key,
                 blocked == 0 ? "no column is waiting for its new type"
                              : CountWords(blocked) + " columns wait: " + mirror->a_blocked_column,
                 "remove the view or index that it names, or wait for the lock");
  const std::string& widest = mirror->widest_table;
  findings.Judge(
      widest.empty() || mirror->widest < kNearlyFull, Verdict::kLook, "width of " + plan.key,
      widest.empty() ? "no tables yet"
                     : widest + " has used " + CountWords(mirror->widest) + " of " +
                           CountWords(kMostAttributes) + " columns, dropped ones included",
      "a dump and restore of the schema forgets dropped columns");
}

void ExamineWriteViews(Findings& findings, Connection& connection, const PortalPlan& plan) {
  std::vector<std::string> objects;
  for (const StreamPlan& stream : plan.streams) {
    if (plan.write.enabled && stream.write.any()) objects.push_back(stream.object.name);
  }
  if (objects.empty()) return;
  std::string names;
  for (const std::string& object : WithoutWriteView(connection, plan.schema, objects)) {
    names += (names.empty() ? "" : ", ") + plan.schema + "." + object + "_write";
  }
  findings.Judge(names.empty(), Verdict::kLook, "write views of " + plan.key,
                 names.empty() ? "nothing else has their names"
                               : "there is no view, something else is called so: " + names,
                 "rename or drop it, then `hubmirror reload`; rows of outbox need no view");
}

void ExamineReaders(Findings& findings, Connection& connection, const Settings& settings) {
  std::set<std::string> roles;
  std::set<std::string> readers;
  for (const PortalSettings& portal : settings.portals) {
    for (const std::string& role : KnownRoles(portal.plan)) roles.insert(role);
    readers.insert(portal.plan.readers.begin(), portal.plan.readers.end());
  }
  std::string names;
  std::string create;
  for (const std::string& name : MissingRoles(connection, {roles.begin(), roles.end()})) {
    names += " " + name;
    create += (create.empty() ? "" : "; ") + ("CREATE ROLE " + QuoteName(name)) +
              (readers.contains(name) ? " NOLOGIN" : " LOGIN");
  }
  // Nobody's mirror waits for it.
  findings.Judge(names.empty(), Verdict::kLook, "readers",
                 names.empty()
                     ? "every role of `readers`, `feed.roles` and `write.writers` is there"
                     : "no such role:" + names,
                 create + "; the daemon grants it its rights within seconds");
}

/// We look into no schema of the search path, but whoever else queries as this role does, and then
/// runs what others have put there.
void ExamineSearchPath(Findings& findings, Connection& connection) {
  const auto open = OpenSchemaOfSearchPath(connection);
  if (!open) {
    return findings.Good("search path", "only owners may create in the schemas of the search path");
  }
  const std::string schema = QuoteName(*open);
  findings.Look("search path",
                "every role may create functions in the schema " + schema +
                    " of the search path, which other queries of this role would run",
                "REVOKE CREATE ON SCHEMA " + schema + " FROM PUBLIC");
}

void ExamineLocks(Findings& findings, Connection& connection) {
  const LongTransactions old = InspectTransactions(connection);
  findings.Judge(old.count == 0, Verdict::kLook, "transactions",
                 old.count == 0
                     ? "none is older than an hour"
                     : CountWords(old.count) + " are open for more than an hour, the oldest for " +
                           CompactSpan(old.oldest),
                 "they keep dead rows alive and may delay new columns; look at pg_stat_activity");
}

}  // namespace

Findings ExamineDatabase(Connection& connection, const Settings& settings, TimePoint now) {
  Findings findings("database");
  ExamineServer(findings, connection, now);
  ExamineSchema(findings, connection, "hubmirror", "schema hubmirror");
  for (const PortalSettings& portal : settings.portals) {
    if (!portal.enabled) continue;
    ExaminePortalSchema(findings, connection, portal.plan);
    ExamineWriteViews(findings, connection, portal.plan);
  }
  ExamineReaders(findings, connection, settings);
  ExamineSearchPath(findings, connection);
  ExamineLocks(findings, connection);
  return findings;
}

}  // namespace hubmirror
