#include "support/fake_hubspot.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/time_text.h"

namespace hubmirror::testing {

void FakeHubSpot::Put(int64_t id, std::map<std::string, std::string> values) {
  Entry& entry = records[id];
  entry.modified = clock_.WallNow();
  for (auto& [name, value] : values) entry.values[name] = value;
  entry.values["hs_object_id"] = std::to_string(id);
  entry.values["hs_lastmodifieddate"] = FormatRfc3339(entry.modified);
  if (index_sees) index[id] = entry.modified;
}

void FakeHubSpot::Calculate(int64_t id, const std::string& property, const std::string& value) {
  records.at(id).values[property] = value;
}

void FakeHubSpot::Merge(int64_t loser, int64_t survivor, bool listed_on_survivor) {
  records.at(loser).merged_into = survivor;
  Put(survivor);
  if (!listed_on_survivor) return;
  std::string& merged = records.at(survivor).values["hs_merged_object_ids"];
  merged += (merged.empty() ? "" : ";") + std::to_string(loser);
}

int64_t FakeHubSpot::Count(const std::string& what) const {
  return std::count_if(requests.begin(), requests.end(),
                       [&](const Request& request) { return request.what == what; });
}

std::optional<ApiError> FakeHubSpot::NextError(Request request) {
  if (on_request) on_request(request.what);
  requests.push_back(std::move(request));
  if (meanwhile) std::exchange(meanwhile, nullptr)();
  if (all_fails) return ApiError{.kind = ApiErrorKind::kServer, .status = 500};
  if (errors.empty()) return std::nullopt;
  ApiError error = errors.front();
  errors.pop_front();
  return error;
}

AnswerTimes FakeHubSpot::Times() const {
  TimePoint date = clock_.WallNow();
  if (!dates.empty()) {
    date = dates.front();
    dates.pop_front();
  }
  const Instant now = clock_.Now();
  return {.sent_at = now,
          .date = source_clock->Judge(
              {.date = date, .sent_at = now, .answered_at = now, .wall = clock_.WallNow()})};
}

std::optional<ApiError> FakeHubSpot::Trouble(const std::vector<int64_t>& ids,
                                             const PropertySetPtr& properties) const {
  if (properties && std::ranges::any_of(refused_properties, [&](const std::string& name) {
        return properties->Index(name).has_value();
      })) {
    return ApiError{.kind = ApiErrorKind::kBadRequest, .status = 400};
  }
  if (properties->size() == 1) return std::nullopt;  // Only named.
  if (ids.size() > largest_page) return ApiError{.kind = ApiErrorKind::kTooLarge, .status = 200};
  const bool fails =
      std::any_of(ids.begin(), ids.end(), [this](int64_t id) { return unreadable.contains(id); });
  if (!fails) return std::nullopt;
  return ApiError{.kind = ApiErrorKind::kServer, .status = 500, .message = "HubSpot fails"};
}

Page FakeHubSpot::PageOf(const std::vector<int64_t>& ids, const PropertySetPtr& properties) const {
  struct Storage {
    std::deque<std::string> texts;
    std::deque<std::vector<PropertyValue>> values;
  };
  auto storage = std::make_shared<Storage>();
  Page page{.properties = properties, .times = Times()};
  for (const int64_t id : ids) {
    const Entry& entry = records.at(id);
    auto& values = storage->values.emplace_back();
    for (uint32_t i = 0; i < properties->size(); ++i) {
      const auto found = entry.values.find(properties->names()[i]);
      if (found == entry.values.end() || found->second.empty()) continue;
      values.push_back({i, storage->texts.emplace_back(found->second)});
    }
    page.records.push_back({.id = RecordId{id},
                            .created_at = entry.created,
                            .updated_at = entry.modified,
                            .archived = entry.archived,
                            .values = values});
  }
  page.storage = storage;
  return page;
}

Result<Page, ApiError> FakeHubSpot::List(const ObjectType&, const ListRequest& request) {
  if (auto error = NextError({.what = request.archived ? "archived" : "list",
                              .properties = request.properties,
                              .limit = request.limit,
                              .after = request.after.value_or("")}))
    return *error;
  if (request.archived && archived_error) return *archived_error;
  const int64_t from = request.after ? std::stoll(*request.after) : 0;
  std::vector<int64_t> ids;
  bool more = false;
  for (const auto& [id, entry] : records) {
    const bool archived = entry.archived || (entry.merged_into && losers_look_archived);
    const bool hidden = entry.gone || (entry.merged_into && !losers_look_archived);
    if (id < from || hidden || archived != request.archived) continue;
    if (left_off_lists.contains(id)) continue;
    if (ids.size() == (ignores_limits ? page_size : std::min(page_size, request.limit))) {
      more = true;
      break;
    }
    ids.push_back(id);
  }
  if (hollow_lists) {
    ids.clear();
    Page page = PageOf(ids, request.properties);
    page.next_after = request.after.value_or("1");
    return page;
  }
  if (auto error = Trouble(ids, request.properties)) return *error;
  Page page = PageOf(ids, request.properties);
  if (more) page.next_after = std::to_string(ids.back() + 1);
  if (more && stuck_lists && request.after) page.next_after = *request.after;
  if (descending_lists) std::reverse(page.records.begin(), page.records.end());
  return page;
}

bool FakeHubSpot::HasValue(const Entry& entry, const std::string& property) const {
  return entry.values.contains(property) &&
         std::ranges::find(definitions, property, &PropertyDefinition::name) != definitions.end();
}

Result<SearchAnswer, ApiError> FakeHubSpot::Search(const ObjectType&,
                                                   const SearchRequest& request) {
  if (auto error = NextError({.what = "search", .search = request, .limit = request.limit}))
    return *error;
  if (search_refused) return ApiError{.kind = ApiErrorKind::kBadRequest, .status = 400};
  SearchAnswer answer{.times = Times()};
  std::vector<Nomination> found;
  for (const auto& [id, modified] : index) {
    if (request.modified_from && modified < *request.modified_from) continue;
    if (request.modified_to && modified > *request.modified_to) continue;
    if (request.id_above && id <= request.id_above->value) continue;
    if (request.id_below && id >= request.id_below->value) continue;
    if (request.has_property && !HasValue(records.at(id), *request.has_property)) continue;
    found.push_back({RecordId{id}, modified});
  }
  answer.total = static_cast<int64_t>(found.size());
  if (request.newest_first) std::reverse(found.begin(), found.end());
  std::erase_if(found, [this](const Nomination& nomination) {
    return searched_past.contains(nomination.id.value);
  });
  if (shuffled_search) std::reverse(found.begin(), found.end());
  found.erase(found.begin(),
              found.begin() + static_cast<int64_t>(std::min(request.skip, found.size())));
  const size_t most = ignores_limits ? search_page : std::min(search_page, request.limit);
  answer.more = found.size() > most;
  if (answer.more) found.resize(most);
  if (found.size() > largest_search) return ApiError{.kind = ApiErrorKind::kTooLarge};
  for (Nomination& nomination : found) {
    const int64_t id = nomination.id.value;
    if (unsearchable.contains(id)) return ApiError{.kind = ApiErrorKind::kServer, .status = 500};
    if (const auto stamp = searched_stamps.find(id); stamp != searched_stamps.end()) {
      nomination.modified = stamp->second;
    }
  }
  if (stuck_search) {
    found.clear();
    answer.more = true;
  }
  answer.nominations = std::move(found);
  return answer;
}

Result<Page, ApiError> FakeHubSpot::BatchRead(const ObjectType&, const BatchReadRequest& request) {
  if (auto error = NextError({.what = request.archived ? "archived_batch" : "batch",
                              .ids = request.ids,
                              .properties = request.properties})) {
    return *error;
  }
  if (request.archived && archived_batch_error) return *archived_batch_error;
  const bool by_unique = !request.unique_property.empty() && request.unique_property != "email";
  if (by_unique && std::ranges::none_of(definitions, [&](const PropertyDefinition& one) {
        return one.name == request.unique_property && one.has_unique_value && !one.archived;
      })) {
    return ApiError{.kind = ApiErrorKind::kBadRequest, .status = 400, .message = "not unique"};
  }
  std::set<int64_t> shown;
  std::vector<RecordId> not_found;
  for (const std::string& value : request.values) {
    for (const auto& [id, entry] : records) {
      const auto held = entry.values.find(request.unique_property);
      if (held == entry.values.end() || held->second != value) continue;
      if (!entry.gone && !entry.merged_into && entry.archived == request.archived) shown.insert(id);
    }
  }
  for (const RecordId id : request.ids) {
    if (left_out.contains(id.value)) continue;
    auto found = records.find(id.value);
    while (found != records.end() && found->second.merged_into) {
      found = records.find(*found->second.merged_into);
    }
    if (found == records.end() || found->second.gone ||
        found->second.archived != request.archived) {
      not_found.push_back(id);
    } else {
      shown.insert(found->first);
    }
  }
  for (const int64_t id : shown_beside) shown.insert(id);
  const std::vector<int64_t> ids(shown.begin(), shown.end());
  if (auto error = Trouble(ids, request.properties)) return *error;
  Page page = PageOf(ids, request.properties);
  if (say_not_found) page.not_found = std::move(not_found);
  return page;
}

Result<std::vector<PropertyDefinition>, ApiError> FakeHubSpot::Properties(
    const ObjectType&, const PropertiesRequest& request) {
  if (auto error = NextError({.what = "properties", .sensitivity = request.data_sensitivity}))
    return *error;
  std::vector<PropertyDefinition> answer;
  for (const PropertyDefinition& definition : definitions) {
    if (definition.archived == request.archived &&
        request.data_sensitivity == definition.data_sensitivity) {
      answer.push_back(definition);
    }
  }
  if (!answer.empty() && short_definitions > 0) {
    --short_definitions;
    answer.pop_back();
  }
  return answer;
}

Result<std::vector<PropertyGroup>, ApiError> FakeHubSpot::PropertyGroups(const ObjectType&) {
  if (auto error = NextError({.what = "groups"})) return *error;
  return std::vector<PropertyGroup>{};
}

Result<Account, ApiError> FakeHubSpot::AccountDetails() {
  if (auto error = NextError({.what = "account"})) return *error;
  return Account{.portal_id = portal_id, .times = Times()};
}

}  // namespace hubmirror::testing
