#include "daemon/cli/portal/portal_drop.h"

#include <unistd.h>

#include <algorithm>

#include "daemon/cli/database.h"
#include "daemon/cli/settings.h"
#include "daemon/cli/text/json_page.h"
#include "daemon/cli/text/words.h"
#include "hubspot/auth/refresh_token_file.h"
#include "model/store/database_error.h"
#include "postgres/schema/portal_removal.h"

namespace hubmirror {
namespace {

const PortalSettings* Configured(const Settings& settings, const PortalKey& key) {
  const auto found = std::ranges::find_if(
      settings.portals, [&](const PortalSettings& portal) { return portal.plan.key == key; });
  return found == settings.portals.end() ? nullptr : &*found;
}

std::string RemainsText(const PortalRemains& remains) {
  std::string text = remains.portal + ": schema " + Printable(remains.schema) + " of portal " +
                     std::to_string(remains.portal_id.value) + ", " +
                     CountWords(remains.relations) + " tables and views, " +
                     Counted(remains.rows, "live record") + ", " +
                     CountWords(remains.bytes / 1'000'000) + " MB\n";
  for (const std::string& dependent : remains.dependents) {
    text += "  built on it: " + Printable(dependent) + "\n";
  }
  return text;
}

/// Why it may not be dropped; the code is kOk when it may.
ControlResult Forbidden(const PortalRemains& remains, bool cascade) {
  if (remains.live) {
    return {.code = ControlCode::kTryLater,
            .message = "a daemon (" + remains.owner + ") mirrors " + remains.portal,
            .next =
                "remove it from the configuration, `hubmirror reload`, and try again after a "
                "minute"};
  }
  if (!remains.dependents.empty() && !cascade) {
    return {.code = static_cast<ControlCode>(kExitProblem),
            .message = remains.dependents.front() + " is built on " + remains.portal +
                       (remains.dependents.size() > 1 ? ", and more" : ""),
            .next = "drop what is built on it first, or drop it as well with --cascade"};
  }
  return {};
}

std::string RemainsJson(const PortalRemains& remains, bool dropped, const ControlResult& refusal) {
  JsonPage json;
  json.BeginObject();
  json.Put("portal", remains.portal);
  json.Put("portal_id", remains.portal_id.value);
  json.Put("schema", remains.schema);
  json.Put("relations", remains.relations);
  json.Put("rows", remains.rows);
  json.Put("bytes", remains.bytes);
  json.Put("live", remains.live);
  json.BeginArray("dependents");
  for (const std::string& dependent : remains.dependents) json.Item(dependent);
  json.EndArray();
  json.Put("dropped", dropped);
  if (!refusal.ok()) {
    json.Put("ok", false);
    json.Put("code", static_cast<int64_t>(refusal.code));
    json.Put("message", refusal.message);
    json.Put("next", refusal.next);
  }
  json.EndObject();
  return json.Text();
}

bool Confirmed(const CliContext& context, const CommandLine& line) {
  if (line.yes) return true;
  if (!context.ask) return false;
  const auto answer =
      context.ask("Type " + line.target.portal + " to drop it from the database: ", false);
  return answer == line.target.portal;
}

/// What else there is of the portal, for which this verb is not the place.
std::string LeftOver(const Settings& settings, const PortalKey& portal,
                     const std::string& config_path) {
  std::string text;
  if (Configured(settings, portal) != nullptr) {
    text += config_path + " still has portals." + portal + ": a daemon would load it again\n";
  }
  const std::string grant = RefreshTokenFile(settings.state_dir, portal).path();
  if (::access(grant.c_str(), F_OK) == 0) text += grant + " still has its OAuth grant\n";
  return text;
}

int Drop(const CliContext& context, const CommandLine& line, const Settings& settings,
         Connection& connection) {
  const PortalKey& key = line.target.portal;
  const PortalSettings* configured = Configured(settings, key);
  const auto remains = FindRemains(connection, key, configured ? configured->plan.schema : "");
  if (!remains) {
    return Fail(context, kExitUsage, "this database has no mirror of a portal called " + key,
                "`select portal, schema_name from hubmirror.portals` lists them");
  }
  if (!line.json) context.out << RemainsText(*remains) << std::flush;
  const ControlResult refusal = Forbidden(*remains, line.cascade);
  if (line.json && (!refusal.ok() || line.dry_run)) {
    context.out << RemainsJson(*remains, false, refusal);
    return static_cast<int>(refusal.code);
  }
  if (!refusal.ok()) {
    return Fail(context, static_cast<int>(refusal.code), refusal.message, refusal.next);
  }
  if (line.dry_run) return kExitOk;
  if (!Confirmed(context, line)) {
    return Fail(context, kExitUsage, "nothing was dropped", "confirm with the name, or with --yes");
  }
  RemovePortal(connection, *remains, line.cascade);
  context.out << (line.json ? RemainsJson(*remains, true, {})
                            : key + " is dropped from the database\n" +
                                  LeftOver(settings, key, line.config_path));
  return kExitOk;
}

/// What a person can do about a drop that the server refused.
std::string NextStep(const DatabaseError& error) {
  const std::string& state = error.sqlstate();
  if (state == "55P03") return "someone is reading it: try again, or look at pg_stat_activity";
  if (state == "2BP01") return "drop what is built on it first, or drop it as well with --cascade";
  if (state == "53200") return "raise max_locks_per_transaction of the server and restart it";
  if (error.kind() == DatabaseError::Kind::kPassive) {
    return "remove it from the configuration, `hubmirror reload`, and try again after a minute";
  }
  return "run this as the role that owns the schema";
}

}  // namespace

int RunPortalDrop(const CliContext& context, const CommandLine& line) {
  const auto settings = LoadSettings(context, line);
  if (!settings) return settings.error();
  return WithDatabase(context, *settings, [&](Connection& connection) {
    try {
      return Drop(context, line, *settings, connection);
    } catch (const DatabaseError& error) {
      if (!connection.usable()) throw;
      const bool busy =
          error.sqlstate() == "55P03" || error.kind() == DatabaseError::Kind::kPassive;
      return Fail(context, busy ? static_cast<int>(ControlCode::kTryLater) : kExitProblem,
                  error.what(), NextStep(error));
    }
  });
}

}  // namespace hubmirror
