#include "daemon/cli/schema/schema.h"

#include <algorithm>
#include <map>

#include "daemon/cli/database.h"
#include "daemon/cli/hubspot.h"
#include "daemon/cli/settings.h"
#include "daemon/cli/text/json_page.h"
#include "daemon/cli/text/words.h"
#include "jobs/reference/wanted_layout.h"
#include "mirror/value_hasher.h"
#include "postgres/schema/inspection.h"
#include "postgres/schema/schema_plan.h"

namespace hubmirror {
namespace {

/// What is planned for one object type, or why that cannot be said.
struct ObjectPlan {
  std::string object;
  std::vector<PlannedChange> changes;
  std::string problem;
};

/// What values are hashed with; none when the portal has no key.
Result<std::optional<ValueHasher>, std::string> ReadHasher(const PortalSettings& portal,
                                                           const SecretSource& secrets) {
  if (!portal.hash_key) return std::optional<ValueHasher>();
  auto key = secrets.Resolve(*portal.hash_key);
  if (!key) return key.error();
  auto hasher = ValueHasher::Make(std::move(*key));
  if (!hasher) return hasher.error();
  return std::optional<ValueHasher>(std::move(*hasher));
}

/// Holds what HubSpot has against what the database has.
ObjectPlan PlanOf(Connection& connection, const PortalPlan& plan, const StreamPlan& stream,
                  const KnownProperties& known, const std::optional<ValueHasher>& hasher) {
  const auto standing = ReadStandingTable(connection, plan.schema, stream.object);
  const bool hashes = hasher && !stream.selection.hash.empty();
  const MirrorTable wanted =
      WantedLayout(stream, known, standing ? &*standing : nullptr, hashes ? hasher->id() : "");
  return {
      .object = stream.object.name, .changes = PlanSchema(connection, plan, wanted), .problem = {}};
}

std::string PlanText(const PortalKey& portal, const ObjectPlan& plan) {
  std::string text = portal + "/" + plan.object + ": ";
  if (!plan.problem.empty()) return text + plan.problem + "\n";
  if (plan.changes.empty()) return text + "nothing to change\n";
  text += CountWords(static_cast<int64_t>(plan.changes.size())) + " to change\n";
  for (const auto& [change, blocked_by] : plan.changes) {
    text += "  " + Padded(NameOf(change.kind), 15) + " " + Padded(Printable(change.property), 28) +
            " " + Printable(change.detail);
    for (const std::string& obstacle : blocked_by) text += "; waits for " + Printable(obstacle);
    text += "\n";
  }
  return text;
}

void PutChange(JsonPage& json, const SchemaChange& change) {
  json.Put("change", NameOf(change.kind));
  json.Put("property", change.property);
  json.Put("column_name", change.column_name);
  json.Put("detail", change.detail);
}

std::string PlanJson(const std::vector<ObjectPlan>& plans) {
  JsonPage json;
  json.BeginObject();
  for (const ObjectPlan& plan : plans) {
    json.BeginObject(plan.object);
    if (!plan.problem.empty()) json.Put("problem", plan.problem);
    json.BeginArray("changes");
    for (const auto& [change, blocked_by] : plan.changes) {
      json.BeginObject();
      PutChange(json, change);
      json.BeginArray("blocked_by");
      for (const std::string& obstacle : blocked_by) json.Item(obstacle);
      json.EndArray();
      json.EndObject();
    }
    json.EndArray();
    json.EndObject();
  }
  json.EndObject();
  return json.Text();
}

int Show(const CliContext& context, const CommandLine& line, const std::vector<ObjectPlan>& plans) {
  if (line.json) {
    context.out << PlanJson(plans);
  } else {
    for (const ObjectPlan& plan : plans) context.out << PlanText(line.target.portal, plan);
  }
  const auto wrong = std::find_if(plans.begin(), plans.end(),
                                  [](const ObjectPlan& plan) { return !plan.problem.empty(); });
  if (wrong == plans.end()) return kExitOk;
  // The document is one, and says what is wrong with which.
  if (line.json) return kExitProblem;
  context.out.flush();
  return Fail(context, kExitProblem, wrong->object + " could not be examined: " + wrong->problem,
              "`hubmirror portal test " + line.target.portal + "` says what the token lacks");
}

/// The streams that the line is about, custom objects looked up.
Result<std::vector<StreamPlan>, int> FindStreams(const CliContext& context, const CommandLine& line,
                                                 Connection& connection, ApiClient& source,
                                                 PortalPlan& plan) {
  if (AsksForCustomTypes(plan)) {
    const auto types = ReadCustomTypes(source);
    if (!types) {
      return Fail(context, kExitUnavailable, "custom objects: " + types.error().message,
                  AdviceOn(types.error()).next);
    }
    const auto given = ReadTypeTables(connection, plan.schema);
    plan = WithTypes(std::move(plan), WithTables(*types, given));
  }
  std::vector<StreamPlan> streams;
  for (const StreamPlan& stream : plan.streams) {
    if (!line.target.object || stream.object.name == *line.target.object) streams.push_back(stream);
  }
  if (!streams.empty()) return streams;
  const std::string missing = line.target.object.value_or("custom object, for it has none");
  return Fail(context, kExitUsage, "portal " + plan.key + " mirrors no " + missing,
              "`hubmirror portal list` shows what is mirrored from it");
}

std::string HistoryText(const std::vector<RecordedChange>& changes) {
  if (changes.empty()) return "nothing has changed since changes have been recorded\n";
  std::string text;
  for (const RecordedChange& one : changes) {
    text += Padded(one.changed_at, 20) + "  " + Padded(one.object, 16) + " " +
            Padded(one.change, 15) + " " + Padded(Printable(one.property), 28) + " " +
            Printable(one.detail) + "\n";
  }
  return text;
}

std::string HistoryJson(const std::vector<RecordedChange>& changes) {
  JsonPage json;
  json.BeginArray();
  for (const RecordedChange& one : changes) {
    json.BeginObject();
    json.Put("changed_at", one.changed_at);
    json.Put("object", one.object);
    json.Put("change", one.change);
    json.Put("property", one.property);
    json.Put("column_name", one.column_name);
    json.Put("detail", one.detail);
    json.EndObject();
  }
  json.EndArray();
  return json.Text();
}

}  // namespace

int RunSchemaPlan(const CliContext& context, const CommandLine& line) {
  const auto settings = LoadSettings(context, line);
  if (!settings) return settings.error();
  const PortalSettings* portal = FindPortal(context, *settings, line.target.portal);
  if (portal == nullptr) return kExitUsage;
  const SecretSource secrets(context.environment);
  const auto hasher = ReadHasher(*portal, secrets);
  if (!hasher) {
    return Fail(context, kExitConfiguration, "hash_key: " + hasher.error(),
                "run this as the daemon's user, or correct the key");
  }
  const auto access = HubSpotAccess::Open(*settings, secrets, context.clock);
  if (!access) return Fail(context, kExitConfiguration, access.error(), "correct api.ca_file");
  ApiClient& source = (*access)->Source(*portal);
  PortalPlan plan = portal->plan;
  return WithDatabase(context, *settings, [&](Connection& connection) {
    const auto streams = FindStreams(context, line, connection, source, plan);
    if (!streams) return streams.error();
    std::vector<Result<KnownProperties, ApiError>> known;
    for (const StreamPlan& stream : *streams) {
      known.push_back(ReadProperties(source, stream));
    }
    connection.Begin("SET TRANSACTION READ ONLY");
    std::vector<ObjectPlan> plans;
    for (size_t i = 0; i < streams->size(); ++i) {
      const StreamPlan& stream = (*streams)[i];
      if (known[i]) {
        plans.push_back(PlanOf(connection, plan, stream, *known[i], *hasher));
      } else {
        plans.push_back({stream.object.name, {}, known[i].error().message});
      }
    }
    connection.Rollback();
    return Show(context, line, plans);
  });
}

int RunSchemaHistory(const CliContext& context, const CommandLine& line) {
  return WithPortal(context, line, [&](Connection& connection, const PortalPlan& plan) {
    const auto changes = ReadSchemaChanges(connection, plan.schema, line.target.object);
    context.out << (line.json ? HistoryJson(changes) : HistoryText(changes));
    return kExitOk;
  });
}

}  // namespace hubmirror
