#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/call.h"

namespace simulated_portal {

enum class SearchOperator {
  kEq,
  kNeq,
  kLt,
  kLte,
  kGt,
  kGte,
  kBetween,
  kIn,
  kNotIn,
  kHasProperty,
  kNotHasProperty,
  kContainsToken,
  kNotContainsToken,
};

struct SearchFilter {
  std::string property;
  SearchOperator op = SearchOperator::kEq;
  std::string value;
  std::string high;
  std::vector<std::string> values;
};

/// A search as it was asked. A value type.
struct SearchRequest {
  std::vector<std::vector<SearchFilter>> groups;  ///< OR of ANDs; none: everything
  std::string sort_property;                      ///< empty: oldest first
  bool descending = false;
  std::vector<std::string> properties;
  std::string query;
  size_t limit = 10;
  size_t after = 0;
};

/// Reads the body and checks all of HubSpot's limits on it. On refusal the message is not empty.
struct ParsedSearch {
  SearchRequest request;
  std::string problem;
};
ParsedSearch ParseSearch(const std::string& body, const PropertyCatalog& catalog, bool is_contacts,
                         const Switches& switches);

}  // namespace simulated_portal
