#include "endpoints/search.h"

#include <algorithm>
#include <limits>

#include "endpoints/asked_properties.h"
#include "endpoints/error_answers.h"
#include "endpoints/json_text.h"
#include "endpoints/record_endpoints.h"
#include "endpoints/search_filter.h"

namespace simulated_portal {
namespace {

constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();

/// A match with what it is sorted by.
struct Match {
  RecordId id;
  const VersionRef* version;
  double number = 0;
  std::string text;
};

/// Free text is looked for in the default properties.
bool MatchesQuery(const CrmObject& object, const RecordVersion& version, const std::string& query) {
  if (query.empty()) return true;
  const std::string wanted = LowerCase(query);
  for (const std::string_view name : SplitNames(object.type.default_names)) {
    const auto property = object.catalog.Find(name);
    if (!property) continue;
    const auto value = version.Value(object.catalog, *property);
    if (value && LowerCase(*value).find(wanted) != std::string::npos) return true;
  }
  return false;
}

/// Appends the ids that one group of filters finds, by the narrower of the index's two orders.
void CollectGroup(const CrmObject& object, const std::vector<SearchFilter>& group,
                  const std::string& query, std::vector<Match>& matches) {
  std::vector<CompiledFilter> filters;
  Instant low = kLowest, high = kHighest;
  RecordId low_id = kLowest, high_id = kHighest;
  for (const SearchFilter& filter : group) {
    filters.emplace_back(filter, object);
    filters.back().Narrow(low, high, low_id, high_id);
  }
  const auto consider = [&](RecordId id, const VersionRef& version) {
    for (const CompiledFilter& filter : filters) {
      if (!filter.Matches(id, *version)) return;
    }
    if (MatchesQuery(object, *version, query)) matches.push_back({id, &version, 0, {}});
  };
  const auto& by_id = object.index.by_id();
  if (low != kLowest || high != kHighest) {
    const auto& by_stamp = object.index.by_stamp();
    for (auto at = by_stamp.lower_bound({low, kLowest}); at != by_stamp.end(); ++at) {
      if (at->first > high) break;
      if (at->second >= low_id && at->second <= high_id) {
        consider(at->second, by_id.find(at->second)->second);
      }
    }
    return;
  }
  for (auto at = by_id.lower_bound(low_id); at != by_id.end() && at->first <= high_id; ++at) {
    consider(at->first, at->second);
  }
}

void AddSortKeys(const CrmObject& object, const SearchRequest& request,
                 std::vector<Match>& matches) {
  const std::string_view name =
      request.sort_property.empty() ? object.type.created : request.sort_property;
  const PropertyIndex property = *object.catalog.Find(name);
  const PropertyDefinition& definition = object.catalog.at(property);
  const PropertyCatalog::Assigned& assigned = object.catalog.assigned();
  for (Match& match : matches) {
    if (property == assigned.id) {
      match.number = static_cast<double>(match.id);
    } else if (property == assigned.modified) {
      match.number = static_cast<double>((*match.version)->stamp);
    } else {
      const std::string raw = (*match.version)->Value(object.catalog, property).value_or("");
      if (definition.type == "string" || definition.type == "enumeration") {
        match.text = LowerCase(raw);
      } else {
        match.number = SearchNumber(definition, raw).value_or(-1e300);
      }
    }
  }
}

}  // namespace

SearchResult RunSearch(const CrmObject& object, const SearchRequest& request) {
  std::vector<Match> matches;
  static const std::vector<std::vector<SearchFilter>> kEverything(1);
  const auto& groups = request.groups.empty() ? kEverything : request.groups;
  for (const auto& group : groups) CollectGroup(object, group, request.query, matches);
  if (groups.size() > 1) {
    std::sort(matches.begin(), matches.end(),
              [](const Match& a, const Match& b) { return a.id < b.id; });
    matches.erase(std::unique(matches.begin(), matches.end(),
                              [](const Match& a, const Match& b) { return a.id == b.id; }),
                  matches.end());
  }
  AddSortKeys(object, request, matches);
  const bool descending = request.descending;
  const auto before = [descending](const Match& a, const Match& b) {
    if (a.number != b.number) return descending ? a.number > b.number : a.number < b.number;
    if (a.text != b.text) return descending ? a.text > b.text : a.text < b.text;
    return a.id < b.id;
  };
  SearchResult result;
  result.total = matches.size();
  const size_t begin = std::min(request.after, matches.size());
  const size_t end = std::min(begin + request.limit, matches.size());
  std::partial_sort(matches.begin(), matches.begin() + static_cast<std::ptrdiff_t>(end),
                    matches.end(), before);
  for (size_t i = begin; i < end; ++i) result.hits.push_back({matches[i].id, *matches[i].version});
  return result;
}

HttpResponse SearchRecords(const Call& call) {
  if (auto refused = RefuseReading(call)) return *refused;
  CrmObject& object = call.object();
  const Switches& switches = call.portal.switches;
  if (!object.type.in_search_table && switches.Is(Setting::kSearchUnlistedBadRequest)) {
    return ValidationError("Search is not supported for this object type.", call.portal.random);
  }
  if (!object.type.in_search_table && switches.Is(Setting::kSearchUnlistedNotFound)) {
    return ErrorAnswer(404, "OBJECT_NOT_FOUND", "No such resource.", call.portal.random);
  }
  const ParsedSearch parsed =
      ParseSearch(call.request.body, object.catalog, call.route.object == kContacts, switches);
  if (!parsed.problem.empty()) return ValidationError(parsed.problem, call.portal.random);
  object.index.CatchUp(call.now);
  const SearchRequest& request = parsed.request;
  const SearchResult found = RunSearch(object, request);
  std::vector<std::string_view> names(request.properties.begin(), request.properties.end());
  if (names.empty()) names = SplitNames(object.type.default_names);
  const AskedProperties asked(object.catalog, switches, RightsOf(call), names);
  HttpResponse response;
  std::string& out = response.body;
  out.append("{\"total\":").append(std::to_string(found.total)).append(",\"results\":[");
  for (const SearchResult::Hit& hit : found.hits) {
    if (out.back() == '}') out += ',';
    Record& record = *object.records.Find(hit.id);
    record.served = true;
    // What is gone from the primary store is shown as the index remembers it.
    const bool current =
        switches.Is(Setting::kSearchReturnsPrimary) && record.state == RecordState::kLive;
    AppendRecord(out, record, current ? *record.version : *hit.version, false, asked, switches);
  }
  out += ']';
  const size_t end = request.after + found.hits.size();
  if (end < found.total && !found.hits.empty()) {
    out.append(",\"paging\":{\"next\":{\"after\":\"").append(std::to_string(end)).append("\"}}");
  }
  out += '}';
  return response;
}

}  // namespace simulated_portal
