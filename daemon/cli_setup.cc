#include "daemon/cli_setup.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "daemon/cli_database.h"
#include "daemon/cli_hubspot.h"
#include "daemon/cli_settings.h"
#include "daemon/cli_words.h"
#include "daemon/database_access.h"
#include "daemon/json_page.h"
#include "model/database_error.h"
#include "postgres/connection.h"
#include "settings/settings_reader.h"

namespace hubmirror {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDropInFolder = "/etc/systemd/system/hubmirror.service.d";

/// Writes a file of which nobody sees a half, then gives it to its owner.
bool WriteWhole(const std::string& path, const std::string& text, mode_t mode, bool to_daemon) {
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty()) fs::create_directories(folder, error);
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  const int file =
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return false;
  bool good = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const passwd* account = ::geteuid() == 0 ? ::getpwnam(kDaemonAccount) : nullptr;
  if (account != nullptr) {
    good = good && ::fchown(file, to_daemon ? account->pw_uid : 0, account->pw_gid) == 0;
  }
  good = good && ::fchmod(file, mode) == 0 && ::fsync(file) == 0;
  ::close(file);
  if (good && ::rename(fresh.c_str(), path.c_str()) == 0) return true;
  ::unlink(fresh.c_str());
  return false;
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
  return ref.kind == SecretRef::Kind::kCredential ? std::string(kSecretFolder) + "/" + ref.name
                                                  : ref.name;
}

/// Asks for a token and writes it where the reference says, with the drop-in that makes a file a
/// credential.
int StoreToken(const CliContext& context, const SecretRef& ref) {
  const std::string path = FileOf(ref);
  const auto token =
      context.ask ? context.ask("Token (not shown): ", /*hidden=*/true) : std::nullopt;
  if (!token || token->empty()) {
    return Fail(context, kExitUsage, "no token was given for " + path,
                "type it, or write it to this command's standard input");
  }
  const bool credential = ref.kind == SecretRef::Kind::kCredential;
  if (!WriteWhole(path, *token + "\n", 0400, /*to_daemon=*/!credential)) {
    return CannotWrite(context, path);
  }
  context.out << "the token is in " << path << "\n";
  if (!credential) return kExitOk;
  const std::string drop_in = std::string(kDropInFolder) + "/" + ref.name + ".conf";
  if (!WriteWhole(drop_in, "[Service]\nLoadCredential=" + ref.name + ":" + path + "\n", 0644,
                  /*to_daemon=*/false)) {
    return CannotWrite(context, drop_in);
  }
  context.out << drop_in << " lets systemd hand it to the daemon\n";
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
                "put the right token in place, or give --portal-id and --offline");
  }
  const std::string id = std::to_string(account->portal_id.value);
  if (!answers.portal_id.empty() && answers.portal_id != id) {
    return Fail(context, kExitProblem,
                "the token belongs to portal " + id + ", not " + answers.portal_id,
                "leave --portal-id away, or take that portal's token");
  }
  answers.portal_id = id;
  context.out << "HubSpot accepts the token; it is portal " << id << "'s\n";
  return kExitOk;
}

bool DatabaseWorks(const CliContext& context, const Settings& settings) {
  try {
    const auto connection = ConnectAsDaemon({.dsn = settings.database.dsn});
    const bool may =
        connection->Run("SELECT has_database_privilege(current_database(), 'CREATE')").Bool(0, 0);
    context.out << "PostgreSQL answers" << (may ? ", and lets us make schemas\n" : "\n");
    return may;
  } catch (const DatabaseError& error) {
    context.out << "PostgreSQL does not let us in: " << PrintableLines(error.what()) << "\n";
    return false;
  }
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
    return Fail(context, kExitUsage, "whose portal it is cannot be asked offline",
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

int RunSecretTest(const CliContext& context, const CommandLine& line) {
  const auto settings = LoadSettings(context, line);
  if (!settings) return settings.error();
  const SecretSource secrets(context.environment);
  std::vector<TestedSecret> tested;
  const auto test = [&](const std::string& key, const std::optional<SecretRef>& ref) {
    if (!ref) return;
    const auto secret = secrets.Resolve(*ref);
    tested.push_back({key, ref->Text(), secret ? "" : secret.error(),
                      !secret && secrets.IsPermissionFault(*ref)});
  };
  test("database.password", settings->database.password);
  for (const PortalSettings& portal : settings->portals) {
    test(portal.plan.key + ".token", portal.token);
    if (portal.oauth) {
      test(portal.plan.key + ".oauth.client_secret", portal.oauth->client_secret);
      test(portal.plan.key + ".oauth.refresh_token", portal.oauth->refresh_token);
    }
    test(portal.plan.key + ".hash_key", portal.hash_key);
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
              "run this as the daemon's user; credential: is given to the service alone");
}

}  // namespace hubmirror
