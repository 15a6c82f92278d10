#include "endpoints/account_endpoints.h"

#include <algorithm>
#include <stdexcept>

#include "endpoints/error_answers.h"
#include "endpoints/json_fields.h"
#include "endpoints/json_text.h"
#include "endpoints/record_endpoints.h"

namespace simulated_portal {
namespace {

/// Definitions are open to whoever holds an object or a schema scope of the type.
std::optional<HttpResponse> RefuseDefinitions(const Call& call) {
  const ObjectType& type = call.object().type;
  const std::string schema = "crm.schemas." + std::string(type.name) + ".read";
  if (call.Holds(type.read_scope) || call.Holds(schema)) return std::nullopt;
  return MissingScopes({std::string(type.read_scope), schema}, call.portal.random);
}

/// Whether the caller holds the scope for one sensitivity.
bool MaySee(const Call& call, std::string_view sensitivity) {
  const AskedProperties::Rights rights = RightsOf(call);
  if (sensitivity == "sensitive") return rights.sensitive;
  if (sensitivity == "highly_sensitive") return rights.highly_sensitive;
  return true;
}

std::string OffsetText(Duration offset) {
  const Duration size = offset < 0 ? -offset : offset;
  const Duration minutes = size / (60 * kSecond);
  const auto two = [](Duration number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
  };
  return (offset < 0 ? "-" : "+") + two(minutes / 60) + ":" + two(minutes % 60);
}

}  // namespace

HttpResponse ListProperties(const Call& call) {
  if (auto refused = RefuseDefinitions(call)) return *refused;
  const bool archived = call.request.Query("archived") == "true";
  std::string_view sensitivity = call.request.Query("dataSensitivity");
  if (sensitivity.empty()) sensitivity = "non_sensitive";
  HttpResponse response;
  response.body = "{\"results\":[";
  if (!MaySee(call, sensitivity)) {
    if (call.portal.switches.Is(Setting::kSensitiveScopeForbidden)) {
      return MissingScopes(
          {std::string(call.object().type.read_scope) + "." + std::string(sensitivity)},
          call.portal.random);
    }
    response.body += "]}";
    return response;
  }
  const PropertyCatalog& catalog = call.object().catalog;
  for (size_t i = 0; i < catalog.all().size(); ++i) {
    const PropertyDefinition& property = catalog.all()[i];
    if (property.deleted || property.unlisted || property.archived != archived) continue;
    if (property.sensitivity != sensitivity) continue;
    if (response.body.back() == '}') response.body += ',';
    catalog.AppendDefinition(response.body, static_cast<PropertyIndex>(i));
  }
  response.body += "]}";
  return response;
}

HttpResponse GetProperty(const Call& call) {
  if (auto refused = RefuseDefinitions(call)) return *refused;
  const PropertyCatalog& catalog = call.object().catalog;
  const auto property = catalog.Find(call.route.name);
  const bool archived = call.request.Query("archived") == "true";
  if (!property || catalog.at(*property).unlisted || catalog.at(*property).archived != archived) {
    return ErrorAnswer(404, "OBJECT_NOT_FOUND", "No property is named " + call.route.name,
                       call.portal.random);
  }
  HttpResponse response;
  catalog.AppendDefinition(response.body, *property);
  return response;
}

HttpResponse MakeProperty(const Call& call) {
  constexpr size_t kUniqueMost = 10;
  CrmObject& object = call.object();
  const std::string scope = "crm.schemas." + std::string(object.type.name) + ".write";
  if (!call.Holds(scope)) return MissingScopes({scope}, call.portal.random);
  const auto refused = [&](int status, const std::string& message) {
    return ErrorAnswer(status, status == 409 ? "OBJECT_ALREADY_EXISTS" : "VALIDATION_ERROR",
                       message, call.portal.random);
  };
  PropertyDefinition made;
  try {
    const rapidjson::Document body = ParseJsonObject(call.request.body);
    JsonFields fields(body, "");
    const bool whole = fields.Read("name", made.name) && fields.Read("label", made.label) &&
                       fields.Read("type", made.type) &&
                       fields.Read("fieldType", made.field_type) &&
                       fields.Read("groupName", made.group);
    if (!whole) return refused(400, "name, label, type, fieldType and groupName are required");
    fields.Read("hasUniqueValue", made.has_unique_value);
    std::string description;
    fields.Read("description", description);
    bool shown = false;
    fields.Read("formField", shown);
    fields.RefuseOthers();
  } catch (const std::runtime_error& error) {
    return refused(400, error.what());
  }
  const auto groups = object.catalog.Groups();
  if (std::find(groups.begin(), groups.end(), made.group) == groups.end()) {
    return refused(400, "property group " + made.group + " does not exist");
  }
  if (made.has_unique_value && object.catalog.unique().size() >= kUniqueMost) {
    return refused(400, "there are ten properties with unique values already");
  }
  made.kind = KindOf(made.type, made.field_type);
  made.created = made.updated = call.now;
  const std::string name = made.name;
  const auto index = object.catalog.Add(std::move(made));
  if (!index) return refused(409, "A property named '" + name + "' already exists.");
  HttpResponse response;
  response.status = 201;
  object.catalog.AppendDefinition(response.body, *index);
  return response;
}

HttpResponse ListGroups(const Call& call) {
  if (auto refused = RefuseDefinitions(call)) return *refused;
  HttpResponse response;
  std::string& out = response.body;
  out = "{\"results\":[";
  int order = 0;
  for (const std::string& group : call.object().catalog.Groups()) {
    if (order > 0) out += ',';
    out += "{\"name\":";
    AppendJsonString(out, group);
    out += ",\"label\":";
    AppendJsonString(out, group);
    out.append(",\"displayOrder\":").append(std::to_string(order++)).append(",\"archived\":false}");
  }
  out += "]}";
  return response;
}

HttpResponse AccountDetails(const Call& call) {
  const PortalSettings& settings = call.portal.settings;
  HttpResponse response;
  std::string& out = response.body;
  out.append("{\"portalId\":").append(std::to_string(settings.portal_id));
  out += ",\"accountType\":\"STANDARD\",\"timeZone\":";
  AppendJsonString(out, settings.time_zone);
  out += ",\"companyCurrency\":\"USD\",\"additionalCurrencies\":[\"EUR\"],\"utcOffset\":";
  AppendJsonString(out, OffsetText(settings.utc_offset));
  out.append(",\"utcOffsetMilliseconds\":").append(std::to_string(settings.utc_offset));
  out += ",\"uiDomain\":\"app.hubspot.com\",\"dataHostingLocation\":\"na1\"}";
  return response;
}

HttpResponse ApiUsage(const Call& call) {
  const RateLimits& limits = call.portal.limits;
  HttpResponse response;
  std::string& out = response.body;
  out.append("{\"results\":[{\"name\":\"private-apps-api-calls-daily\",\"usageLimit\":");
  out.append(std::to_string(limits.settings().daily)).append(",\"currentUsage\":");
  out.append(std::to_string(limits.daily_used())).append(",\"collectedAt\":\"");
  out.append(FormatInstant(call.now)).append("\",\"fetchStatus\":\"SUCCESS\",\"resetsAt\":\"");
  out.append(FormatInstant(limits.day_end())).append("\"}]}");
  return response;
}

HttpResponse TokenInfo(const Call& call) {
  std::string token;
  try {
    const rapidjson::Document document = ParseJsonObject(call.request.body);
    JsonFields fields(document, "");
    fields.Read("tokenKey", token);
  } catch (const std::runtime_error& error) {
    return ValidationError(error.what(), call.portal.random);
  }
  const AccessTokens::Holder holder = call.portal.tokens.Check(token, call.now);
  const bool told = call.portal.switches.Is(Setting::kTokenInfoServed);
  if (!told || holder.scopes == nullptr || holder.oauth) {
    return ErrorAnswer(404, "OBJECT_NOT_FOUND", "No such token", call.portal.random);
  }
  HttpResponse response;
  std::string& out = response.body;
  out.append("{\"userId\":101,\"hubId\":").append(std::to_string(call.portal.settings.portal_id));
  out += ",\"appId\":4242,\"scopes\":[";
  for (const std::string& scope : *holder.scopes) {
    if (out.back() != '[') out += ',';
    AppendJsonString(out, scope);
  }
  out += "]}";
  return response;
}

}  // namespace simulated_portal
