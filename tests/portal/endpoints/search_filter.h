#pragma once

#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "endpoints/search_request.h"
#include "store/crm_object.h"

namespace simulated_portal {

/// What a value is compared as: by number where it is one, else by text in lower case (enumerations
/// by text as it is).
struct SearchValue {
  double number = 0;
  std::string text;
};

/// One filter, ready to be asked about many records. Refers to the catalog. Immutable.
class CompiledFilter {
 public:
  CompiledFilter(const SearchFilter& filter, const CrmObject& object);

  [[nodiscard]] bool Matches(RecordId id, const RecordVersion& version) const;
  /// Narrows the range of modified stamps, or of ids, that can match at all.
  void Narrow(Instant& low, Instant& high, RecordId& low_id, RecordId& high_id) const;

 private:
  [[nodiscard]] bool MatchesValue(const std::string& raw) const;
  [[nodiscard]] bool MatchesNumber(double number) const;
  [[nodiscard]] bool MatchesText(const std::string& raw) const;
  [[nodiscard]] bool ContainsToken(const std::string& raw) const;

  enum class Source { kNothing, kStamp, kId, kValue };

  const PropertyCatalog& catalog_;
  SearchOperator op_;
  Source source_ = Source::kValue;
  PropertyIndex property_ = 0;
  bool numeric_ = false;
  bool with_case_ = false;
  SearchValue value_, high_;
  std::set<std::string> texts_;
  std::set<double> numbers_;
};

/// A value of a property as a number, when its type is compared so.
std::optional<double> SearchNumber(const PropertyDefinition& property, const std::string& raw);

}  // namespace simulated_portal
