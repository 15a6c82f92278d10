#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/instant.h"

namespace simulated_portal {

/// What the values of a property look like; it also fixes the property's type and field type.
enum class ValueKind : uint8_t {
  kAssignedNumber,  ///< written by the portal itself: ids, stamps, merged ids
  kAssignedInstant,
  kAssignedText,
  kEmail,
  kFirstName,
  kLastName,
  kCompanyName,
  kDomain,
  kPhone,
  kCity,
  kCountry,
  kStreet,
  kZip,
  kUrl,
  kWords,        ///< a few words, all scripts
  kSentences,    ///< up to some hundred characters with line breaks
  kHtmlBody,     ///< an e-mail body of up to some ten thousand characters
  kPlainBody,    ///< the same as text
  kHugeText,     ///< now and then HubSpot's longest: 65,536 characters
  kStrangeText,  ///< U+0000, unpaired surrogates, combining marks, right-to-left
  kInteger,
  kDecimal,
  kMoney,
  kDirtyNumber,  ///< also `1,234`, `134;137`, `1.7E12`, words
  kDate,
  kDirtyDate,  ///< also epoch milliseconds and garbage
  kInstant,
  kDirtyInstant,  ///< also epoch and float milliseconds, garbage
  kBool,
  kDirtyBool,  ///< also `Yes`, `TRUE`, `maybe`
  kChoice,
  kChoices,  ///< several options, `a;b`
  kOwner,
  kJson,
  kCoordinates,
  kCalculatedNumber,
  kCalculatedInstant,
  kCount,
};

/// A property of one object type, as the properties endpoint shows it. A value type.
struct PropertyDefinition {
  std::string name;
  std::string label;
  std::string type;
  std::string field_type;
  std::string description;
  std::string group;
  std::vector<std::string> options;
  ValueKind kind = ValueKind::kWords;
  double fill = 0;  ///< share of records that have a value
  bool calculated = false;
  bool external_options = false;
  bool has_unique_value = false;
  bool hidden = false;
  bool unlisted = false;  ///< in no list of properties, and answered when it is asked for
  bool hubspot_defined = false;
  bool archived = false;
  bool deleted = false;  ///< purged; the slot stays so that indexes never move
  std::string sensitivity = "non_sensitive";
  std::string currency_property;  ///< names the property with the currency of an amount
  Instant created = 0;
  Instant updated = 0;
  Instant archived_at = 0;
};

/// HubSpot's `type` and `fieldType` for values of a kind.
struct WireType {
  std::string_view type;
  std::string_view field_type;
};
WireType WireTypeOf(ValueKind kind);

/// The kind that makes plausible values for a property whose type an operator chose.
ValueKind KindOf(std::string_view type, std::string_view field_type);

}  // namespace simulated_portal
