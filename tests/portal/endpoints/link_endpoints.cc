#include "endpoints/link_endpoints.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <charconv>

#include "endpoints/error_answers.h"
#include "endpoints/json_text.h"

namespace simulated_portal {
namespace {

constexpr size_t kMostInputs = 1000;
constexpr size_t kTinyPage = 7;
constexpr size_t kSmallPage = 100;
constexpr size_t kLargePage = 500;

struct Input {
  std::string id;
  RecordId after = 0;
};

struct Inputs {
  std::vector<Input> inputs;
  std::string problem;
};

RecordId NumberOf(std::string_view text) {
  RecordId number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Inputs ParseInputs(const std::string& body) {
  Inputs parsed;
  rapidjson::Document document;
  document.Parse(body.data(), body.size());
  if (document.HasParseError() || !document.IsObject() || !document.HasMember("inputs") ||
      !document["inputs"].IsArray()) {
    parsed.problem = "inputs must be an array";
    return parsed;
  }
  for (const auto& item : document["inputs"].GetArray()) {
    if (!item.IsObject() || !item.HasMember("id") || !item["id"].IsString()) {
      parsed.problem = "every input needs an id";
      return parsed;
    }
    Input input{.id = item["id"].GetString()};
    if (item.HasMember("after")) input.after = NumberOf(item["after"].GetString());
    parsed.inputs.push_back(std::move(input));
  }
  if (parsed.inputs.size() > kMostInputs) parsed.problem = "at most 1000 inputs";
  return parsed;
}

std::optional<HttpResponse> RefuseLinks(const Call& call) {
  std::vector<std::string> lacking;
  for (const size_t object : {call.route.object, call.route.other}) {
    const std::string scope(kObjectTypes[object].read_scope);
    if (!call.Holds(scope)) lacking.push_back(scope);
  }
  if (lacking.empty()) return std::nullopt;
  return MissingScopes(lacking, call.portal.random);
}

void AppendType(std::string& out, const LinkKind& kind, bool ahead, const char* id_key) {
  const std::string& label = ahead ? kind.ahead_label : kind.back_label;
  out.append("{\"category\":\"").append(kind.category).append("\",\"").append(id_key).append("\":");
  out.append(std::to_string(ahead ? kind.ahead_id : kind.back_id)).append(",\"label\":");
  if (label.empty()) {
    out += "null";
  } else {
    AppendJsonString(out, label);
  }
  out += '}';
}

void AppendTo(std::string& out, RecordId id, const LinkStore::Kinds& kinds,
              const std::vector<LinkKind>& all, const Switches& switches) {
  const char* quote = switches.Is(Setting::kLinkIdString) ? "\"" : "";
  out.append("{\"toObjectId\":").append(quote).append(std::to_string(id)).append(quote);
  out += ",\"associationTypes\":[";
  for (const auto& [kind, ahead] : kinds) {
    if (out.back() == '}') out += ',';
    AppendType(out, all[kind], ahead, "typeId");
  }
  out += "]}";
}

/// What a record is linked with, as far as the other end is live.
std::map<RecordId, LinkStore::Kinds> LiveLinks(Portal& portal, size_t from, RecordId id,
                                               size_t to) {
  auto links = portal.links.LinksOf(from, id, to);
  RecordStore& others = portal.objects[to].records;
  std::erase_if(links, [&](const auto& link) {
    const Record* other = others.Find(link.first);
    return other == nullptr || other->state != RecordState::kLive;
  });
  return links;
}

/// Leads show the deals they are linked with; deals show no leads.
bool IsBlindSide(const Portal& portal, size_t from, size_t to) {
  return portal.switches.Is(Setting::kLeadDealsFromLeads) && kObjectTypes[from].name == "deals" &&
         kObjectTypes[to].name == "leads";
}

void AppendNoLinks(std::string& out, const Call& call, const std::vector<std::string>& ids) {
  out.append(",\"numErrors\":").append(std::to_string(ids.size())).append(",\"errors\":[");
  for (const std::string& id : ids) {
    if (out.back() == '}') out += ',';
    out +=
        "{\"status\":\"error\",\"category\":\"OBJECT_NOT_FOUND\",\"subCategory\":"
        "\"crm.associations.NO_ASSOCIATIONS_FOUND\",\"message\":\"No ";
    out.append(kObjectTypes[call.route.other].singular).append(" is associated with ");
    out.append(call.object().type.singular).append(" ").append(id);
    out.append(".\",\"context\":{\"fromObjectId\":[\"").append(id).append("\"]}}");
  }
  out += ']';
}

}  // namespace

HttpResponse ReadLinks(const Call& call) {
  if (auto refused = RefuseLinks(call)) return *refused;
  const Inputs parsed = ParseInputs(call.request.body);
  if (!parsed.problem.empty()) return ValidationError(parsed.problem, call.portal.random);
  const size_t from = call.route.object;
  const size_t to = call.route.other;
  const auto kinds = LinkStore::KindsOf(LinkStore::PairOf(from, to));
  if (kinds.empty()) {
    return ValidationError("These object types cannot be associated", call.portal.random);
  }
  const Switches& switches = call.portal.switches;
  const size_t page = switches.Is(Setting::kLinkPageTiny)    ? kTinyPage
                      : switches.Is(Setting::kLinkPageSmall) ? kSmallPage
                                                             : kLargePage;
  HttpResponse response;
  std::string& out = response.body;
  out += "{\"status\":\"COMPLETE\",\"results\":[";
  const bool one_way = IsBlindSide(call.portal, from, to);
  std::vector<std::string> none;
  for (const Input& input : parsed.inputs) {
    const Record* record = call.object().records.Find(NumberOf(input.id));
    const bool live = record != nullptr && record->state == RecordState::kLive && !one_way;
    auto links = live ? LiveLinks(call.portal, from, record->id, to)
                      : std::map<RecordId, LinkStore::Kinds>();
    if (links.empty()) {
      none.push_back(input.id);
      continue;
    }
    if (out.back() == '}') out += ',';
    out.append("{\"from\":{\"id\":\"").append(input.id).append("\"},\"to\":[");
    size_t shown = 0;
    auto link = links.lower_bound(input.after);
    for (; link != links.end() && shown < page; ++link, ++shown) {
      if (shown > 0) out += ',';
      AppendTo(out, link->first, link->second, kinds, switches);
    }
    out += ']';
    if (link != links.end()) {
      out.append(",\"paging\":{\"next\":{\"after\":\"").append(std::to_string(link->first));
      out += "\",\"link\":\"https://api.example.com/not/to/be/followed\"}}";
    }
    out += '}';
  }
  out += ']';
  if (!none.empty() && switches.Is(Setting::kLinkNoneErrors)) {
    AppendNoLinks(out, call, none);
    response.status = 207;
  }
  out += '}';
  return response;
}

HttpResponse ListLinkLabels(const Call& call) {
  if (auto refused = RefuseLinks(call)) return *refused;
  const LinkStore::Pair pair = LinkStore::PairOf(call.route.object, call.route.other);
  const bool ahead = pair.first == call.route.object;
  HttpResponse response;
  std::string& out = response.body;
  out += "{\"results\":[";
  for (const LinkKind& kind : LinkStore::KindsOf(pair)) {
    if (out.back() == '}') out += ',';
    AppendType(out, kind, ahead, "typeId");
    if (pair.first != pair.second || kind.ahead_id == kind.back_id) continue;
    out += ',';
    AppendType(out, kind, !ahead, "typeId");
  }
  out += "]}";
  return response;
}

void AppendLinkTruth(std::string& out, Portal& portal, size_t from, size_t to) {
  const auto all = LinkStore::KindsOf(LinkStore::PairOf(from, to));
  // What only the other side shows is known by its types.
  const bool turned = IsBlindSide(portal, from, to);
  for (const auto& [id, record] : portal.objects[from].records.all()) {
    if (record.state != RecordState::kLive) continue;
    for (const auto& [other, kinds] : LiveLinks(portal, from, id, to)) {
      for (const auto& [kind, ahead] : kinds) {
        out.append("{\"from_type_id\":\"").append(kObjectTypes[from].type_id);
        out.append("\",\"to_type_id\":\"").append(kObjectTypes[to].type_id);
        out.append("\",\"from\":\"").append(std::to_string(id)).append("\",\"to\":\"");
        out.append(std::to_string(other)).append("\",\"type\":");
        AppendType(out, all[kind], ahead != turned, "typeId");
        out += "}\n";
      }
    }
  }
}

}  // namespace simulated_portal
