#include "daemon/cli/doctor/doctor_verb.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "base/whole_file.h"
#include "control/control_client.h"
#include "control/shared_cause.h"
#include "daemon/cli/database_access.h"
#include "daemon/cli/doctor/doctor.h"
#include "daemon/cli/hubspot.h"
#include "daemon/cli/portal/portal_exam.h"
#include "daemon/cli/settings.h"
#include "daemon/cli/status_document.h"
#include "daemon/cli/text/json_page.h"
#include "daemon/cli/text/words.h"
#include "daemon/version.h"
#include "model/store/database_error.h"
#include "settings/keys/settings_text.h"

namespace hubmirror {
namespace {

using Verdict = Finding::Verdict;

constexpr const char* kAsDaemon = "sudo -u hubmirror hubmirror doctor";

const char* WordOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kGood:
      return "ok";
    case Verdict::kLook:
      return "warn";
    case Verdict::kMend:
      return "FAIL";
    case Verdict::kSkipped:
      return "-";
  }
  return "";
}

/// Examines area after area and keeps what is found.
class Doctor {
 public:
  Doctor(const CliContext& context, const CommandLine& line, const Settings& settings)
      : context_(context), line_(line), settings_(settings), secrets_(context.environment) {}

  std::vector<Finding> Examine() {
    ExamineSecrets();
    Take(ExamineHost(settings_, line_.config_path));
    ExamineRunning();
    ExamineServer();
    for (const PortalSettings& portal : settings_.portals) {
      const bool asked = line_.target.portal.empty() || line_.target.portal == portal.plan.key;
      if (portal.enabled && asked) ExamineHubSpot(portal);
    }
    return ByWeight(std::move(found_));
  }

  const std::string& status() const { return status_; }

 private:
  void Take(const Findings& findings) {
    found_.insert(found_.end(), findings.list().begin(), findings.list().end());
  }

  void ExamineSecrets() {
    Findings findings("configuration");
    findings.Good("syntax", line_.config_path + " is a valid configuration");
    const std::string beside = std::string(", or, where only the daemon may read it: ") + kAsDaemon;
    const std::string place = "store it where the configuration points" + beside;
    Secrets(findings, "database.password", settings_.database.password, place);
    for (const PortalSettings& portal : settings_.portals) {
      Secrets(findings, "token of " + portal.plan.key, portal.token,
              "sudo hubmirror secret set " + portal.plan.key + beside);
      if (portal.oauth) {
        Secrets(findings, "client_secret of " + portal.plan.key, portal.oauth->client_secret,
                place);
      }
      Secrets(findings, "hash_key of " + portal.plan.key, portal.hash_key, place);
      for (const WebhookSettings& webhook : portal.webhooks) {
        for (const SecretRef& ref : webhook.secrets) {
          Secrets(findings, "secret of webhook " + portal.plan.key + "/" + webhook.plan.name, ref,
                  place);
        }
      }
    }
    Take(findings);
  }

  void Secrets(Findings& findings, const std::string& what, const std::optional<SecretRef>& ref,
               const std::string& fix) {
    if (!ref) return;
    const auto secret = secrets_.Resolve(*ref);
    if (secret) return findings.Good(what, ref->Text() + " can be read");
    // Only the service is given its credentials.
    const bool of_service = ref->kind == SecretRef::Kind::kCredential &&
                            context_.environment("CREDENTIALS_DIRECTORY").empty();
    if (of_service) {
      findings.Skip(what, ref->Text() + " is the service's",
                    "systemd gives it to the daemon alone");
    } else {
      findings.Mend(what, secret.error(), fix);
    }
  }

  void ExamineRunning() {
    ControlAnswer answer = AskDaemon(settings_.control.socket, {.verb = ControlVerb::kStatus},
                                     [](const OperationProgress&) {});
    std::optional<ShownStatus> shown;
    std::string failure = answer.result.message;
    if (answer.result.ok()) {
      status_ = answer.status;
      const auto status = ReadStatus(answer.status);
      if (status) {
        shown = *status;
      } else {
        failure = status.error();
      }
    }
    Take(hubmirror::ExamineDaemon(shown, failure, settings_, kVersion));
  }

  void ExamineServer() {
    Findings findings("database");
    const auto target = TargetOf(settings_.database, secrets_);
    if (!target) {
      findings.Skip("connection", "its password cannot be read", kAsDaemon);
      return Take(findings);
    }
    try {
      const auto connection = ConnectAsDaemon(*target);
      findings.Good("connection", "PostgreSQL answers");
      Take(findings);
      Take(ExamineDatabase(*connection, settings_, context_.clock.WallNow()));
    } catch (const DatabaseError& error) {
      findings.Mend("connection", error.what(),
                    "check database.dsn and pg_hba.conf; peer login needs the daemon's user: " +
                        std::string(kAsDaemon));
      Take(findings);
    }
  }

  void ExamineHubSpot(const PortalSettings& portal) {
    found_.push_back(
        ExamineVersion(portal.plan.key, settings_.api.version, context_.clock.WallNow()));
    Findings findings(portal.plan.key);
    if (line_.offline) {
      findings.Skip("token", "HubSpot is not asked");
      return Take(findings);
    }
    const auto token =
        portal.token ? secrets_.Resolve(*portal.token) : Result<Secret, std::string>(Secret());
    if (!token) {
      findings.Skip("token", "it cannot be read by this user", kAsDaemon);
      return Take(findings);
    }
    const auto access = HubSpotAccess::Open(settings_, secrets_, context_.clock);
    if (!access) {
      findings.Mend("tls", access.error(), "correct api.ca_file");
      return Take(findings);
    }
    ApiClient& source = (*access)->Source(portal);
    PortalFinding exam =
        ExaminePortal(source, context_.clock, portal.plan.portal_id, ObjectsOf(portal.plan));
    ExamineWriting(source, portal.plan, exam);
    const std::string next = NextStepOf(exam);
    if (exam.failure) {
      findings.Mend("token", exam.failure->message, next);
      return Take(findings);
    }
    findings.Good("token", "HubSpot accepts it");
    findings.Judge(!exam.wrong_portal, Verdict::kMend, "portal-id",
                   "it belongs to portal " + std::to_string(exam.account->portal_id.value), next);
    if (exam.wrong_portal) return Take(findings);
    std::vector<std::pair<std::string, std::string>> named;
    for (const ObjectFinding& object : exam.objects) {
      if (object.failure) named.emplace_back(object.object, object.failure->message);
    }
    std::string closed;
    for (const SharedCause& shared : ByCause(named)) {
      closed += (closed.empty() ? "" : "; ") + shared.Names() + ": " + shared.cause;
    }
    findings.Judge(closed.empty(), Verdict::kMend, "scopes",
                   closed.empty() ? "list and search of every object type work" : closed, next);
    if (exam.writing && !exam.writing->untold.empty()) {
      findings.Skip("write scopes", exam.writing->Said(), exam.writing->Next());
    } else if (exam.writing) {
      findings.Judge(exam.writing->good(), Verdict::kMend, "write scopes",
                     exam.writing->good() ? "the token may write what the configuration allows"
                                          : exam.writing->Said(),
                     exam.writing->Next());
    }
    Take(findings);
    Take(ExamineProperties(source, portal.plan, context_.clock.WallNow()));
  }

  const CliContext& context_;
  const CommandLine& line_;
  const Settings& settings_;
  const SecretSource secrets_;
  std::vector<Finding> found_;
  std::string status_;
};

int64_t CountOf(const std::vector<Finding>& found, Verdict verdict) {
  return std::count_if(found.begin(), found.end(),
                       [&](const Finding& finding) { return finding.verdict == verdict; });
}

std::string FindingsText(const std::vector<Finding>& found) {
  std::string text;
  std::string area;
  for (const Finding& finding : found) {
    if (finding.area != area) {
      area = finding.area;
      text += Printable(area) + "\n";
    }
    text += "  " + Padded(WordOf(finding.verdict), 4) + "  " +
            Padded(Printable(finding.check), 22) + " " + Printable(finding.said) + "\n";
    if (!finding.fix.empty())
      text += "        " + Padded("", 22) + " Next: " + Printable(finding.fix) + "\n";
  }
  return text + Counted(static_cast<int64_t>(found.size()), "check") + ": " +
         CountWords(CountOf(found, Verdict::kGood)) + " good, " +
         CountWords(CountOf(found, Verdict::kLook)) + " to check, " +
         CountWords(CountOf(found, Verdict::kMend)) + " to fix, " +
         CountWords(CountOf(found, Verdict::kSkipped)) + " skipped\n";
}

std::string FindingsJson(const std::vector<Finding>& found) {
  JsonPage json;
  json.BeginArray();
  for (const Finding& finding : found) {
    const char* const words[] = {"good", "look", "mend", "skipped"};
    json.BeginObject();
    json.Put("area", finding.area);
    json.Put("check", finding.check);
    json.Put("verdict", words[static_cast<size_t>(finding.verdict)]);
    json.Put("said", finding.said);
    json.Put("fix", finding.fix);
    json.EndObject();
  }
  json.EndArray();
  return json.Text();
}

int CannotWriteBundle(const CliContext& context, const std::string& path, int cause) {
  return Fail(context, cause == EEXIST ? kExitCannotCreate : kExitInputOutput,
              path + " cannot be written: " + std::strerror(cause),
              "name another file, or `-` for the standard output");
}

}  // namespace

int RunDoctor(const CliContext& context, const CommandLine& line) {
  const auto settings = LoadSettings(context, line);
  if (!settings) return settings.error();
  if (!line.target.portal.empty() && !FindPortal(context, *settings, line.target.portal)) {
    return kExitUsage;
  }
  const auto found = Doctor(context, line, *settings).Examine();
  context.out << (line.json ? FindingsJson(found) : FindingsText(found));
  if (CountOf(found, Verdict::kMend) == 0) return kExitOk;
  if (!line.json) {
    const auto first = std::find_if(found.begin(), found.end(), [](const Finding& finding) {
      return finding.verdict == Verdict::kMend;
    });
    context.out.flush();
    context.err << "Next: " << Printable(first->fix) << "\n";
  }
  return kExitProblem;
}

int RunSupportBundle(const CliContext& context, const CommandLine& line) {
  const auto settings = LoadSettings(context, line);
  if (!settings) return settings.error();
  const std::string path = line.path.empty() ? "hubmirror-support.txt" : line.path;
  // What cannot be kept is not asked of HubSpot.
  struct stat there {};
  if (path != "-" && ::lstat(path.c_str(), &there) == 0) {
    return CannotWriteBundle(context, path, EEXIST);
  }
  Doctor doctor(context, line, *settings);
  const auto found = doctor.Examine();
  std::ostringstream text;
  text << "== version\nhubmirror " << kVersion << " (" << kRevision << ")\n"
       << "== configuration in effect\n"
       << ShowSettings(*settings) << "== doctor\n"
       << FindingsText(found) << "== status\n"
       << (doctor.status().empty() ? "the daemon does not answer\n"
                                   : Indented(doctor.status()) + "\n");
  if (path == "-") {
    context.out << text.str();
    return kExitOk;
  }
  // It names hosts and portals: nobody else may read it, and root does not write it over a file
  // of somebody else's choosing.
  if (!MakeFile(path, text.str(), 0600)) return CannotWriteBundle(context, path, errno);
  context.out << path
              << " has no secrets and no record values; look at it before you send it: it names "
              << "your portals, your database and your hosts\n";
  return kExitOk;
}

}  // namespace hubmirror
