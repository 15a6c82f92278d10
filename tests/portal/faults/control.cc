#include "faults/control.h"

#include <charconv>
#include <stdexcept>
#include <utility>

#include "endpoints/asked_properties.h"
#include "endpoints/json_fields.h"
#include "endpoints/json_text.h"
#include "endpoints/link_endpoints.h"
#include "endpoints/reference_endpoints.h"
#include "faults/mutate_request.h"
#include "store/history.h"
#include "store/truth.h"

namespace simulated_portal {
namespace {

constexpr std::string_view kPrefix = "/_control/";

std::vector<std::string> SplitPath(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    if (end > 0) parts.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

int64_t Number(std::string_view text, const char* name) {
  if (text.empty()) return 0;
  int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    throw std::runtime_error(std::string(name) + ": not a number");
  }
  return number;
}

CrmObject& FindObject(Portal& portal, const std::string& name) {
  const size_t object = FindObjectType(name);
  if (object == kObjectTypes.size()) throw std::runtime_error("no object type " + name);
  return portal.objects[object];
}

void AddFaults(Portal& portal, JsonFields& fields) {
  bool clear = false;
  std::vector<Fault> faults;
  fields.Read("clear", clear);
  fields.ReadObjects(
      "faults", [&faults](JsonFields inner) { faults.push_back(ReadFault(std::move(inner))); });
  fields.RefuseOthers();
  if (clear) portal.faults.Clear();
  for (Fault& fault : faults) portal.faults.Add(std::move(fault));
}

void SetSwitches(Portal& portal, JsonFields& fields) {
  fields.ReadTexts("switches", [&portal](const std::string& name, const std::string& setting) {
    if (!portal.switches.Set(name, setting)) {
      throw std::runtime_error("no switch " + name + "=" + setting);
    }
  });
  fields.RefuseOthers();
}

void ChangeTokens(Portal& portal, JsonFields& fields, Instant now) {
  std::string action, token;
  std::vector<std::string> scopes;
  int64_t seconds = 0;
  fields.Read("action", action);
  fields.Read("token", token);
  fields.Read("scopes", scopes);
  fields.Read("seconds", seconds);
  fields.RefuseOthers();
  AccessTokens& tokens = portal.tokens;
  if (action == "expire") {
    tokens.Expire(token, now);
  } else if (action == "revoke" || action == "allow") {
    if (!tokens.SetRevoked(token, action == "revoke")) throw std::runtime_error("no such token");
  } else if (action == "revoke_refresh") {
    tokens.RevokeRefresh(token);
  } else if (action == "delete_hub") {
    tokens.DeleteHub();
  } else if (action == "scopes") {
    tokens.SetScopes(token, Scopes(scopes.begin(), scopes.end()));
  } else if (action == "expires_in") {
    tokens.SetExpiresIn(seconds);
  } else {
    throw std::runtime_error("action: unknown action " + action);
  }
}

}  // namespace

Portal& Control::Find(const std::string& portal_id) {
  if (portal_id.empty() && portals_.size() == 1) return *portals_.front();
  for (const auto& portal : portals_) {
    if (std::to_string(portal->settings.portal_id) == portal_id) return *portal;
  }
  throw std::runtime_error(portal_id.empty() ? "portal: there is more than one"
                                             : "no portal " + portal_id);
}

HttpResponse Control::Answer(const HttpRequest& request, Instant wall_now) {
  try {
    if (request.method == "GET") return Get(request, wall_now);
    HttpResponse response;
    response.body = Post(request.path.substr(kPrefix.size()), request, wall_now);
    return response;
  } catch (const std::exception& error) {
    HttpResponse response;
    response.status = 400;
    response.body = "{\"error\":";
    AppendJsonString(response.body, error.what());
    response.body += '}';
    return response;
  }
}

HttpResponse Control::Get(const HttpRequest& request, Instant wall_now) {
  const std::vector<std::string> parts =
      SplitPath(std::string_view(request.path).substr(kPrefix.size()));
  const std::string what = parts.empty() ? "" : parts[0];
  if (what == "truth" && parts.size() == 3) return Truth(request, parts[1], parts[2]);
  HttpResponse response;
  if (what == "links" && parts.size() == 4) {
    Portal& portal = Find(parts[1]);
    response.content_type = "application/x-ndjson";
    AppendLinkTruth(response.body, portal, FindObject(portal, parts[2]).type_index,
                    FindObject(portal, parts[3]).type_index);
  } else if (what == "reference" && parts.size() == 3) {
    response.content_type = "application/x-ndjson";
    AppendReferenceTruth(response.body, Find(parts[1]), parts[2]);
  } else if (what == "history" && parts.size() == 3) {
    const std::string names = request.QueryList("properties");
    response.content_type = "application/x-ndjson";
    AppendHistoryTruth(response.body, FindObject(Find(parts[1]), parts[2]), SplitNames(names));
  } else if (what == "properties" && parts.size() == 3) {
    AppendAllProperties(response.body, FindObject(Find(parts[1]), parts[2]).catalog);
  } else if (what == "writes" && parts.size() == 2) {
    response.content_type = "application/x-ndjson";
    Find(parts[1]).writes.AppendLines(response.body,
                                      static_cast<size_t>(Number(request.Query("after"), "after")));
  } else if (what == "stats") {
    response.body = Stats();
  } else if (what == "portals") {
    response.body = ListPortals();
  } else if (what == "quiet") {
    response.body = Quiet(wall_now);
  } else if (what == "script") {
    Find(std::string(request.Query("portal"))).script.AppendProgress(response.body);
  } else {
    throw std::runtime_error("no such control request: GET " + request.path);
  }
  return response;
}

HttpResponse Control::Truth(const HttpRequest& request, const std::string& portal,
                            const std::string& object) {
  HttpResponse response;
  response.content_type = "application/x-ndjson";
  const int64_t after = Number(request.Query("after"), "after");
  const auto limit = static_cast<size_t>(Number(request.Query("limit"), "limit"));
  const Portal& owner = Find(portal);
  CrmObject& asked = FindObject(Find(portal), object);
  const RecordId next =
      AppendTruth(response.body, asked, owner.ListsArchived(asked.type), after, limit);
  if (next != 0) response.headers.emplace_back("X-Next-After", std::to_string(next));
  return response;
}

std::string Control::Stats() {
  std::string out = "{";
  stats_.AppendJson(out);
  traffic_(out);
  out += "\"portals\":[";
  for (const auto& portal : portals_) {
    if (out.back() == '}') out += ',';
    out.append("{\"portal\":").append(std::to_string(portal->settings.portal_id));
    out.append(",\"burst_peak\":").append(std::to_string(portal->limits.burst_peak()));
    out.append(",\"search_peak\":").append(std::to_string(portal->limits.search_peak()));
    out.append(",\"daily_used\":").append(std::to_string(portal->limits.daily_used()));
    out += '}';
  }
  return out + "]}";
}

std::string Control::ListPortals() const {
  std::string out = "{\"portals\":[";
  for (const auto& portal : portals_) {
    if (out.back() == '}') out += ',';
    out.append("{\"portal\":").append(std::to_string(portal->settings.portal_id));
    out.append(",\"seed\":").append(std::to_string(portal->settings.seed)).append(",\"tokens\":[");
    for (const std::string& token : portal->tokens.static_tokens()) {
      if (out.back() != '[') out += ',';
      AppendJsonString(out, token);
    }
    out += "],\"records\":{";
    for (const CrmObject& object : portal->objects) {
      if (out.back() == '}') out += ',';
      AppendJsonString(out, object.type.name);
      out.append(":{\"live\":").append(std::to_string(object.records.count(RecordState::kLive)));
      out.append(",\"archived\":");
      out.append(std::to_string(object.records.count(RecordState::kArchived)));
      out.append(",\"merged\":");
      out.append(std::to_string(object.records.count(RecordState::kMerged))).append("}");
    }
    out += "},\"switches\":{";
    for (const Switches::Line& line : portal->switches.Lines()) {
      if (out.back() != '{') out += ',';
      AppendJsonString(out, line.name);
      out += ':';
      AppendJsonString(out, line.setting);
    }
    out += "}}";
  }
  return out + "]}";
}

std::string Control::Quiet(Instant wall_now) {
  size_t pending = 0;
  bool running = false;
  for (const auto& portal : portals_) {
    pending += portal->CatchUp(portal->Now(wall_now));
    running = running || portal->script.running();
  }
  std::string out = "{\"quiet\":";
  out.append(pending == 0 && !running ? "true" : "false");
  out.append(",\"pending\":").append(std::to_string(pending));
  return out.append(",\"script_running\":").append(running ? "true}" : "false}");
}

std::string Control::Post(const std::string& what, const HttpRequest& request, Instant wall_now) {
  if (what == "stats/reset") {
    stats_.Reset();
    for (const auto& portal : portals_) portal->limits.ResetPeaks();
    return "{}";
  }
  const rapidjson::Document document = ParseJsonObject(request.body);
  JsonFields fields(document, "");
  std::string portal_id;
  fields.Read("portal", portal_id);
  Portal& portal = Find(portal_id);
  const Instant now = portal.Now(wall_now);
  if (what == "mutate") return Mutate(portal, fields, now);
  if (what == "schema") {
    std::string object;
    std::vector<std::string> required;
    fields.Read("object", object);
    const bool requires_some = fields.Read("required", required);
    bool deleted = !requires_some;
    fields.Read("deleted", deleted);
    fields.RefuseOthers();
    const size_t index = FindObject(portal, object).type_index;
    if (requires_some) portal.required_properties[index] = std::move(required);
    if (deleted) {
      portal.deleted_types.insert(index);
    } else {
      portal.deleted_types.erase(index);
    }
    return "{}";
  }
  if (what == "reference") return ChangeReference(portal, fields, now);
  if (what == "script") {
    if (portal.script.running()) throw std::runtime_error("a script is running");
    portal.script = MutationScript(ReadScript(fields, portal.objects), now);
    portal.script.Step(portal.objects, portal.mutator, now);
  } else if (what == "faults") {
    AddFaults(portal, fields);
  } else if (what == "switches") {
    SetSwitches(portal, fields);
  } else if (what == "settings") {
    LiveSettings live = portal.settings.live;
    ReadLiveSettings(fields, live);
    fields.RefuseOthers();
    portal.Apply(live);
  } else if (what == "tokens") {
    ChangeTokens(portal, fields, now);
  } else {
    throw std::runtime_error("no such control request: POST " + request.path);
  }
  return "{}";
}

void Control::StepScripts(Instant wall_now) {
  for (const auto& portal : portals_) {
    if (!portal->script.running()) continue;
    portal->script.Step(portal->objects, portal->mutator, portal->Now(wall_now));
  }
}

}  // namespace simulated_portal
