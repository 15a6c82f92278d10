#include "daemon/cli/setup/setup.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/ascii.h"
#include "base/whole_file.h"
#include "daemon/cli/database.h"
#include "daemon/cli/database_access.h"
#include "daemon/cli/hubspot.h"
#include "daemon/cli/service_credential.h"
#include "daemon/cli/settings.h"
#include "daemon/cli/text/json_page.h"
#include "daemon/cli/text/words.h"
#include "model/store/database_error.h"
#include "postgres/schema/inspection.h"
#include "postgres/session/connection.h"
#include "settings/reading/settings_reader.h"

namespace hubmirror {
namespace {

// HubSpot's reach 512 characters; a header must have room for it.
constexpr size_t kLongestToken = size_t{4} << 10;

namespace fs = std::filesystem;

/// Writes a file and the folder it is in, and gives the file to its owner.
bool WriteWhole(const std::string& path, const std::string& text, mode_t mode, bool to_daemon) {
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty()) fs::create_directories(folder, error);
  const passwd* account = ::geteuid() == 0 ? ::getpwnam(kDaemonAccount) : nullptr;
  if (account == nullptr) return ReplaceFile(path, text, mode);
  return ReplaceFile(path, text, mode, FileOwner{to_daemon ? account->pw_uid : 0, account->pw_gid});
}

int CannotWrite(const CliContext& context, const std::string& path) {
  return Fail(context, errno == EACCES || errno == EPERM ? kExitPermission : kExitCannotCreate,
              path + " cannot be written: " + std::strerror(errno), "run this with sudo");
}

/// The answer of an option, or of the person; `otherwise` for an empty one.
std::string AnswerOf(const CliContext& context, const std::string& given, const std::string& prompt,
                     const std::string& otherwise) {
  if (!given.empty() || !context.ask) return given.empty() ? otherwise : given;
  const auto answer = context.ask(prompt + " [" + otherwise + "]: ", /*hidden=*/false);
  return answer && !answer->empty() ? *answer : otherwise;
}

std::string Quoted(const std::string& text) {
  std::string out = "'";
  for (const char letter : text) out += letter == '\'' ? std::string("''") : std::string(1, letter);
  return out + "'";
}

std::string ConfigText(const SetupAnswers& answers, const std::string& base_url) {
  const std::string api =
      base_url == CommandLine().base_url ? "" : "api:\n  base_url: " + Quoted(base_url) + "\n";
  std::string objects;
  for (const std::string& object : answers.objects)
    objects += (objects.empty() ? "" : ", ") + object;
  return "# Written by `hubmirror setup`. Every key: hubmirror.yaml(5), `hubmirror config "
         "reference`.\n"
         "version: 1\n"
         "database:\n"
         "  dsn: " +
         Quoted(answers.dsn) + "\n" + api +
         "portals:\n"
         "  " +
         answers.portal +
         ":\n"
         "    portal_id: " +
         answers.portal_id +
         "\n"
         "    token: " +
         Quoted(answers.token) + "\n" +
         (objects.empty() ? std::string() : "    objects: [" + objects + "]\n");
}

/// Where a secret is written: a credential's file is root's, and systemd hands it to the daemon.
std::string FileOf(const SecretRef& ref) {
  return ref.kind == SecretRef::Kind::kCredential ? ServiceCredential(ref.name).secret_path()
                                                  : ref.name;
}

/// Asks for a token and writes it where the reference says, with the drop-in that makes a file a
/// credential.
int StoreToken(const CliContext& context, const SecretRef& ref) {
  const std::string path = FileOf(ref);
  auto token = context.ask ? context.ask("Token (not shown): ", /*hidden=*/true) : std::nullopt;
  if (token && token->ends_with('\r')) token->pop_back();
  if (!token || token->empty()) {
    return Fail(context, kExitUsage, "no token was given for " + path,
                "type it, or write it to this command's standard input");
  }
  // It would take the place of a good one, and the daemon would refuse it.
  if (!IsVisible(*token) || token->size() > kLongestToken) {
    return Fail(context, kExitUsage, "what was given is no token, and nothing was stored",
                "give the token and nothing else: one line, without blanks");
  }
  const bool credential = ref.kind == SecretRef::Kind::kCredential;
  if (!WriteWhole(path, *token + "\n", 0400, /*to_daemon=*/!credential)) {
    return CannotWrite(context, path);
  }
  context.out << "the token is in " << path << "\n";
  if (!credential) return kExitOk;
  const ServiceCredential made(ref.name);
  if (!WriteWhole(made.drop_in_path(), made.DropInText(), 0644, /*to_daemon=*/false)) {
    return CannotWrite(context, made.drop_in_path());
  }
  context.out << made.drop_in_path() << " lets systemd hand it to the daemon\n";
  return kExitOk;
}

/// Asks HubSpot whose token it is.
int TryToken(const CliContext& context, const Settings& settings, SetupAnswers& answers) {
  const SecretSource secrets(context.environment);
  const auto access = HubSpotAccess::Open(settings, secrets, context.clock);
  if (!access) return Fail(context, kExitConfiguration, access.error(), "correct api.ca_file");
  const auto account = (*access)->Source(settings.portals.front()).AccountDetails();
  if (!account) {
    return Fail(context, kExitUnavailable, account.error().message,
                AdviceOn(account.error()).next + ", or give --portal-id and --offline");
  }
  const std::string id = std::to_string(account->portal_id.value);
  if (!answers.portal_id.empty() && answers.portal_id != id) {
    return Fail(context, kExitProblem,
                "the token belongs to portal " + id + ", not " + answers.portal_id,
                "omit --portal-id, or use that portal's token");
  }
  answers.portal_id = id;
  context.out << "HubSpot accepts the token; it is portal " << id << "'s\n";
  return kExitOk;
}

bool DatabaseWorks(const CliContext& context, const Settings& settings) {
  try {
    const auto connection = ConnectAsDaemon({.dsn = settings.database.dsn});
    const bool may = MayCreateSchemas(*connection);
    context.out << "PostgreSQL answers" << (may ? ", and lets us create schemas\n" : "\n");
    return may;
  } catch (const DatabaseError& error) {
    context.out << "PostgreSQL refuses the login: " << PrintableLines(error.what()) << "\n";
    return false;
  }
}

/// Every secret that the configuration names, with its key.
std::vector<std::pair<std::string, SecretRef>> SecretsOf(const Settings& settings) {
  std::vector<std::pair<std::string, SecretRef>> all;
  const auto add = [&](const std::string& key, const std::optional<SecretRef>& ref) {
    if (ref) all.emplace_back(key, *ref);
  };
  add("database.password", settings.database.password);
  for (const PortalSettings& portal : settings.portals) {
    add(portal.plan.key + ".token", portal.token);
    if (portal.oauth) {
      add(portal.plan.key + ".oauth.client_secret", portal.oauth->client_secret);
      add(portal.plan.key + ".oauth.refresh_token", portal.oauth->refresh_token);
    }
    add(portal.plan.key + ".hash_key", portal.hash_key);
    for (const WebhookSettings& webhook : portal.webhooks) {
      for (const SecretRef& ref : webhook.secrets) {
        add(portal.plan.key + ".feed.webhooks." + webhook.plan.name + ".secret", ref);
      }
    }
  }
  return all;
}

/// A secret of the configuration, looked at but not shown.
struct TestedSecret {
  std::string key;
  std::string reference;
  std::string error;  ///< empty: it can be read
  bool forbidden = false;

  bool good() const { return error.empty(); }
};

std::string SecretsJson(const std::vector<TestedSecret>& tested) {
  JsonPage json;
  json.BeginArray();
  for (const TestedSecret& secret : tested) {
    json.BeginObject();
    json.Put("key", secret.key);
    json.Put("reference", secret.reference);
    json.Put("good", secret.good());
    if (!secret.good()) {
      json.Put("error", secret.error);
    }
    json.EndObject();
  }
  json.EndArray();
  return json.Text();
}

}  // namespace

int RunSetup(const CliContext& context, const CommandLine& line) {
  SetupAnswers answers = line.setup;
  if (fs::exists(line.config_path) && !answers.force) {
    return Fail(context, kExitCannotCreate, line.config_path + " is there already",
                "edit it, or replace it with --force");
  }
  answers.portal =
      AnswerOf(context, answers.portal, "Key of the portal, which names its schema", "hubspot");
  answers.token = AnswerOf(context, answers.token, "Where the token is kept",
                           "credential:hubspot." + answers.portal);
  answers.dsn = AnswerOf(context, answers.dsn, "Database", "host=/run/postgresql dbname=crm");
  if (line.offline && answers.portal_id.empty()) {
    return Fail(context, kExitUsage, "which portal it belongs to cannot be asked offline",
                "give --portal-id");
  }

  // The answers must make a configuration before anything is written.
  SetupAnswers tried = answers;
  if (tried.portal_id.empty()) tried.portal_id = "1";
  SettingsReading reading = ReadSettings(ConfigText(tried, line.base_url), context.environment);
  if (!reading.settings) {
    const ConfigProblem& problem = reading.problems.front();
    return Fail(context, kExitUsage, problem.path + " " + problem.what, problem.next);
  }
  const SecretRef token = *reading.settings->portals.front().token;
  if (token.kind != SecretRef::Kind::kEnvironment && !fs::exists(FileOf(token))) {
    if (const int code = StoreToken(context, token); code != kExitOk) return code;
  }
  if (!line.offline) {
    if (const int code = TryToken(context, *reading.settings, answers); code != kExitOk)
      return code;
  }
  if (!WriteWhole(line.config_path, ConfigText(answers, line.base_url), 0640,
                  /*to_daemon=*/false)) {
    return CannotWrite(context, line.config_path);
  }
  context.out << line.config_path << " is written\n";
  if (line.offline || !DatabaseWorks(context, *reading.settings)) {
    context.out
        << "\nThe owner of the database runs this once (`sudo -u postgres psql DATABASE`):\n\n";
    if (const int code = RunGrants(context, line); code != kExitOk) return code;
  }
  context.out << "\nNext: systemctl daemon-reload, systemctl restart hubmirror, then hubmirror "
                 "status --watch\n";
  return kExitOk;
}

int RunSecretSet(const CliContext& context, const CommandLine& line) {
  const auto settings = LoadSettings(context, line);
  if (!settings) return settings.error();
  const PortalSettings* portal = FindPortal(context, *settings, line.target.portal);
  if (portal == nullptr) return kExitUsage;
  const auto& ref = portal->token;
  if (!ref) {
    return Fail(context, kExitUsage, portal->plan.key + " is an OAuth app's: a person grants it",
                "hubmirror portal authorize " + portal->plan.key);
  }
  if (ref->kind == SecretRef::Kind::kEnvironment) {
    return Fail(context, kExitUsage, ref->Text() + " is set where the daemon is started",
                "change it there, or let `token:` be a file: or a credential:");
  }
  if (const int code = StoreToken(context, *ref); code != kExitOk) return code;
  context.out << (ref->kind == SecretRef::Kind::kCredential
                      ? "Next: systemctl daemon-reload, then systemctl restart hubmirror\n"
                      : "Next: hubmirror portal test " + line.target.portal + "\n");
  return kExitOk;
}

int RunSecretRemove(const CliContext& context, const CommandLine& line) {
  const ServiceCredential credential(CredentialNameOf(line.name));
  if (credential.name().empty()) {
    return Fail(context, kExitUsage,
                Printable(line.name) + " names neither a portal nor a credential",
                "ls " + std::string(kSecretFolder));
  }
  std::error_code ignored;
  if (fs::exists(line.config_path, ignored)) {
    const auto settings = LoadSettings(context, line);
    if (!settings) return settings.error();
    for (const auto& [key, ref] : SecretsOf(*settings)) {
      if (ref != SecretRef{SecretRef::Kind::kCredential, credential.name()}) continue;
      return Fail(context, kExitProblem, key + " is " + ref.Text() + ", in " + line.config_path,
                  "remove it from the configuration, `hubmirror reload`, then run this again");
    }
  }
  const ServiceCredential::Removal removal = credential.Remove();
  for (const std::string& path : removal.removed) context.out << path << " is removed\n";
  if (!removal.failed.empty()) {
    const bool forbidden = errno == EACCES || errno == EPERM;
    return Fail(context, forbidden ? kExitPermission : kExitInputOutput,
                removal.failed + " cannot be removed: " + std::strerror(errno),
                forbidden ? "run this with sudo" : "check that file");
  }
  if (removal.removed.empty()) {
    return Fail(context, kExitUsage, "there is no credential " + credential.name(),
                "ls " + std::string(kSecretFolder));
  }
  context.out << "Next: systemctl daemon-reload\n";
  return kExitOk;
}

int RunSecretTest(const CliContext& context, const CommandLine& line) {
  const auto settings = LoadSettings(context, line);
  if (!settings) return settings.error();
  const SecretSource secrets(context.environment);
  std::vector<TestedSecret> tested;
  for (const auto& [key, ref] : SecretsOf(*settings)) {
    const auto secret = secrets.Resolve(ref);
    tested.push_back(
        {key, ref.Text(), secret ? "" : secret.error(), !secret && secrets.IsPermissionFault(ref)});
  }
  if (line.json) {
    context.out << SecretsJson(tested);
  } else {
    for (const TestedSecret& secret : tested) {
      context.out << Padded(secret.key, 32) << " "
                  << (secret.good() ? secret.reference + " can be read" : secret.error) << "\n";
    }
  }
  const auto wrong = std::find_if(tested.begin(), tested.end(),
                                  [](const TestedSecret& secret) { return !secret.good(); });
  if (wrong == tested.end()) return kExitOk;
  return Fail(context, wrong->forbidden ? kExitPermission : kExitProblem,
              wrong->key + " cannot be read",
              "run this as the daemon's user; systemd gives credential: to the service alone");
}

}  // namespace hubmirror
