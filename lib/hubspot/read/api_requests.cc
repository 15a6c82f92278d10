#include "hubspot/read/api_requests.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "http/percent_encoding.h"

namespace hubmirror {
namespace {

using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

constexpr size_t kLongestAfter = 40;  // an id or a token of HubSpot's
// Users and teams of the settings have no newer path than this one.
constexpr std::string_view kSettingsVersion = "2026-03";

/// One comma list is shorter than a repeated parameter and accepted everywhere; a comma needs no
/// escape in a query (RFC 3986).
std::string CommaList(const PropertySet& properties) {
  std::string list;
  for (const std::string& name : properties.names()) {
    if (!list.empty()) list.push_back(',');
    list += PercentEncode(name);
  }
  return list;
}

/// Where a page of members begins: the id as eight bytes, the highest first, in base64. The
/// reference shows such a one, `AAAAAAAAAS0=`, and says that it is of the last record read
/// (https://developers.hubspot.com/docs/api-reference/crm-lists-v3/memberships/get-crm-v3-lists-listId-memberships).
std::string PlaceBeyond(int64_t id) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto bits = static_cast<uint64_t>(id);
  std::string place;
  for (int from = 58; from > 0; from -= 6) place += kLetters[bits >> from & 63];
  place += kLetters[(bits & 15) << 2];
  return place + "=";
}

ClientRequest JsonPost(std::string target, const rapidjson::StringBuffer& body) {
  return {.target = std::move(target),
          .content_type = "application/json",
          .body = std::string(body.GetString(), body.GetSize())};
}

void WritePair(JsonWriter& json, const char* key, const std::string& value) {
  json.Key(key);
  json.String(value);
}

void WriteInputs(JsonWriter& json, const std::vector<RecordId>& ids,
                 const std::vector<std::string>& values = {}) {
  json.Key("inputs");
  json.StartArray();
  const auto write = [&json](const std::string& id) {
    json.StartObject();
    WritePair(json, "id", id);
    json.EndObject();
  };
  for (const RecordId id : ids) write(std::to_string(id.value));
  for (const std::string& value : values) write(value);
  json.EndArray();
}

void WriteNames(JsonWriter& json, const char* key, const std::vector<std::string>& names) {
  json.Key(key);
  json.StartArray();
  for (const std::string& name : names) json.String(name);
  json.EndArray();
}

void WriteFilter(JsonWriter& json, const std::string& property, const char* test,
                 const std::string& value) {
  json.StartObject();
  WritePair(json, "propertyName", property);
  WritePair(json, "operator", test);
  if (!value.empty()) WritePair(json, "value", value);
  json.EndObject();
}

std::string EpochMilliseconds(TimePoint time) {
  return std::to_string(time.time_since_epoch().count());
}

/// All filters stand in one group, which joins them by AND.
void WriteFilters(JsonWriter& json, const ObjectType& type, const SearchRequest& search) {
  const bool filtered = search.modified_from || search.modified_to || search.id_above ||
                        search.id_below || search.has_property;
  if (!filtered) return WriteNames(json, "filterGroups", {});
  json.Key("filterGroups");
  json.StartArray();
  json.StartObject();
  json.Key("filters");
  json.StartArray();
  if (search.modified_from) {
    WriteFilter(json, type.modified_property, "GTE", EpochMilliseconds(*search.modified_from));
  }
  if (search.modified_to) {
    WriteFilter(json, type.modified_property, "LTE", EpochMilliseconds(*search.modified_to));
  }
  if (search.id_above) {
    WriteFilter(json, "hs_object_id", "GT", std::to_string(search.id_above->value));
  }
  if (search.id_below) {
    WriteFilter(json, "hs_object_id", "LT", std::to_string(search.id_below->value));
  }
  if (search.has_property) WriteFilter(json, *search.has_property, "HAS_PROPERTY", "");
  json.EndArray();
  json.EndObject();
  json.EndArray();
}

std::string_view PathOf(LinkDeed deed) {
  switch (deed) {
    case LinkDeed::kLink:
      return "associate/default";
    case LinkDeed::kLabel:
      return "create";
    case LinkDeed::kUnlabel:
      return "labels/archive";
    case LinkDeed::kUnlink:
      return "archive";
  }
  return {};
}

void WriteTypes(JsonWriter& json, const std::vector<LinkType>& types) {
  json.Key("types");
  json.StartArray();
  for (const LinkType& type : types) {
    json.StartObject();
    WritePair(json, "associationCategory", type.category);
    json.Key("associationTypeId");
    json.Int64(type.type_id);
    json.EndObject();
  }
  json.EndArray();
}

size_t LimitOf(const ReferenceRequest& request) {
  return request.limit > 0 ? request.limit : PageLimit(request.kind);
}

}  // namespace

std::string ApiRequests::ObjectPath(const ObjectType& type) const {
  return "/crm/objects/" + version_ + "/" + PercentEncode(type.type_id);
}

std::string ApiRequests::PropertyPath(const ObjectType& type) const {
  return "/crm/properties/" + version_ + "/" + PercentEncode(type.type_id);
}

ClientRequest ApiRequests::List(const ObjectType& type, const ListRequest& list) const {
  std::string target = ObjectPath(type) + "?limit=" + std::to_string(list.limit);
  if (list.archived) target += "&archived=true";
  if (list.after) target += "&after=" + PercentEncode(*list.after);
  target += "&properties=" + CommaList(*list.properties);
  return {.target = std::move(target)};
}

// What is too long is answered with 414 and a web page: above about 16,200 characters (measured:
// https://github.com/PostHog/posthog/issues/31617).
size_t ApiRequests::ListTargetSize(const ObjectType& type, const PropertySet& properties) const {
  const std::string fixed = ObjectPath(type) + "?limit=100&archived=true&after=&properties=";
  return fixed.size() + kLongestAfter + properties.url_size();
}

ClientRequest ApiRequests::Search(const ObjectType& type, const SearchRequest& search) const {
  rapidjson::StringBuffer body;
  JsonWriter json(body);
  json.StartObject();
  // The specification of 2026-09 requires all of these members, also where they say nothing.
  WritePair(json, "after", std::to_string(search.skip));
  WriteFilters(json, type, search);
  json.Key("sorts");
  json.StartArray();
  json.StartObject();
  // HubSpot takes one sort rule. Stamps will not do: imports give more than 10,000 records the
  // same millisecond, and a search ends there (https://github.com/airbytehq/airbyte/issues/43317).
  WritePair(json, "propertyName", "hs_object_id");
  WritePair(json, "direction", search.newest_first ? "DESCENDING" : "ASCENDING");
  json.EndObject();
  json.EndArray();
  json.Key("properties");
  json.StartArray();
  json.String("hs_object_id");
  json.String(type.modified_property);
  json.EndArray();
  json.Key("limit");
  json.Uint64(search.limit);
  json.EndObject();
  return JsonPost(ObjectPath(type) + "/search", body);
}

ClientRequest ApiRequests::BatchRead(const ObjectType& type, const BatchReadRequest& batch) const {
  rapidjson::StringBuffer body;
  JsonWriter json(body);
  json.StartObject();
  WriteInputs(json, batch.ids, batch.values);
  if (!batch.unique_property.empty()) WritePair(json, "idProperty", batch.unique_property);
  WriteNames(json, "properties", batch.properties->names());
  WriteNames(json, "propertiesWithHistory", {});  // required as well
  json.EndObject();
  // Only the URL's `archived` counts: who puts it into the body never sees an archived record.
  return JsonPost(ObjectPath(type) + "/batch/read" + (batch.archived ? "?archived=true" : ""),
                  body);
}

// An id without `idProperty` is a record's: naming `hs_object_id` there is refused
// (https://github.com/HubSpot/hubspot-api-nodejs/issues/548).
ClientRequest ApiRequests::BatchWrite(WriteOp op, const ObjectType& type,
                                      const std::vector<WriteInput>& inputs) const {
  rapidjson::StringBuffer body;
  JsonWriter json(body);
  json.StartObject();
  json.Key("inputs");
  json.StartArray();
  for (const WriteInput& input : inputs) {
    json.StartObject();
    if (op == WriteOp::kUpsert) {
      WritePair(json, "id", input.unique.value);
      WritePair(json, "idProperty", input.unique.property);
    } else if (op != WriteOp::kCreate) {
      WritePair(json, "id", std::to_string(input.id.value));
    }
    if (op == WriteOp::kArchive) {
      json.EndObject();
      continue;
    }
    json.Key("properties");
    json.StartObject();
    for (const auto& [property, value] : input.values) WritePair(json, property.c_str(), value);
    json.EndObject();
    if (op == WriteOp::kCreate) WriteNames(json, "associations", {});  // required
    WritePair(json, "objectWriteTraceId", input.trace_id);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return JsonPost(ObjectPath(type) + "/batch/" + std::string(NameOf(op)), body);
}

ClientRequest ApiRequests::BatchReadHistory(const ObjectType& type,
                                            const HistoryRequest& history) const {
  rapidjson::StringBuffer body;
  JsonWriter json(body);
  json.StartObject();
  WriteInputs(json, history.ids);
  // Without any, HubSpot sends what it thinks is wanted.
  WriteNames(json, "properties", {"hs_object_id"});
  WriteNames(json, "propertiesWithHistory", history.properties);
  json.EndObject();
  return JsonPost(ObjectPath(type) + "/batch/read" + (history.archived ? "?archived=true" : ""),
                  body);
}

ClientRequest ApiRequests::Properties(const ObjectType& type,
                                      const PropertiesRequest& properties) const {
  return {.target = PropertyPath(type) + "?archived=" + (properties.archived ? "true" : "false") +
                    "&dataSensitivity=" + PercentEncode(properties.data_sensitivity)};
}

ClientRequest ApiRequests::PropertyGroups(const ObjectType& type) const {
  return {.target = PropertyPath(type) + "/groups"};
}

ClientRequest ApiRequests::MakeKeyProperty(const ObjectType& type,
                                           const PropertyDefinition& property) const {
  rapidjson::StringBuffer body;
  JsonWriter json(body);
  json.StartObject();
  WritePair(json, "name", property.name);
  WritePair(json, "label", property.label);
  WritePair(json, "description", property.description);
  WritePair(json, "groupName", property.group_name);
  WritePair(json, "type", "string");
  WritePair(json, "fieldType", "text");
  json.Key("hasUniqueValue");
  json.Bool(true);
  json.EndObject();
  return JsonPost(PropertyPath(type), body);
}

std::string ApiRequests::LinkPath(const ObjectType& from, const ObjectType& to) const {
  return "/crm/associations/" + version_ + "/" + PercentEncode(from.type_id) + "/" +
         PercentEncode(to.type_id);
}

ClientRequest ApiRequests::Links(const ObjectType& from, const ObjectType& to,
                                 const std::vector<LinkInput>& inputs) const {
  rapidjson::StringBuffer body;
  JsonWriter json(body);
  json.StartObject();
  json.Key("inputs");
  json.StartArray();
  for (const LinkInput& input : inputs) {
    json.StartObject();
    WritePair(json, "id", std::to_string(input.id.value));
    if (input.after) WritePair(json, "after", *input.after);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return JsonPost(LinkPath(from, to) + "/batch/read", body);
}

ClientRequest ApiRequests::WriteLinks(LinkDeed deed, const LinkPair& pair,
                                      const std::vector<LinkWrite>& inputs) const {
  rapidjson::StringBuffer body;
  JsonWriter json(body);
  const auto write_end = [&json](RecordId id) {
    json.StartObject();
    WritePair(json, "id", std::to_string(id.value));
    json.EndObject();
  };
  json.StartObject();
  json.Key("inputs");
  json.StartArray();
  for (const LinkWrite& input : inputs) {
    json.StartObject();
    json.Key("from");
    write_end(input.from);
    json.Key("to");
    // A list here, and only here.
    if (deed == LinkDeed::kUnlink) json.StartArray();
    write_end(input.to);
    if (deed == LinkDeed::kUnlink) json.EndArray();
    if (!input.types.empty()) WriteTypes(json, input.types);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return JsonPost(LinkPath(pair.from, pair.to) + "/batch/" + std::string(PathOf(deed)), body);
}

ClientRequest ApiRequests::LinkTypes(const ObjectType& from, const ObjectType& to) const {
  return {.target = LinkPath(from, to) + "/labels"};
}

ClientRequest ApiRequests::AccountDetails() const {
  return {.target = "/account-info/" + version_ + "/details"};
}

// Takes the token both ways: accounts in Europe want the header, too. It has no dated path
// (https://developers.hubspot.com/docs/api/private-apps).
ClientRequest ApiRequests::TokenInfo(const Secret& token) const {
  rapidjson::StringBuffer body;
  JsonWriter json(body);
  json.StartObject();
  WritePair(json, "tokenKey", token.Reveal());
  json.EndObject();
  return JsonPost("/oauth/v2/private-apps/get/access-token-info", body);
}

ClientRequest ApiRequests::Reference(const ReferenceRequest& request) const {
  const auto paged = [&request](std::string path) {
    path += "?limit=" + std::to_string(LimitOf(request));
    if (request.after) path += "&after=" + PercentEncode(*request.after);
    if (request.beyond) path += "&after=" + PercentEncode(PlaceBeyond(*request.beyond));
    return path;
  };
  switch (request.kind) {
    case ReferenceKind::kObjectTypes:
      return {.target = "/crm-object-schemas/" + version_ + "/schemas?archived=false"};
    case ReferenceKind::kOwners:
      return {.target = paged("/crm/owners/" + version_) +
                        "&archived=" + (request.archived ? "true" : "false")};
    case ReferenceKind::kTeams:
      return {.target = "/settings/users/" + std::string(kSettingsVersion) + "/teams"};
    case ReferenceKind::kAccountUsers:
      return {.target = paged("/settings/users/" + std::string(kSettingsVersion))};
    case ReferenceKind::kPipelines:
    case ReferenceKind::kPipelineStages:
      return {.target = "/crm/pipelines/" + version_ + "/" + PercentEncode(request.type_id)};
    case ReferenceKind::kLists:
      return ListSearch(request);
    case ReferenceKind::kListMemberships:
      return {.target = paged("/crm/lists/" + version_ + "/" + PercentEncode(request.list_id) +
                              "/memberships")};
    case ReferenceKind::kMarketingEvents:
      return {.target = paged("/marketing/marketing-events/" + version_)};
    case ReferenceKind::kCurrencies:
      return {.target = paged("/settings/currencies/" + version_ + "/exchange-rates")};
  }
  return {};
}

ClientRequest ApiRequests::ListSearch(const ReferenceRequest& request) const {
  rapidjson::StringBuffer body;
  JsonWriter json(body);
  json.StartObject();
  WritePair(json, "query", "");
  json.Key("count");
  json.Int64(static_cast<int64_t>(LimitOf(request)));
  json.Key("offset");
  json.Int64(request.after ? std::stoll(*request.after) : 0);
  WriteNames(json, "listIds", {});
  WriteNames(json, "processingTypes", {});
  WriteNames(json, "additionalProperties",
             {"hs_list_size", "hs_folder_name", "hs_list_reference_count",
              "hs_last_record_added_at", "hs_last_record_removed_at"});
  WritePair(json, "sort", "HS_LIST_ID");
  json.EndObject();
  return JsonPost("/crm/lists/" + version_ + "/search", body);
}

ClientRequest ApiRequests::Token(std::string form) const {
  return {.target = "/oauth/" + version_ + "/token",
          .content_type = "application/x-www-form-urlencoded",
          .body = std::move(form)};
}

std::string FormBody(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string body;
  for (const auto& [name, value] : fields) {
    if (!body.empty()) body.push_back('&');
    body += PercentEncode(name) + "=" + PercentEncode(value);
  }
  return body;
}

}  // namespace hubmirror
