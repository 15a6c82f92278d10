#include "daemon/cli/portal/portal_exam.h"

#include <algorithm>
#include <memory>

#include "control/shared_cause.h"
#include "daemon/cli/context.h"
#include "daemon/cli/hubspot.h"
#include "daemon/cli/text/json_page.h"
#include "daemon/cli/text/words.h"

namespace hubmirror {
namespace {

// HubSpot allows an account five searches a second, and a running daemon may use most of them. The
// first one waits, too: the command before this one may have searched a moment ago.
constexpr std::chrono::milliseconds kSearchSpacing{400};
// During a first load it uses all that it may for seconds on end.
constexpr int kSearchTries = 8;
constexpr std::chrono::milliseconds kSearchWait{1300};

std::optional<ApiError> Ask(PageSource& source, const Clock& clock, const ObjectType& object) {
  const auto properties = std::make_shared<const PropertySet>(
      std::vector<std::string>{"hs_object_id", object.modified_property});
  const auto list =
      source.List(object, {.archived = false, .after = std::nullopt, .properties = properties});
  if (!list) return list.error();
  for (int tries = 1;; ++tries) {
    clock.SleepUntil(clock.Now() + kSearchSpacing, {});
    const auto search = source.Search(object, SearchRequest{.newest_first = true, .limit = 1});
    if (search) return std::nullopt;
    if (search.error().kind != ApiErrorKind::kSearchLimit || tries == kSearchTries) {
      return search.error();
    }
    clock.SleepUntil(clock.Now() + kSearchWait, {});
  }
}

// The failure that matters most: one that needs a person before one that passes.
const ApiError* WorstFailure(const PortalFinding& finding) {
  if (finding.failure) return &*finding.failure;
  const ApiError* worst = nullptr;
  for (const ObjectFinding& object : finding.objects) {
    if (!object.failure) continue;
    if (worst == nullptr || (AdviceOn(*worst).passes && !AdviceOn(*object.failure).passes)) {
      worst = &*object.failure;
    }
  }
  return worst;
}

bool MayWrite(const PortalFinding& finding) {
  return !finding.writing || finding.writing->good();
}

void WriteVerdict(JsonPage& json, bool good, const std::optional<ApiError>& failure) {
  json.Put("ok", good);
  if (!failure) return;
  json.Put("error", failure->message);
  json.Put("status", int64_t{failure->status});
}

}  // namespace

std::string WriteFinding::Said() const {
  if (!untold.empty()) return "not known: " + untold;
  std::string said;
  for (const ScopeNeed& need : missing) {
    said += (said.empty() ? "" : "; ") + ("the token lacks " + need.scope) + ": " + need.without;
  }
  return said;
}

std::string WriteFinding::Next() const {
  if (!untold.empty()) {
    return "rows that the token may not write say so: `hubmirror write status`";
  }
  std::string scopes;
  for (const ScopeNeed& need : missing) scopes += (scopes.empty() ? "" : ", ") + need.scope;
  if (scopes.empty()) return {};
  return "add " + scopes +
         " to the app or the key in HubSpot (then authorize an OAuth app again: `hubmirror portal "
         "authorize`), or allow less in `write`";
}

bool PortalFinding::good() const {
  return !failure && !wrong_portal && MayWrite(*this) &&
         std::none_of(objects.begin(), objects.end(),
                      [](const ObjectFinding& object) { return object.failure.has_value(); });
}

PortalFinding ExaminePortal(PageSource& source, const Clock& clock,
                            std::optional<PortalId> configured,
                            const std::vector<ObjectType>& objects) {
  PortalFinding finding;
  const auto account = source.AccountDetails();
  if (!account) {
    finding.failure = account.error();
    return finding;
  }
  finding.account = *account;
  finding.wrong_portal = configured && account->portal_id != *configured;
  if (finding.wrong_portal) return finding;
  for (const ObjectType& object : objects) {
    finding.objects.push_back({object.name, Ask(source, clock, object)});
  }
  return finding;
}

void ExamineWriting(ApiClient& source, const PortalPlan& plan, PortalFinding& finding) {
  const std::vector<ScopeNeed> needs = WriteScopesFor(WrittenOf(plan));
  if (needs.empty() || finding.failure || finding.wrong_portal) return;
  const auto granted = source.GrantedScopes();
  finding.writing.emplace();
  if (granted) {
    finding.writing->missing = MissingScopes(needs, *granted);
  } else {
    finding.writing->untold = granted.error().message;
  }
}

std::string PortalFindingText(const PortalFinding& finding, const PortalKey& key) {
  std::string text = key + ": ";
  if (finding.failure) return text + Printable(finding.failure->message) + "\n";
  const Account& account = *finding.account;
  text += "the token is accepted for portal " + std::to_string(account.portal_id.value) + " (" +
          Printable(account.account_type) + ", " + Printable(account.time_zone) + ")\n";
  if (finding.wrong_portal) text += "  this is not the portal_id of the configuration\n";
  std::vector<std::pair<std::string, std::string>> named;
  for (const ObjectFinding& object : finding.objects) {
    named.emplace_back(object.object, object.failure ? object.failure->message : std::string());
  }
  const std::vector<SharedCause> causes = ByCause(named);
  for (const auto& [name, failure] : named) {
    if (failure.empty()) text += "  " + Padded(name, 12) + " ok\n";
    for (const SharedCause& shared : causes) {
      if (shared.names.front() != name) continue;
      text += "  " + Padded(shared.Names(), 12) + " " + Printable(shared.cause) + "\n";
    }
  }
  if (finding.writing) {
    const std::string said = finding.writing->Said();
    text +=
        "  " + Padded("write scopes", 12) + " " + (said.empty() ? "ok" : Printable(said)) + "\n";
  }
  return text;
}

std::string PortalFindingJson(const PortalFinding& finding, const PortalKey& key) {
  JsonPage json;
  json.BeginObject();
  json.Put("portal", key);
  if (finding.account) {
    json.Put("portal_id", finding.account->portal_id.value);
    json.Put("account_type", finding.account->account_type);
    json.Put("time_zone", finding.account->time_zone);
    json.Put("wrong_portal", finding.wrong_portal);
  }
  WriteVerdict(json, finding.good(), finding.failure);
  json.BeginObject("objects");
  for (const ObjectFinding& object : finding.objects) {
    json.BeginObject(object.object);
    WriteVerdict(json, !object.failure, object.failure);
    json.EndObject();
  }
  json.EndObject();
  if (finding.writing) {
    json.BeginObject("write");
    json.Put("ok", finding.writing->good());
    if (!finding.writing->untold.empty()) json.Put("not_known", finding.writing->untold);
    json.BeginArray("missing_scopes");
    for (const ScopeNeed& need : finding.writing->missing) json.Item(need.scope);
    json.EndArray();
    json.EndObject();
  }
  json.EndObject();
  return json.Text();
}

int ExitCodeOf(const PortalFinding& finding) {
  if (finding.good()) return kExitOk;
  const ApiError* failure = WorstFailure(finding);
  const bool passes = failure != nullptr && AdviceOn(*failure).passes;
  return passes && MayWrite(finding) ? kExitUnavailable : kExitProblem;
}

std::string NextStepOf(const PortalFinding& finding) {
  if (finding.wrong_portal) {
    return "set portal_id to " + std::to_string(finding.account->portal_id.value) +
           ", or store the token of the right portal";
  }
  const ApiError* failure = WorstFailure(finding);
  if (failure != nullptr && (MayWrite(finding) || !AdviceOn(*failure).passes)) {
    return AdviceOn(*failure).next;
  }
  return MayWrite(finding) ? "" : finding.writing->Next();
}

}  // namespace hubmirror
