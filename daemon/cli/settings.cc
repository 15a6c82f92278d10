#include "daemon/cli/settings.h"

#include <unistd.h>

#include <cerrno>

#include "daemon/cli/check_online.h"
#include "daemon/cli/hubspot.h"
#include "daemon/cli/text/json_page.h"
#include "settings/keys/reference_text.h"
#include "settings/keys/settings_schema.h"
#include "settings/keys/settings_text.h"
#include "settings/reading/check_report.h"
#include "settings/reading/reload_plan.h"
#include "settings/reading/settings_reader.h"

namespace hubmirror {
namespace {

// As the unit's RuntimeDirectory= has it.
constexpr const char* kServiceSocket = "/run/hubmirror/control.sock";

int CodeOf(const SettingsReading& reading, const std::string& path) {
  if (!HasErrors(reading.problems)) return kExitOk;
  const bool forbidden = reading.unreadable && ::access(path.c_str(), R_OK) != 0 && errno == EACCES;
  return forbidden ? kExitPermission : kExitConfiguration;
}

SettingsReading Read(const CliContext& context, const CommandLine& line) {
  return ReadSettingsFile(line.config_path, context.environment);
}

int Complain(const CliContext& context, const CommandLine& line, const SettingsReading& reading) {
  std::string message;
  for (const ConfigProblem& problem : reading.problems) {
    message += (message.empty() ? "" : "\nhubmirror: ") + FormatProblem(problem, line.config_path);
  }
  const std::string next =
      reading.unreadable
          ? "name the configuration with --config, or run this with sudo"
          : "correct the file, then `hubmirror --config " + line.config_path + " config check`";
  return Fail(context, CodeOf(reading, line.config_path), message, next);
}

// The control socket where a daemon has it unless told otherwise; empty when none is there.
std::string UsualSocket(const CliContext& context) {
  const std::string runtime = context.environment("RUNTIME_DIRECTORY");
  const std::string socket = runtime.empty() ? kServiceSocket : runtime + "/control.sock";
  return ::access(socket.c_str(), F_OK) == 0 ? socket : std::string();
}

std::string DiffJson(const ReloadPlan& plan) {
  JsonPage json;
  json.BeginObject();
  json.Put("needs_restart", plan.needs_restart());
  json.BeginArray("changes");
  for (const SettingChange& change : plan.changes) {
    json.BeginObject();
    json.Put("path", change.path);
    json.Put("before", change.before);
    json.Put("after", change.after);
    json.Put("needs_restart", change.needs_restart);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return json.Text();
}

// Adds what HubSpot has to say. Returns what to do so that it can be asked about everything; empty:
// it was.
std::string AskOnline(const CliContext& context, const Settings& settings,
                      ConfigProblems& problems) {
  const SecretSource secrets(context.environment);
  std::string next;
  for (const PortalSettings& portal : settings.portals) {
    if (!portal.enabled) continue;
    const auto access = HubSpotAccess::Open(settings, secrets, context.clock);
    if (!access) {
      problems.push_back({.severity = Severity::kWarning,
                          .path = "api.ca_file",
                          .what = access.error(),
                          .next = "correct api.ca_file"});
      return problems.back().next;
    }
    ApiClient& source = (*access)->Source(portal);
    std::vector<WebhookPlan> webhooks;
    for (const WebhookSettings& webhook : portal.webhooks) webhooks.push_back(webhook.plan);
    OnlineCheck check = CheckOnline(source, source, portal.plan, webhooks);
    if (next.empty()) next = check.next;
    problems.insert(problems.end(), check.problems.begin(), check.problems.end());
  }
  return next;
}

}  // namespace

Result<Settings, int> LoadSettings(const CliContext& context, const CommandLine& line) {
  const SettingsReading reading = Read(context, line);
  if (reading.settings) return *reading.settings;
  return Complain(context, line, reading);
}

Result<std::string, int> FindSocket(const CliContext& context, const CommandLine& line) {
  if (!line.socket_path.empty()) return line.socket_path;
  const SettingsReading reading = Read(context, line);
  if (reading.settings) return reading.settings->control.socket;
  // Members of the daemon's group may use its socket without being allowed to read its file.
  if (reading.unreadable && !line.config_given) return std::string(kServiceSocket);
  // A file that is being edited must not hide the daemon that runs with the one before. A reload
  // goes through in any case: the daemon must hear that it is refused, for its metric says so.
  if (!line.config_given || line.verb == CliVerb::kReload) {
    if (auto socket = UsualSocket(context); !socket.empty()) return socket;
  }
  return Complain(context, line, reading);
}

const PortalSettings* FindPortal(const CliContext& context, const Settings& settings,
                                 const PortalKey& key) {
  for (const PortalSettings& portal : settings.portals) {
    if (portal.plan.key == key) return &portal;
  }
  Fail(context, kExitUsage, "no portal is called " + key,
       "`hubmirror portal list` shows the portals of the configuration");
  return nullptr;
}

int RunConfigCheck(const CliContext& context, const CommandLine& line) {
  SettingsReading reading = Read(context, line);
  std::string next_to_ask;
  if (reading.settings) {
    for (ConfigProblem& problem : CheckSecrets(*reading.settings, context.environment)) {
      reading.problems.push_back(std::move(problem));
    }
    if (line.online) next_to_ask = AskOnline(context, *reading.settings, reading.problems);
  }
  context.out << (line.json ? CheckJson(reading, line.config_path)
                            : CheckText(reading, line.config_path));
  int code = CodeOf(reading, line.config_path);
  const bool unasked = code == kExitOk && !next_to_ask.empty();
  if (unasked) code = kExitUnavailable;
  if (code != kExitOk && !line.json) {
    context.out.flush();
    context.err << "Next: " << (unasked ? next_to_ask : reading.problems.front().next) << "\n";
  }
  return code;
}

int RunConfigShow(const CliContext& context, const CommandLine& line) {
  const auto settings = LoadSettings(context, line);
  if (!settings) return settings.error();
  context.out << (line.json ? ShowSettingsJson(*settings) : ShowSettings(*settings));
  return kExitOk;
}

int RunConfigSchema(const CliContext& context) {
  context.out << SettingsSchema();
  return kExitOk;
}

int RunConfigReference(const CliContext& context) {
  context.out << ReferenceText();
  return kExitOk;
}

int RunConfigDiff(const CliContext& context, const CommandLine& line) {
  const auto before = LoadSettings(context, line);
  if (!before) return before.error();
  CommandLine other = line;
  other.config_path = line.path;
  const auto after = LoadSettings(context, other);
  if (!after) return after.error();
  const ReloadPlan plan = DiffForReload(*before, *after);
  if (line.json) {
    context.out << DiffJson(plan);
    return kExitOk;
  }
  context.out << plan.Text() << "\n";
  if (plan.needs_restart()) context.out << "some of it needs a restart\n";
  return kExitOk;
}

}  // namespace hubmirror
