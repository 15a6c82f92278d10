#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/property_definition.h"
#include "store/random.h"

namespace simulated_portal {

/// Values of a small business that keeps its portal tidy: amounts of usual deals, times soon after
/// a record was made, options that exist. For people who look at a mirror; tests want the other
/// kind. Owned by one thread.
class TidyValues {
 public:
  /// Chooses what the next values are about. `now` bounds their dates.
  void BeginRecord(Instant created, Instant now, Random& random);
  /// The raw value, empty where the record has none; nullopt where any value does.
  std::optional<std::string> Make(const PropertyDefinition& property, Random& random) const;
  /// The share of records that have a value.
  static double FillOf(const PropertyDefinition& property);

 private:
  std::string Time(bool day, Random& random) const;
  std::string Choice(const PropertyDefinition& property, Random& random) const;

  Instant created_ = 0, now_ = 0;
  int64_t amount_ = 0;
  bool closed_ = false;  ///< tickets
};

/// What a tidy portal calls a pipeline or a stage.
std::string TidyLabel(std::string_view object, std::string_view id);

}  // namespace simulated_portal
