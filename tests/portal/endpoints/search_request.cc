#include "endpoints/search_request.h"

#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "endpoints/json_fields.h"

namespace simulated_portal {
namespace {

constexpr size_t kMostGroups = 5;
constexpr size_t kMostFiltersOfGroup = 6;
constexpr size_t kMostFilters = 18;
constexpr size_t kMostResults = 200;
constexpr size_t kDeepestResult = 10'000;
constexpr size_t kLongestSearch = 3000;

constexpr std::array<std::string_view, 13> kOperators = {"EQ",
                                                         "NEQ",
                                                         "LT",
                                                         "LTE",
                                                         "GT",
                                                         "GTE",
                                                         "BETWEEN",
                                                         "IN",
                                                         "NOT_IN",
                                                         "HAS_PROPERTY",
                                                         "NOT_HAS_PROPERTY",
                                                         "CONTAINS_TOKEN",
                                                         "NOT_CONTAINS_TOKEN"};

SearchOperator ParseOperator(const std::string& name) {
  for (size_t i = 0; i < kOperators.size(); ++i) {
    if (kOperators[i] == name) return static_cast<SearchOperator>(i);
  }
  throw std::runtime_error("operator " + name + " is not one of the known ones");
}

SearchFilter ReadFilter(JsonFields fields) {
  SearchFilter filter;
  std::string op;
  fields.Read("propertyName", filter.property);
  fields.Read("operator", op);
  fields.Read("value", filter.value);
  fields.Read("highValue", filter.high);
  fields.Read("values", filter.values);
  filter.op = ParseOperator(op);
  const bool list = filter.op == SearchOperator::kIn || filter.op == SearchOperator::kNotIn;
  if (list && filter.values.empty()) fields.Fail("values", "missing for IN and NOT_IN");
  if (filter.op == SearchOperator::kBetween && filter.high.empty()) {
    fields.Fail("highValue", "missing for BETWEEN");
  }
  return filter;
}

void ReadSort(JsonFields& fields, SearchRequest& request) {
  const rapidjson::Value* sorts = fields.Take("sorts");
  if (sorts == nullptr) return;
  if (!sorts->IsArray() || sorts->Size() > 1) fields.Fail("sorts", "only one sort is allowed");
  if (sorts->Empty()) return;
  const rapidjson::Value& sort = (*sorts)[0];
  if (sort.IsString()) {  // `-name` for descending.
    const std::string_view text(sort.GetString(), sort.GetStringLength());
    request.descending = text.starts_with('-');
    request.sort_property = text.substr(request.descending ? 1 : 0);
    return;
  }
  JsonFields inner(sort, "sorts[0]");
  std::string direction;
  inner.Read("propertyName", request.sort_property);
  inner.Read("direction", direction);
  request.descending = direction == "DESCENDING";
}

/// The offset may come as a number or a string.
void ReadPage(JsonFields& fields, SearchRequest& request) {
  int64_t limit = 10;
  fields.Read("limit", limit);
  if (limit < 0 || limit > static_cast<int64_t>(kMostResults)) {
    fields.Fail("limit", "must be at most 200");
  }
  request.limit = static_cast<size_t>(limit);
  std::string after;
  const rapidjson::Value* value = fields.Take("after");
  if (value == nullptr || value->IsNull()) return;
  fields.Read("after", after);
  if (after.empty()) return;
  const auto parsed = std::from_chars(after.data(), after.data() + after.size(), request.after);
  if (parsed.ec != std::errc() || parsed.ptr != after.data() + after.size()) {
    fields.Fail("after", "not an offset");
  }
  if (request.after + request.limit > kDeepestResult) {
    fields.Fail("after", "results past 10,000 cannot be paged to");
  }
}

void CheckFilters(const SearchRequest& request, const PropertyCatalog& catalog, bool is_contacts) {
  if (request.groups.size() > kMostGroups) throw std::runtime_error("more than 5 filter groups");
  size_t total = 0;
  for (const auto& group : request.groups) {
    if (group.size() > kMostFiltersOfGroup) {
      throw std::runtime_error("more than 6 filters in a group");
    }
    total += group.size();
    for (const SearchFilter& filter : group) {
      // Contacts have no such property, yet asking for it is no error: nothing is found.
      if (is_contacts && filter.property == "hs_lastmodifieddate") continue;
      const auto property = catalog.Find(filter.property);
      const bool hidden =
          property && (catalog.at(*property).archived || catalog.at(*property).unlisted ||
                       catalog.at(*property).sensitivity == "highly_sensitive");
      if (!property || hidden || filter.property == "hs_body_preview_html" ||
          filter.property == "hs_email_html" ||
          (filter.property == "hs_body_preview" && catalog.Find("hs_email_html"))) {
        throw std::runtime_error("property " + filter.property + " cannot be searched");
      }
    }
  }
  if (total > kMostFilters) throw std::runtime_error("more than 18 filters");
}

void CheckLength(const SearchRequest& request, const std::string& body, const Switches& switches) {
  size_t length = request.query.size();
  if (switches.Is(Setting::kSearchLengthBody)) length = body.size();
  if (switches.Is(Setting::kSearchLengthFilters)) {
    length = body.size();
    for (const std::string& property : request.properties) length -= property.size() + 3;
  }
  if (length > kLongestSearch) throw std::runtime_error("the query is longer than 3000 characters");
}

}  // namespace

ParsedSearch ParseSearch(const std::string& body, const PropertyCatalog& catalog, bool is_contacts,
                         const Switches& switches) {
  ParsedSearch parsed;
  SearchRequest& request = parsed.request;
  try {
    const rapidjson::Document document = ParseJsonObject(body);
    JsonFields fields(document, "");
    fields.ReadObjects("filterGroups", [&request](JsonFields group) {
      auto& filters = request.groups.emplace_back();
      group.ReadObjects("filters", [&filters](JsonFields inner) {
        filters.push_back(ReadFilter(std::move(inner)));
      });
    });
    std::vector<SearchFilter> bare;
    fields.ReadObjects("filters",
                       [&bare](JsonFields inner) { bare.push_back(ReadFilter(std::move(inner))); });
    if (!bare.empty()) request.groups.push_back(std::move(bare));
    ReadSort(fields, request);
    const rapidjson::Value* query = fields.Take("query");
    if (query != nullptr && query->IsString()) request.query = query->GetString();
    fields.Read("properties", request.properties);
    ReadPage(fields, request);
    CheckFilters(request, catalog, is_contacts);
    if (!request.sort_property.empty() && !catalog.Find(request.sort_property)) {
      throw std::runtime_error("property " + request.sort_property + " cannot be sorted by");
    }
    CheckLength(request, body, switches);
  } catch (const std::exception& error) {
    parsed.problem = error.what();
  }
  return parsed;
}

}  // namespace simulated_portal
