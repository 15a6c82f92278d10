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
#include "postgres/schema/inspection.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/schema/preparation.h"
#include "postgres/session/connection.h"
#include "postgres/session/dsn_value.h"
#include "postgres/writing/history_writer.h"
#include "postgres/writing/quarantine.h"
#include "settings/reading/secret_source.h"

namespace hubmirror {
namespace {

QuarantineFilter FilterOf(const CommandLine& line) {
  return {.object = line.target.object, .id = line.id};
}

int ListText(const CliContext& context, const std::vector<QuarantinedRecord>& records) {
  if (records.empty()) {
    context.out << "nothing is in quarantine\n";
    return kExitOk;
  }
  context.out << Padded("OBJECT", 16) << " " << Padded("ID", 16, true) << "  "
              << Padded("SINCE", 20) << " " << Padded("TRIES", 5, true) << "  REASON\n";
  for (const QuarantinedRecord& one : records) {
    context.out << Padded(one.object, 16) << " " << Padded(std::to_string(one.id.value), 16, true)
                << "  " << Padded(one.added_at, 20) << " "
                << Padded(std::to_string(one.attempts), 5, true) << "  " << Printable(one.sqlstate)
                << " " << Printable(one.reason) << "\n";
  }
  return kExitOk;
}

int ListJson(const CliContext& context, const std::vector<QuarantinedRecord>& records) {
  JsonPage json;
  json.BeginArray();
  for (const QuarantinedRecord& one : records) {
    json.BeginObject();
    json.Put("object", one.object);
    json.Put("id", one.id.value);
    json.Put("sqlstate", one.sqlstate);
    json.Put("reason", one.reason);
    json.Put("added_at", one.added_at);
    json.Put("attempts", one.attempts);
    json.EndObject();
  }
  json.EndArray();
  context.out << json.Text();
  return kExitOk;
}

std::string OneJson(const QuarantinedBody& body) {
  JsonPage json;
  json.BeginObject();
  json.Put("sqlstate", body.sqlstate);
  json.Put("reason", body.reason);
  json.PutJson("record", body.record);
  json.EndObject();
  return json.Text();
}

/// What belongs to no object, and can be asked for like one: links, as the change feed calls them.
constexpr const char* kLinksOfFeed = "associations";

/// Whether there is such an object: a misspelt one must not look like one of which there is
/// nothing.
int CheckObject(const CliContext& context, Connection& connection, const PortalPlan& plan,
                const std::string& object) {
  std::set<std::string> known;
  for (const StreamPlan& stream : plan.streams) known.insert(stream.object.name);
  for (std::string& one : ReadMirroredObjects(connection, plan.schema))
    known.insert(std::move(one));
  const auto of_history = PortalSchema::ObjectOfHistory(object);
  if (object == kLinksOfFeed || known.contains(of_history.value_or(object))) return kExitOk;
  std::string names;
  for (const std::string& one : known) names += (names.empty() ? "" : ", ") + one;
  return Fail(context, kExitUsage,
              "portal " + plan.key + " mirrors no " + object + "; it has " + names,
              "use one of these names, or add the object to the configuration");
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

int WithPortal(const CliContext& context, const CommandLine& line,
               const std::function<int(Connection&, const PortalPlan&)>& work) {
  const auto settings = LoadSettings(context, line);
  if (!settings) return settings.error();
  const PortalSettings* portal = FindPortal(context, *settings, line.target.portal);
  if (portal == nullptr) return kExitUsage;
  return WithDatabase(context, *settings, [&](Connection& connection) {
    if (line.target.object) {
      const int code = CheckObject(context, connection, portal->plan, *line.target.object);
      if (code != kExitOk) return code;
    }
    return work(connection, portal->plan);
  });
}

int RunQuarantineList(const CliContext& context, const CommandLine& line) {
  return WithPortal(context, line, [&](Connection& connection, const PortalPlan& plan) {
    const auto records = ListQuarantine(connection, plan.schema, FilterOf(line));
    return line.json ? ListJson(context, records) : ListText(context, records);
  });
}

int RunQuarantineShow(const CliContext& context, const CommandLine& line) {
  return WithPortal(context, line, [&](Connection& connection, const PortalPlan& plan) {
    const auto found = FindQuarantined(connection, plan.schema, FilterOf(line));
    if (!found) {
      return Fail(context, kExitUsage, "this record is not in quarantine",
                  "`hubmirror quarantine list " + line.target.portal + "`");
    }
    if (line.json) {
      context.out << OneJson(*found);
      return kExitOk;
    }
    context.out << found->sqlstate << " " << Printable(found->reason) << "\n"
                << PrintableLines(found->record) << "\n";
    return kExitOk;
  });
}

int RunQuarantineDrop(const CliContext& context, const CommandLine& line) {
  return WithPortal(context, line, [&](Connection& connection, const PortalPlan& plan) {
    if (DropQuarantined(connection, plan.schema, FilterOf(line)) == 0) {
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
  return WithPortal(context, line, [&](Connection& connection, const PortalPlan& plan) {
    const auto records = ListQuarantine(connection, plan.schema, FilterOf(line));
    for (const QuarantinedRecord& one : records) {
      if (const auto of_history = PortalSchema::ObjectOfHistory(one.object)) {
        HistoryWriter::AskNow(connection, plan.schema, *of_history, one.id);
        continue;
      }
      const ControlAnswer answer = AskDaemon(*socket,
                                             {.verb = ControlVerb::kRefresh,
                                              .portal = line.target.portal,
                                              .object = one.object,
                                              .id = one.id},
                                             [](const OperationProgress&) {});
      const ControlResult& result = answer.result;
      if (!result.ok()) {
        return Fail(context, static_cast<int>(result.code), result.message, result.next);
      }
    }
    context.out << Counted(static_cast<int64_t>(records.size()), "record")
                << " asked for again; those that can now be stored leave the quarantine\n";
    return kExitOk;
  });
}

int RunGrants(const CliContext& context, const CommandLine& line) {
  const auto settings = LoadSettings(context, line);
  if (!settings) return settings.error();
  const std::string named = DsnValue(settings->database.dsn, "user");
  std::vector<std::string> schemas;
  std::set<std::string> readers;
  std::set<std::string> consumers;
  std::set<std::string> writers;
  for (const PortalSettings& portal : settings->portals) {
    if (!line.target.portal.empty() && portal.plan.key != line.target.portal) continue;
    schemas.push_back(portal.plan.schema);
    readers.insert(portal.plan.readers.begin(), portal.plan.readers.end());
    for (const std::string& role : ConsumersOf(portal.plan)) consumers.insert(role);
    for (const std::string& role : WritersOf(portal.plan)) writers.insert(role);
  }
  context.out << PreparationSql(DsnValue(settings->database.dsn, "dbname"),
                                named.empty() ? "hubmirror" : named, schemas, readers, consumers,
                                writers);
  return kExitOk;
}

}  // namespace hubmirror
