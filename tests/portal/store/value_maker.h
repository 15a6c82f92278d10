#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/property_definition.h"
#include "store/random.h"
#include "store/tidy_values.h"

namespace simulated_portal {

/// Makes property values as dirty as those of a portal that has been used for years. The values of
/// one record fit each other: name, e-mail, company and town. Owned by one thread.
class ValueMaker {
 public:
  explicit ValueMaker(Random random) : random_(random) {}

  /// Chooses the person and company that the next values are about, tidy ones or dirty. `now`
  /// bounds their dates.
  void BeginRecord(Instant created, Instant now, bool tidy);
  /// The raw value, valid until the next call. Empty for kinds the portal assigns itself.
  std::string_view Make(const PropertyDefinition& property);
  /// The share of records that have a value.
  [[nodiscard]] double FillOf(const PropertyDefinition& property) const {
    return tidy_ ? TidyValues::FillOf(property) : property.fill;
  }

  [[nodiscard]] Random& random() { return random_; }

 private:
  void MakeIdentity(ValueKind kind);
  void MakeText(ValueKind kind);
  void MakeNumber(ValueKind kind);
  void MakeTime(ValueKind kind);
  void MakeChoice(const PropertyDefinition& property);
  void MakeBool(ValueKind kind);
  void MakeStrange();

  void AppendWords(size_t count);
  void AppendSentences(size_t bytes);
  void AppendHugeText();
  Instant PastInstant();

  Random random_;
  std::string out_;
  size_t first_name_ = 0, last_name_ = 0, company_ = 0, town_ = 0;
  uint64_t number_ = 0;
  Instant created_ = 0, now_ = 0;
  std::optional<TidyValues> tidy_;
};

}  // namespace simulated_portal
