#include "endpoints/reference_endpoints.h"

#include <openssl/evp.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "endpoints/error_answers.h"
#include "endpoints/json_text.h"

namespace simulated_portal {
namespace {

constexpr size_t kMostItems = 100;
constexpr size_t kMostMembers = 250;

int64_t NumberOr(std::string_view text, int64_t otherwise) {
  int64_t number = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void AppendItem(std::string& out, const ReferenceItem& item, const char* id_key,
                const std::string& more = "") {
  out.append("{\"").append(id_key).append("\":");
  AppendJsonString(out, item.id);
  out += ',';
  item.members.Append(out);
  out += more;
  out.append(",\"archived\":").append(item.archived ? "true" : "false").append("}");
}

void AppendPipeline(std::string& out, const ReferenceItem& item) {
  out += "{\"id\":";
  AppendJsonString(out, item.id);
  out += ',';
  item.members.Append(out);
  out += ",\"archived\":false,\"stages\":[";
  for (const Stage& stage : item.stages) {
    if (out.back() == '}') out += ',';
    out += "{\"id\":";
    AppendJsonString(out, stage.id);
    out += ',';
    stage.members.Append(out);
    out += ",\"archived\":false}";
  }
  out += "]}";
}

const char* IdKey(ReferenceKind kind) {
  if (kind == ReferenceKind::kLists) return "listId";
  return kind == ReferenceKind::kEvents ? "objectId" : "id";
}

void AppendPaging(std::string& out, const std::string& after) {
  out.append(",\"paging\":{\"next\":{\"after\":");
  AppendJsonString(out, after);
  out += ",\"link\":\"https://api.example.com/not/to/be/followed\"}}";
}

/// Those `shown`, a page from the offset in `after` on.
template <typename Shown>
HttpResponse ListItems(const Call& call, ReferenceKind kind, std::string_view scope,
                       const Shown& shown) {
  if (!call.Holds(scope)) return MissingScopes({std::string(scope)}, call.portal.random);
  const auto limit = static_cast<size_t>(
      std::clamp<int64_t>(NumberOr(call.request.Query("limit"), 100), 1, kMostItems));
  auto skip = static_cast<size_t>(NumberOr(call.request.Query("after"), 0));
  size_t place = 0;
  size_t count = 0;
  bool more = false;
  HttpResponse response;
  response.body = "{\"results\":[";
  for (const ReferenceItem& item : call.portal.reference.items(kind)) {
    if (!shown(item) || place++ < skip) continue;
    if (count == limit) {
      more = true;
      break;
    }
    if (count++ > 0) response.body += ',';
    AppendItem(response.body, item, IdKey(kind));
  }
  response.body += ']';
  if (more) AppendPaging(response.body, std::to_string(skip + count));
  response.body += '}';
  return response;
}

/// Where a page of members begins: the id of the last one before it as eight bytes in base64.
std::string PlaceBeyond(RecordId id) {
  std::array<unsigned char, 8> bytes{};
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<unsigned char>(id >> (56 - 8 * i));
  std::array<unsigned char, 13> letters{};
  EVP_EncodeBlock(letters.data(), bytes.data(), bytes.size());
  return std::string(letters.begin(), letters.end() - 1);
}

/// Nothing when it is no such place.
std::optional<RecordId> BeyondOf(std::string_view place) {
  if (place.empty()) return 0;
  std::array<unsigned char, 9> bytes{};
  if (place.size() != 12 || place.back() != '=') return std::nullopt;
  const auto* letters = reinterpret_cast<const unsigned char*>(place.data());
  if (EVP_DecodeBlock(bytes.data(), letters, 12) < 0) return std::nullopt;
  uint64_t id = 0;
  for (size_t i = 0; i < 8; ++i) id = id << 8 | bytes[i];
  return static_cast<RecordId>(id);
}

/// Members that are live, from a record on.
std::vector<std::pair<RecordId, Instant>> LiveMembers(Portal& portal, const ReferenceItem& list,
                                                      RecordId from, size_t limit) {
  std::vector<std::pair<RecordId, Instant>> members;
  RecordStore& records = portal.objects[list.type].records;
  for (auto at = list.joined.lower_bound(from); at != list.joined.end(); ++at) {
    if (members.size() == limit) break;
    const Record* record = records.Find(at->first);
    if (record != nullptr && record->state == RecordState::kLive) members.push_back(*at);
  }
  return members;
}

/// What HubSpot sends of a list whether it was asked for or not: texts all, times in milliseconds.
std::string CountsOf(Portal& portal, const ReferenceItem& list) {
  RecordStore& records = portal.objects[list.type].records;
  int64_t size = 0;
  for (const auto& [id, joined] : list.joined) {
    const Record* record = records.Find(id);
    if (record != nullptr && record->state == RecordState::kLive) ++size;
  }
  Members counts;
  counts.SetText("hs_list_size", std::to_string(size));
  counts.SetText("hs_list_reference_count", std::to_string(list.id.size() % 3));
  if (!list.folder.empty()) counts.SetText("hs_folder_name", list.folder);
  if (list.last_added > 0) {
    counts.SetText("hs_last_record_added_at", std::to_string(list.last_added));
  }
  if (list.last_removed > 0) {
    counts.SetText("hs_last_record_removed_at", std::to_string(list.last_removed));
  }
  std::string out = ",\"additionalProperties\":{";
  counts.Append(out);
  return out + "}";
}

}  // namespace

HttpResponse ListSchemas(const Call& call) {
  const std::string scope = "crm.schemas.custom.read";
  if (!call.Holds(scope)) return MissingScopes({scope}, call.portal.random);
  HttpResponse response;
  std::string& out = response.body;
  out = "{\"results\":[";
  for (const CrmObject& object : call.portal.objects) {
    const bool shown = !object.type.schema_name.empty() && object.records.size() > 0 &&
                       !call.portal.deleted_types.contains(object.type_index);
    if (!shown) continue;
    if (out.back() == '}') out += ',';
    const std::string name(object.type.schema_name);
    Members members;
    members.SetText("objectTypeId", object.type.type_id);
    members.SetText("fullyQualifiedName",
                    "p" + std::to_string(call.portal.settings.portal_id) + "_" + name);
    members.SetText("name", name);
    members.Set("labels",
                R"({"singular":"A ')" + name + R"('","plural":"Many “)" + name + R"(”"})");
    members.SetText("primaryDisplayProperty", "hs_name");
    std::string required;
    const auto found = call.portal.required_properties.find(object.type_index);
    if (found != call.portal.required_properties.end()) {
      for (const std::string& property : found->second) {
        if (!required.empty()) required += ',';
        AppendJsonString(required, property);
      }
    }
    members.Set("requiredProperties", "[" + required + "]");
    members.SetInstant("createdAt", kDay);
    members.SetFlag("archived", false);
    out += '{';
    members.Append(out);
    out += '}';
  }
  out += "]}";
  return response;
}

HttpResponse ListOwners(const Call& call) {
  const bool archived = call.request.Query("archived") == "true";
  return ListItems(call, ReferenceKind::kOwners, "crm.objects.owners.read",
                   [archived](const ReferenceItem& item) { return item.archived == archived; });
}

HttpResponse ListTeams(const Call& call) {
  return ListItems(call, ReferenceKind::kTeams, "settings.users.teams.read",
                   [](const ReferenceItem&) { return true; });
}

HttpResponse ListUsers(const Call& call) {
  return ListItems(call, ReferenceKind::kUsers, "settings.users.read",
                   [](const ReferenceItem&) { return true; });
}

HttpResponse ListEvents(const Call& call) {
  return ListItems(call, ReferenceKind::kEvents, "crm.objects.marketing_events.read",
                   [](const ReferenceItem&) { return true; });
}

HttpResponse ListCurrencies(const Call& call) {
  return ListItems(call, ReferenceKind::kCurrencies, "settings.currencies.read",
                   [](const ReferenceItem&) { return true; });
}

HttpResponse ListPipelines(const Call& call) {
  const ObjectType& type = call.object().type;
  if (!call.Holds(type.read_scope)) {
    return MissingScopes({std::string(type.read_scope)}, call.portal.random);
  }
  HttpResponse response;
  response.body = "{\"results\":[";
  for (const ReferenceItem& item : call.portal.reference.items(ReferenceKind::kPipelines)) {
    if (item.object != type.name) continue;
    if (response.body.back() == '}') response.body += ',';
    AppendPipeline(response.body, item);
  }
  response.body += "]}";
  return response;
}

HttpResponse SearchLists(const Call& call) {
  if (!call.Holds("crm.lists.read")) return MissingScopes({"crm.lists.read"}, call.portal.random);
  rapidjson::Document body;
  body.Parse(call.request.body.data(), call.request.body.size());
  for (const char* key : {"offset", "listIds", "processingTypes", "additionalProperties"}) {
    if (!body.IsObject() || !body.HasMember(key)) {
      return ValidationError(std::string(key) + " is required", call.portal.random);
    }
  }
  const auto offset = static_cast<size_t>(body["offset"].GetInt64());
  const size_t count = body.HasMember("count") ? body["count"].GetUint() : 20;
  if (count > 500) return ValidationError("count: at most 500", call.portal.random);
  const auto& lists = call.portal.reference.items(ReferenceKind::kLists);
  const size_t end = std::min(lists.size(), offset + count);
  HttpResponse response;
  response.body = "{\"lists\":[";
  for (size_t i = offset; i < end; ++i) {
    if (i > offset) response.body += ',';
    AppendItem(response.body, lists[i], "listId", CountsOf(call.portal, lists[i]));
  }
  response.body.append("],\"offset\":").append(std::to_string(end));
  response.body.append(",\"hasMore\":").append(end < lists.size() ? "true" : "false");
  response.body.append(",\"total\":").append(std::to_string(lists.size())).append("}");
  return response;
}

HttpResponse ListMembers(const Call& call) {
  if (!call.Holds("crm.lists.read")) return MissingScopes({"crm.lists.read"}, call.portal.random);
  const ReferenceItem* list = nullptr;
  for (const ReferenceItem& item : call.portal.reference.items(ReferenceKind::kLists)) {
    if (item.id == call.route.name) list = &item;
  }
  if (list == nullptr) {
    return ErrorAnswer(404, "OBJECT_NOT_FOUND", "List does not exist", call.portal.random);
  }
  const auto limit = static_cast<size_t>(
      std::clamp<int64_t>(NumberOr(call.request.Query("limit"), 100), 1, kMostMembers));
  const auto beyond = BeyondOf(call.request.Query("after"));
  if (!beyond) return ValidationError("Invalid offset", call.portal.random);
  const auto members = LiveMembers(call.portal, *list, *beyond + 1, limit + 1);
  HttpResponse response;
  response.body = "{\"results\":[";
  for (size_t i = 0; i < std::min(limit, members.size()); ++i) {
    if (i > 0) response.body += ',';
    response.body.append("{\"recordId\":\"").append(std::to_string(members[i].first));
    response.body.append("\",\"membershipTimestamp\":\"");
    response.body.append(FormatInstant(members[i].second)).append("\"}");
  }
  response.body.append("],\"total\":").append(std::to_string(list->joined.size()));
  if (members.size() > limit) AppendPaging(response.body, PlaceBeyond(members[limit - 1].first));
  response.body += '}';
  return response;
}

void AppendReferenceTruth(std::string& out, Portal& portal, std::string_view kind) {
  if (kind == "members") {
    for (const ReferenceItem& list : portal.reference.items(ReferenceKind::kLists)) {
      for (const auto& [id, joined] : LiveMembers(portal, list, 0, SIZE_MAX)) {
        out.append("{\"list_id\":\"").append(list.id).append("\",\"id\":\"");
        out.append(std::to_string(id)).append("\",\"joined_at\":\"");
        out.append(FormatInstant(joined)).append("\"}\n");
      }
    }
    return;
  }
  for (size_t i = 0; i < kReferenceNames.size(); ++i) {
    if (kReferenceNames[i] != kind) continue;
    const auto known = static_cast<ReferenceKind>(i);
    for (const ReferenceItem& item : portal.reference.items(known)) {
      if (known == ReferenceKind::kPipelines) {
        out.append("{\"object\":\"").append(item.object).append("\",\"item\":");
        AppendPipeline(out, item);
      } else {
        out += "{\"item\":";
        const bool list = known == ReferenceKind::kLists;
        AppendItem(out, item, IdKey(known), list ? CountsOf(portal, item) : "");
      }
      out += "}\n";
    }
    return;
  }
  throw std::runtime_error("no such kind");
}

}  // namespace simulated_portal
