#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/property_definition.h"
#include "store/random.h"

namespace simulated_portal {

using PropertyIndex = uint16_t;

/// The property definitions of one object type. An index, once given out, stays with its property
/// for good; stored values are kept by it. Owned by one thread.
class PropertyCatalog {
 public:
  /// `count` definitions (or as many as HubSpot's own and the hostile ones need), the custom ones
  /// drawn from `random`. `now` dates them.
  PropertyCatalog(size_t object_type, size_t count, Random random, Instant now);

  [[nodiscard]] const std::vector<PropertyDefinition>& all() const { return definitions_; }
  [[nodiscard]] const PropertyDefinition& at(PropertyIndex index) const {
    return definitions_[index];
  }
  /// Archived ones are found, deleted ones are not.
  [[nodiscard]] std::optional<PropertyIndex> Find(std::string_view name) const;
  /// `"name":`, as it stands before a value in JSON.
  [[nodiscard]] const std::string& key(PropertyIndex index) const { return keys_[index]; }

  struct Assigned {
    PropertyIndex id, created, modified, merged_ids;
    std::optional<PropertyIndex> merged_vids;
  };
  /// The properties the portal writes itself.
  [[nodiscard]] const Assigned& assigned() const { return assigned_; }

  /// Those whose values no two records may share.
  [[nodiscard]] const std::vector<PropertyIndex>& unique() const { return unique_; }

  /// A deleted property of that name is a new one. None when the name is taken.
  std::optional<PropertyIndex> Add(PropertyDefinition definition);
  void Retype(PropertyIndex index, std::string_view type, std::string_view field_type, Instant now);
  void Archive(PropertyIndex index, Instant now);
  void Restore(PropertyIndex index, Instant now);
  void Delete(PropertyIndex index);

  /// The definition as the properties endpoint shows it.
  void AppendDefinition(std::string& out, PropertyIndex index) const;
  [[nodiscard]] std::vector<std::string> Groups() const;

 private:
  struct NameHash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };

  std::vector<PropertyDefinition> definitions_;
  std::vector<std::string> keys_;
  std::unordered_map<std::string, PropertyIndex, NameHash, std::equal_to<>> by_name_;
  std::vector<PropertyIndex> unique_;
  Assigned assigned_{};
};

}  // namespace simulated_portal
