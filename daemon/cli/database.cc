#include "daemon/cli/database.h"

#include <algorithm>
#include <functional>
#include <set>

#include "control/control_client.h"
#include "daemon/cli/database_access.h"
#include "daemon/cli/settings.h"
#include "daemon/cli/text/json_page.h"
#include "daemon/cli/text/words.h"
#include "model/store/database_error.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/connection.h"
#include "postgres/session/dsn_value.h"
#include "postgres/session/sql_text.h"
#include "postgres/writing/history_writer.h"
#include "settings/reading/secret_source.h"

namespace hubmirror {
namespace {

/// Works on the schema of the line's portal.
int WithSchema(const CliContext& context, const CommandLine& line,
               const std::function<int(Connection&, const std::string& schema)>& work) {
  const auto settings = LoadSettings(context, line);
  if (!settings) return settings.error();
  const PortalSettings* portal = FindPortal(context, *settings, line.target.portal);
  if (portal == nullptr) return kExitUsage;
  return WithDatabase(context, *settings, [&](Connection& connection) {
    return work(connection, portal->plan.schema);
  });
}

/// Conditions of the line's target on `_quarantine` and their parameters.
std::string Where(const CommandLine& line, Params& params) {
  std::string where = " WHERE true";
  if (line.target.object) {
    params.emplace_back(*line.target.object);
    where += " AND object IN ($" + std::to_string(params.size());
    params.emplace_back(PortalSchema::HistoryName(*line.target.object));
    where += ", $" + std::to_string(params.size()) + ")";
  }
  if (line.id) {
    params.emplace_back(std::to_string(line.id->value));
    where += " AND id = $" + std::to_string(params.size());
  }
  return where;
}

Rows Ask(Connection& connection, const std::string& schema, const CommandLine& line,
         const std::string& before, const std::string& after) {
  Params params;
  const std::string where = Where(line, params);
  return connection.Run(before + QuoteName(schema, "_quarantine") + where + after, params);
}

int ListText(const CliContext& context, const Rows& rows) {
  if (rows.empty()) {
    context.out << "nothing is in quarantine\n";
    return kExitOk;
  }
  context.out << Padded("OBJECT", 16) << " " << Padded("ID", 16, true) << "  "
              << Padded("SINCE", 20) << " " << Padded("TRIES", 5, true) << "  REASON\n";
  for (size_t i = 0; i < rows.size(); ++i) {
    context.out << Padded(std::string(rows.Text(i, 0)), 16) << " "
                << Padded(std::string(rows.Text(i, 1)), 16, true) << "  "
                << Padded(std::string(rows.Text(i, 4)), 20) << " "
                << Padded(std::string(rows.Text(i, 5)), 5, true) << "  "
                << Printable(rows.Text(i, 2)) << " " << Printable(rows.Text(i, 3)) << "\n";
  }
  return kExitOk;
}

int ListJson(const CliContext& context, const Rows& rows) {
  JsonPage json;
  json.BeginArray();
  for (size_t i = 0; i < rows.size(); ++i) {
    json.BeginObject();
    json.Put("object", rows.Text(i, 0));
    json.Put("id", rows.Int(i, 1));
    json.Put("sqlstate", rows.Text(i, 2));
    json.Put("reason", rows.Text(i, 3));
    json.Put("added_at", rows.Text(i, 4));
    json.Put("attempts", rows.Int(i, 5));
    json.EndObject();
  }
  json.EndArray();
  context.out << json.Text();
  return kExitOk;
}

std::string OneJson(const Rows& rows) {
  JsonPage json;
  json.BeginObject();
  json.Put("sqlstate", rows.Text(0, 0));
  json.Put("reason", rows.Text(0, 1));
  json.PutJson("record", rows.Text(0, 2));
  json.EndObject();
  return json.Text();
}

}  // namespace

int WithDatabase(const CliContext& context, const Settings& settings,
                 const std::function<int(Connection&)>& work) {
  const auto target = TargetOf(settings.database, SecretSource(context.environment));
  if (!target) {
    return Fail(context, kExitPermission, "database.password: " + target.error(),
                "run this as the daemon's user");
  }
  try {
    return work(*ConnectAsDaemon(*target));
  } catch (const DatabaseError& error) {
    const bool missing = error.sqlstate() == "42P01" || error.sqlstate() == "3F000";
    return Fail(context, kExitUnavailable, error.what(),
                missing ? "start the daemon, which creates the schema"
                        : "check database.dsn, and whether this user may connect");
  }
}

int RunQuarantineList(const CliContext& context, const CommandLine& line) {
  return WithSchema(context, line, [&](Connection& connection, const std::string& schema) {
    const Rows rows =
        Ask(connection, schema, line,
            "SELECT object, id, sqlstate, reason, to_char(added_at AT TIME ZONE 'UTC',"
            " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), attempts FROM ",
            " ORDER BY object, id");
    return line.json ? ListJson(context, rows) : ListText(context, rows);
  });
}

int RunQuarantineShow(const CliContext& context, const CommandLine& line) {
  return WithSchema(context, line, [&](Connection& connection, const std::string& schema) {
    const Rows rows =
        Ask(connection, schema, line, "SELECT sqlstate, reason, jsonb_pretty(record) FROM ",
            " ORDER BY object");
    if (rows.empty()) {
      return Fail(context, kExitUsage, "this record is not in quarantine",
                  "`hubmirror quarantine list " + line.target.portal + "`");
    }
    if (line.json) {
      context.out << OneJson(rows);
      return kExitOk;
    }
    context.out << rows.Text(0, 0) << " " << Printable(rows.Text(0, 1)) << "\n"
                << PrintableLines(rows.Text(0, 2)) << "\n";
    return kExitOk;
  });
}

int RunQuarantineDrop(const CliContext& context, const CommandLine& line) {
  return WithSchema(context, line, [&](Connection& connection, const std::string& schema) {
    const Rows rows = Ask(connection, schema, line, "DELETE FROM ", "");
    if (rows.affected() == 0) {
      return Fail(context, kExitUsage, "this record is not in quarantine",
                  "`hubmirror quarantine list " + line.target.portal + "`");
    }
    context.out << "forgotten; the mirror does not have this record\n";
    return kExitOk;
  });
}

int RunQuarantineRetry(const CliContext& context, const CommandLine& line) {
  const auto socket = FindSocket(context, line);
  if (!socket) return socket.error();
  return WithSchema(context, line, [&](Connection& connection, const std::string& schema) {
    const Rows rows = Ask(connection, schema, line, "SELECT object, id FROM ", " ORDER BY 1, 2");
    for (size_t i = 0; i < rows.size(); ++i) {
      const std::string object(rows.Text(i, 0));
      const RecordId id{rows.Int(i, 1)};
      if (const auto of_history = PortalSchema::ObjectOfHistory(object)) {
        HistoryWriter::AskNow(connection, schema, *of_history, id);
        continue;
      }
      const ControlAnswer answer = AskDaemon(
          *socket,
          {.verb = ControlVerb::kRefresh, .portal = line.target.portal, .object = object, .id = id},
          [](const OperationProgress&) {});
      const ControlResult& result = answer.result;
      if (!result.ok()) {
        return Fail(context, static_cast<int>(result.code), result.message, result.next);
      }
    }
    context.out << Counted(static_cast<int64_t>(rows.size()), "record")
                << " asked for again; those that can now be stored leave the quarantine\n";
    return kExitOk;
  });
}

int RunGrants(const CliContext& context, const CommandLine& line) {
  const auto settings = LoadSettings(context, line);
  if (!settings) return settings.error();
  const std::string named = DsnValue(settings->database.dsn, "user");
  const std::string role = QuoteName(named.empty() ? "hubmirror" : named);
  const std::string database = DsnValue(settings->database.dsn, "dbname");
  std::string sql = "-- Run as the owner of the database" +
                    (database.empty() ? "" : " " + QuoteName(database)) + ".\n";
  sql +=
      "-- CREATE ROLE " + role +
      " LOGIN;  -- if it does not exist yet; with a PASSWORD unless it uses peer authentication\n";
  sql += "CREATE SCHEMA IF NOT EXISTS hubmirror AUTHORIZATION " + role + ";\n";
  std::set<std::string> readers;
  for (const PortalSettings& portal : settings->portals) {
    if (!line.target.portal.empty() && portal.plan.key != line.target.portal) continue;
    sql += "CREATE SCHEMA IF NOT EXISTS " + QuoteName(portal.plan.schema) + " AUTHORIZATION " +
           role + ";\n";
    readers.insert(portal.plan.readers.begin(), portal.plan.readers.end());
  }
  for (const std::string& reader : readers) {
    sql += "-- CREATE ROLE " + QuoteName(reader) +
           " NOLOGIN;  -- a reader: the daemon grants it "
           "select on every table and view\n";
  }
  context.out << sql;
  return kExitOk;
}

}  // namespace hubmirror
