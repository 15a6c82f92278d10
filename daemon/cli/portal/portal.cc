#include "daemon/cli/portal/portal.h"

#include <algorithm>
#include <vector>

#include "daemon/cli/hubspot.h"
#include "daemon/cli/portal/portal_exam.h"
#include "daemon/cli/settings.h"
#include "daemon/cli/text/json_page.h"
#include "daemon/cli/text/words.h"
#include "model/portal/custom_type.h"
#include "settings/reading/settings_reader.h"

namespace hubmirror {
namespace {

std::string_view AccessOf(const PortalSettings& portal) {
  return portal.oauth ? "oauth" : "token";
}

std::string ListText(const Settings& settings) {
  std::string text = Padded("PORTAL", 16) + " " + Padded("ID", 12, true) + "  " +
                     Padded("SCHEMA", 16) + " " + Padded("ACCESS", 7) + " OBJECTS\n";
  for (const PortalSettings& portal : settings.portals) {
    std::string objects;
    for (const ObjectType& object : ObjectsOf(portal.plan)) {
      objects += (objects.empty() ? "" : ",") + object.name;
    }
    text += Padded(portal.plan.key, 16) + " " +
            Padded(std::to_string(portal.plan.portal_id.value), 12, true) + "  " +
            Padded(portal.plan.schema, 16) + " " + Padded(AccessOf(portal), 7) + " " +
            (portal.enabled ? objects : "(disabled)") + "\n";
  }
  return text;
}

std::string ListJson(const Settings& settings) {
  JsonPage json;
  json.BeginObject();
  for (const PortalSettings& portal : settings.portals) {
    json.BeginObject(portal.plan.key);
    json.Put("portal_id", portal.plan.portal_id.value);
    json.Put("schema", portal.plan.schema);
    json.Put("access", std::string(AccessOf(portal)));
    json.Put("enabled", portal.enabled);
    json.BeginArray("objects");
    for (const ObjectType& object : ObjectsOf(portal.plan)) json.Item(object.name);
    json.EndArray();
    json.EndObject();
  }
  json.EndObject();
  return json.Text();
}

// Settings and the portal in them that a test is about.
struct Candidate {
  Settings settings;
  PortalSettings portal;
  bool id_known = true;  ///< false: whose token it is, is the question
};

// A configuration text around a bare token, so that its address, its reference and every default
// are checked and filled in like those of any other.
Result<Candidate, int> CandidateOfToken(const CliContext& context, const CommandLine& line) {
  const auto quoted = [](std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\'' || c == '\n'; }, ' ');
    return "'" + text + "'";
  };
  const SettingsReading reading = ReadSettings(
      "version: 1\ndatabase: {dsn: 'dbname=none'}\nstate_dir: /nonexistent\napi: {base_url: " +
          quoted(line.base_url) + ", version: " + quoted(line.api_version) +
          "}\nportals: {token: {portal_id: 1, token: " + quoted(line.token_reference) + "}}\n",
      context.environment);
  if (reading.settings) {
    return Candidate{*reading.settings, reading.settings->portals.front(), false};
  }
  const ConfigProblem& problem =
      *std::find_if(reading.problems.begin(), reading.problems.end(),
                    [](const ConfigProblem& one) { return one.severity == Severity::kError; });
  const std::string option = problem.path == "api.base_url"  ? "--base-url"
                             : problem.path == "api.version" ? "--api-version"
                                                             : "--token";
  return Fail(context, kExitUsage, option + " " + problem.what, problem.next);
}

Result<Candidate, int> FindCandidate(const CliContext& context, const CommandLine& line) {
  if (!line.token_reference.empty()) return CandidateOfToken(context, line);
  if (line.target.portal.empty()) {
    return Fail(context, kExitUsage, "no portal is named",
                "hubmirror portal test PORTAL, or --token REF");
  }
  const auto settings = LoadSettings(context, line);
  if (!settings) return settings.error();
  const PortalSettings* portal = FindPortal(context, *settings, line.target.portal);
  if (portal == nullptr) return kExitUsage;
  return Candidate{*settings, *portal, true};
}

// The first secret of the portal that cannot be read, as an exit code; kExitOk when all can.
int CheckSecretsOf(const CliContext& context, const PortalSettings& portal,
                   const SecretSource& secrets) {
  std::vector<SecretRef> refs;
  if (portal.token) refs.push_back(*portal.token);
  if (portal.oauth) refs.push_back(portal.oauth->client_secret);
  if (portal.oauth && portal.oauth->refresh_token) refs.push_back(*portal.oauth->refresh_token);
  if (portal.hash_key) refs.push_back(*portal.hash_key);
  for (const SecretRef& ref : refs) {
    const auto secret = secrets.Resolve(ref);
    if (secret) continue;
    return Fail(context, secrets.IsPermissionFault(ref) ? kExitPermission : kExitConfiguration,
                secret.error(),
                "make it readable by this user only, or run this as the daemon's user");
  }
  return kExitOk;
}

// Looks up the custom objects that the plan asks for; what cannot be found is a finding.
std::vector<ObjectFinding> ResolveTypes(ReferenceSource& source, PortalPlan& plan) {
  if (!AsksForCustomTypes(plan)) return {};
  const auto types = ReadCustomTypes(source);
  plan = WithTypes(std::move(plan), types ? *types : std::vector<CustomType>{});
  if (!types) return {{std::string(kCustomObjects), types.error()}};
  std::vector<ObjectFinding> findings;
  for (const std::string& unknown : UnknownTypes(plan.custom_asked, *types)) {
    findings.push_back({unknown, ApiError{.kind = ApiErrorKind::kNotFound,
                                          .message = "the portal has no such custom object"}});
  }
  return findings;
}

}  // namespace

int RunPortalList(const CliContext& context, const CommandLine& line) {
  const auto settings = LoadSettings(context, line);
  if (!settings) return settings.error();
  context.out << (line.json ? ListJson(*settings) : ListText(*settings));
  return kExitOk;
}

int RunPortalTest(const CliContext& context, const CommandLine& line) {
  const auto candidate = FindCandidate(context, line);
  if (!candidate) return candidate.error();
  const SecretSource secrets(context.environment);
  PortalSettings portal = candidate->portal;
  if (const int code = CheckSecretsOf(context, portal, secrets); code != kExitOk) return code;

  const auto access = HubSpotAccess::Open(candidate->settings, secrets, context.clock);
  if (!access) {
    return Fail(context, kExitConfiguration, access.error(), "correct api.ca_file");
  }
  ApiClient& source = (*access)->Source(portal);
  const auto unresolved = ResolveTypes(source, portal.plan);
  PortalFinding finding =
      ExaminePortal(source, context.clock,
                    candidate->id_known ? std::optional(portal.plan.portal_id) : std::nullopt,
                    ObjectsOf(portal.plan));
  finding.objects.insert(finding.objects.end(), unresolved.begin(), unresolved.end());
  ExamineWriting(source, portal.plan, finding);
  context.out << (line.json ? PortalFindingJson(finding, portal.plan.key)
                            : PortalFindingText(finding, portal.plan.key));
  if (!finding.good()) {
    context.out.flush();
    context.err << "Next: " << Printable(NextStepOf(finding)) << "\n";
  }
  return ExitCodeOf(finding);
}

}  // namespace hubmirror
