#include "endpoints/record_endpoints.h"

#include <algorithm>
#include <charconv>

#include "endpoints/error_answers.h"
#include "endpoints/json_fields.h"
#include "endpoints/json_text.h"
#include "store/history.h"

namespace simulated_portal {
namespace {

constexpr int64_t kListDefault = 10;
constexpr int64_t kListMost = 100;
constexpr size_t kBatchMost = 100;
constexpr size_t kBatchMostWithHistory = 50;
constexpr double kShortPageChance = 0.15;
constexpr double kEmptyPageChance = 0.02;
constexpr RecordId kOpaqueKey = 0x5DEECE66D;

std::optional<int64_t> ParseNumber(std::string_view text) {
  int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

AskedProperties Ask(const Call& call) {
  const std::string asked = call.request.QueryList("properties");
  const std::string_view names = asked.empty() ? call.object().type.default_names : asked;
  return AskedProperties(call.object().catalog, call.portal.switches, RightsOf(call),
                         SplitNames(names));
}

InstantStyle StyleOf(const Switches& switches) {
  return switches.Is(Setting::kInstantsTrimmed) ? InstantStyle::kTrimmed
                                                : InstantStyle::kMilliseconds;
}

void AppendPrimary(std::string& out, Record& record, bool archived, const AskedProperties& asked,
                   const Switches& switches) {
  record.read = record.served = true;
  AppendRecord(out, record, *record.version, archived, asked, switches);
}

/// `after` of a list, in the form the switch chose; it never means a position.
std::string FormatAfter(RecordId next, RecordId last, const Switches& switches) {
  if (switches.Is(Setting::kListAfterLastIdPlusOne)) return std::to_string(last + 1);
  if (switches.Is(Setting::kListAfterLastId)) return std::to_string(last);
  if (switches.Is(Setting::kListAfterOpaque)) return "cursor-" + std::to_string(next ^ kOpaqueKey);
  return std::to_string(next);
}

/// The first id that a page after `after` may hold.
std::optional<RecordId> ParseAfter(std::string_view after, const Switches& switches) {
  if (after.empty()) return 0;
  const bool opaque = switches.Is(Setting::kListAfterOpaque);
  if (opaque) {
    if (!after.starts_with("cursor-")) return std::nullopt;
    after.remove_prefix(7);
  }
  const auto number = ParseNumber(after);
  if (!number) return std::nullopt;
  if (opaque) return *number ^ kOpaqueKey;
  return switches.Is(Setting::kListAfterLastId) ? *number + 1 : *number;
}

void AppendPaging(std::string& out, const Call& call, const std::string& after) {
  // HubSpot's link shows another version than the one called; whoever follows it is wrong.
  out += ",\"paging\":{\"next\":{\"after\":";
  AppendJsonString(out, after);
  out.append(",\"link\":\"https://api.hubapi.com/crm/v3/objects/").append(call.object().type.name);
  out.append("?after=").append(PercentEncode(after)).append("\"}}");
}

RecordState StateOf(bool archived) {
  return archived ? RecordState::kArchived : RecordState::kLive;
}

/// What a record answers to: itself, or its survivor after a merge.
Record* FindForRead(CrmObject& object, RecordId id, bool archived, const Switches& switches) {
  if (archived && switches.Is(Setting::kMergeLosersArchived)) {
    Record* loser = object.records.Find(id);
    if (loser != nullptr && loser->state == RecordState::kMerged) {
      return object.records.ShowsLoser(*loser) ? loser : nullptr;
    }
  }
  Record* record = object.records.Resolve(id);
  return record != nullptr && record->state == StateOf(archived) ? record : nullptr;
}

std::optional<PropertyIndex> UniqueProperty(const Call& call, std::string_view name) {
  const PropertyCatalog& catalog = call.object().catalog;
  const auto property = catalog.Find(name);
  if (!property || !catalog.at(*property).has_unique_value) return std::nullopt;
  return property;
}

struct BatchInputs {
  std::vector<std::string> ids;
  std::vector<std::string> properties;
  std::vector<std::string> with_history;
  std::string id_property;
  std::string problem;  ///< not empty: 400
};

BatchInputs ParseBatch(const std::string& body) {
  BatchInputs inputs;
  try {
    const rapidjson::Document document = ParseJsonObject(body);
    JsonFields fields(document, "");
    fields.ReadObjects("inputs", [&inputs](JsonFields input) {
      std::string id;
      if (!input.Read("id", id)) input.Fail("id", "missing");
      inputs.ids.push_back(std::move(id));
    });
    fields.Read("properties", inputs.properties);
    fields.Read("propertiesWithHistory", inputs.with_history);
    const rapidjson::Value* id_property = fields.Take("idProperty");
    if (id_property != nullptr && id_property->IsString()) {
      inputs.id_property = id_property->GetString();
    }
  } catch (const std::exception& error) {
    inputs.problem = std::string("Invalid input JSON: ") + error.what();
  }
  const size_t most = inputs.with_history.empty() ? kBatchMost : kBatchMostWithHistory;
  if (inputs.ids.size() > most) {
    inputs.problem = "The maximum number of inputs is " + std::to_string(most);
  }
  return inputs;
}

void Arrange(std::vector<Record*>& found, const Switches& switches, Random& random) {
  if (switches.Is(Setting::kBatchDuplicatesCollapsed)) {
    std::vector<Record*> unique;
    for (Record* record : found) {
      if (std::find(unique.begin(), unique.end(), record) == unique.end()) {
        unique.push_back(record);
      }
    }
    found = std::move(unique);
  }
  if (switches.Is(Setting::kBatchOrderById)) {
    std::stable_sort(found.begin(), found.end(),
                     [](const Record* a, const Record* b) { return a->id < b->id; });
  }
  if (switches.Is(Setting::kBatchOrderShuffled)) {
    for (size_t i = found.size(); i > 1; --i) std::swap(found[i - 1], found[random.Below(i)]);
  }
}

void AppendBatchErrors(std::string& out, const ObjectType& type,
                       const std::vector<std::string>& missing) {
  std::string singular(type.singular);
  for (char& c : singular) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  out +=
      ",\"numErrors\":1,\"errors\":[{\"status\":\"error\",\"category\":\"OBJECT_NOT_FOUND\","
      "\"message\":\"Could not get some ";
  out.append(singular).append(
      " objects, they may be deleted or not exist. Check that ids are valid.");
  out += "\",\"context\":{\"ids\":[";
  for (size_t i = 0; i < missing.size(); ++i) {
    if (i > 0) out += ',';
    AppendJsonString(out, missing[i]);
  }
  out += "]}}]";
}

}  // namespace

std::optional<HttpResponse> RefuseReading(const Call& call) {
  const ObjectType& type = call.object().type;
  if (!call.Holds(type.read_scope)) {
    return MissingScopes({std::string(type.read_scope)}, call.portal.random);
  }
  const bool whole_emails = call.Holds("sales-email-read");
  if (call.route.object == kEmails && !whole_emails &&
      call.portal.switches.Is(Setting::kEmailScopeForbidden)) {
    return MissingScopes({"sales-email-read"}, call.portal.random);
  }
  return std::nullopt;
}

AskedProperties::Rights RightsOf(const Call& call) {
  // Tickets have scopes of their own; activities go with contacts.
  std::string area = "crm.objects.contacts";
  const std::string_view name = call.object().type.name;
  if (name == "companies" || name == "deals") area = "crm.objects." + std::string(name);
  const bool ticket = name == "tickets";
  const auto scope = [&](const char* level) {
    return ticket ? std::string("tickets.") + level + ".v2" : area + "." + level + ".read.v2";
  };
  return {.sensitive = call.Holds(scope("sensitive")),
          .highly_sensitive = call.Holds(scope("highly_sensitive")),
          .email_bodies = call.route.object != kEmails || call.Holds("sales-email-read")};
}

HttpResponse ListRecords(const Call& call) {
  if (auto refused = RefuseReading(call)) return *refused;
  const Switches& switches = call.portal.switches;
  Random& random = call.portal.random;
  const bool archived = call.request.Query("archived") == "true";
  if (archived && !call.portal.ListsArchived(call.object().type)) {
    return ValidationError("Paging through deleted objects is not yet supported", random);
  }
  const std::string_view asked_limit = call.request.Query("limit");
  const auto number = asked_limit.empty() ? kListDefault : ParseNumber(asked_limit);
  if (!number || *number < 1 || *number > kListMost) {
    return ValidationError("limit must be between 1 and 100", random);
  }
  const auto from = ParseAfter(call.request.Query("after"), switches);
  if (!from) return ValidationError("after is not a cursor of this list", random);
  auto limit = static_cast<size_t>(*number);
  if (switches.Is(Setting::kShortPagesSometimes)) {
    if (random.Chance(kShortPageChance)) limit = 1 + random.Below(limit);
    if (random.Chance(kEmptyPageChance)) limit = 0;
  }
  RecordStore& records = call.object().records;
  const auto list = [&](size_t size) {
    return archived ? records.ListArchived(*from, size, switches.Is(Setting::kMergeLosersArchived))
                    : records.ListLive(*from, size);
  };
  RecordStore::Page page = list(limit);
  // An empty page must move the cursor on, or a client could never pass it.
  const bool stuck = limit == 0 && page.next && *page.next <= *from + 1;
  if (stuck) page = list(1);
  const AskedProperties asked = Ask(call);
  HttpResponse response;
  std::string& out = response.body;
  out.reserve(page.records.size() * 3000 + 200);
  out += "{\"results\":[";
  for (Record* record : page.records) {
    if (out.back() == '}') out += ',';
    AppendPrimary(out, *record, archived, asked, switches);
  }
  out += ']';
  if (page.next) {
    const RecordId last = page.records.empty() ? *page.next - 1 : page.records.back()->id;
    AppendPaging(out, call, FormatAfter(*page.next, last, switches));
  }
  out += '}';
  return response;
}

HttpResponse GetRecord(const Call& call) {
  if (auto refused = RefuseReading(call)) return *refused;
  const Switches& switches = call.portal.switches;
  const bool archived = call.request.Query("archived") == "true";
  const auto id = ParseNumber(call.route.name);
  Record* record = nullptr;
  if (const auto unique = UniqueProperty(call, call.request.Query("idProperty"))) {
    record = FindByUnique(call.object(), switches, *unique, call.route.name, StateOf(archived));
  } else if (id) {
    record = FindForRead(call.object(), *id, archived, switches);
  }
  if (record == nullptr) {
    if (switches.Is(Setting::kMissingRecordHtml)) return EdgePage(404, "404 Not Found");
    return ErrorAnswer(404, "OBJECT_NOT_FOUND", "Object not found", call.portal.random);
  }
  HttpResponse response;
  AppendPrimary(response.body, *record, archived, Ask(call), switches);
  return response;
}

HttpResponse BatchRead(const Call& call) {
  if (auto refused = RefuseReading(call)) return *refused;
  const Switches& switches = call.portal.switches;
  const BatchInputs inputs = ParseBatch(call.request.body);
  if (!inputs.problem.empty()) return ValidationError(inputs.problem, call.portal.random);
  const auto unique = UniqueProperty(call, inputs.id_property);
  if (!unique && !inputs.id_property.empty() && inputs.id_property != "hs_object_id") {
    return ValidationError("idProperty must be a unique property", call.portal.random);
  }
  const bool archived = call.request.Query("archived") == "true";
  if (archived && switches.Is(Setting::kArchivedReadRefused)) {
    return ValidationError("Reading deleted objects is not yet supported", call.portal.random);
  }
  std::vector<Record*> found;
  std::vector<std::string> missing;
  for (const std::string& id : inputs.ids) {
    const auto number = ParseNumber(id);
    Record* record = nullptr;
    if (unique) {
      record = FindByUnique(call.object(), switches, *unique, id, StateOf(archived));
    } else if (number) {
      record = FindForRead(call.object(), *number, archived, switches);
    }
    if (record != nullptr) {
      found.push_back(record);
    } else {
      missing.push_back(id);
    }
  }
  Arrange(found, switches, call.portal.random);
  const std::vector<std::string_view> names(inputs.properties.begin(), inputs.properties.end());
  const AskedProperties asked =
      names.empty() ? Ask(call)
                    : AskedProperties(call.object().catalog, switches, RightsOf(call), names);
  const AskedProperties with_history(
      call.object().catalog, switches, RightsOf(call),
      std::vector<std::string_view>(inputs.with_history.begin(), inputs.with_history.end()));
  HttpResponse response;
  std::string& out = response.body;
  out.reserve(found.size() * 3000 + 300);
  out += "{\"status\":\"COMPLETE\",\"results\":[";
  for (Record* record : found) {
    if (out.back() == '}') out += ',';
    AppendPrimary(out, *record, archived, asked, switches);
    if (inputs.with_history.empty()) continue;
    out.back() = ',';
    AppendHistory(out, call.object(), *record, with_history.asked(), StyleOf(switches));
    out += '}';
  }
  const std::string now = FormatInstant(call.now);
  out.append("],\"startedAt\":\"").append(now).append("\",\"completedAt\":\"").append(now);
  out += '"';
  if (!missing.empty() && switches.Is(Setting::kBatchFailuresMultiStatus)) {
    AppendBatchErrors(out, call.object().type, missing);
    response.status = 207;
  }
  out += '}';
  return response;
}

}  // namespace simulated_portal
