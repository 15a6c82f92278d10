#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/clock.h"

namespace hubmirror {

struct PropertyOption {
  std::string value;
  std::string label;
  std::string description;
  int64_t display_order = -1;
  bool hidden = false;

  /// All of it.
  auto Parts() const { return std::tie(value, label, description, display_order, hidden); }
  friend bool operator==(const PropertyOption& a, const PropertyOption& b) {
    return a.Parts() == b.Parts();
  }
};

/// A property as the portal defines it. Fields are HubSpot's, see
/// https://developers.hubspot.com/docs/api-reference/crm-properties.
struct PropertyDefinition {
  std::string name;
  std::string label;
  std::string type;        ///< bool, enumeration, date, datetime, string, number, ...
  std::string field_type;  ///< text, select, calculation_equation, ...
  std::string group_name;
  std::string description;
  std::string data_sensitivity;        ///< non_sensitive, sensitive, highly_sensitive
  std::string referenced_object_type;  ///< OWNER for owner ids
  /// The property of the same record that names the currency; empty: the account's, if money.
  std::string currency_property_name;
  std::string number_display_hint;  ///< formatted, currency, percentage, duration, ...
  std::string text_display_hint;    ///< multi_line, email, phone_number, ...
  std::string date_display_hint;    ///< absolute, time_since, ...
  int64_t display_order = -1;
  bool calculated = false;
  bool hubspot_defined = false;
  bool external_options = false;
  bool has_unique_value = false;
  bool hidden = false;
  bool archived = false;
  bool show_currency_symbol = false;
  /// Another one than before tells that the property was deleted and made anew. Absent: HubSpot
  /// does not say.
  std::optional<TimePoint> created_at;
  std::vector<PropertyOption> options;

  /// All of it.
  auto Parts() const {
    return std::tie(name, label, type, field_type, group_name, description, data_sensitivity,
                    referenced_object_type, currency_property_name, number_display_hint,
                    text_display_hint, date_display_hint, display_order, calculated,
                    hubspot_defined, external_options, has_unique_value, hidden, archived,
                    show_currency_symbol, created_at, options);
  }
  friend bool operator==(const PropertyDefinition& a, const PropertyDefinition& b) {
    return a.Parts() == b.Parts();
  }
};

/// Tells equal definitions from others, as far as 64 bits do.
uint64_t DigestOf(const std::vector<PropertyDefinition>& definitions);
uint64_t DigestOf(const PropertyDefinition& definition);

/// Whether the values are ids of owners: of one, or of several (`1;2`) where it is a checkbox.
bool NamesOwner(const PropertyDefinition& definition);

struct PropertyGroup {
  std::string name;
  std::string label;
  int64_t display_order = -1;
  bool archived = false;
  friend bool operator==(const PropertyGroup&, const PropertyGroup&) = default;
};

/// The names a request asks for, sorted and unique. A page is mapped under the set it was asked
/// with, so that a value that was not asked for is never taken for an empty one. Immutable.
class PropertySet {
 public:
  /// `names` in any order; repeated ones count once.
  explicit PropertySet(std::vector<std::string> names);
  PropertySet(const PropertySet&) = delete;
  PropertySet& operator=(const PropertySet&) = delete;

  const std::vector<std::string>& names() const { return names_; }
  size_t size() const { return names_.size(); }
  /// Characters that the names take in a URL, a comma after each.
  size_t url_size() const { return url_size_; }
  /// Position of `name` in names(), nullopt when it is not in the set.
  std::optional<uint32_t> Index(std::string_view name) const;
  friend bool operator==(const PropertySet& a, const PropertySet& b) {
    return a.names_ == b.names_;
  }

 private:
  size_t SlotOf(std::string_view name) const;

  std::vector<std::string> names_;
  size_t url_size_ = 0;
  std::vector<uint32_t> slots_;  ///< places of names, 0: none; from the digest of a name onwards
};

using PropertySetPtr = std::shared_ptr<const PropertySet>;

/// The set of these names that all in the process have in common who ask for it here.
PropertySetPtr SharedPropertySet(std::vector<std::string> names);

/// Names records and shows nothing of them.
PropertySetPtr IdOnly();

}  // namespace hubmirror
