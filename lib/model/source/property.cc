#include "model/source/property.h"

#include <algorithm>

namespace hubmirror {

bool NamesOwner(const PropertyDefinition& definition) {
  return definition.referenced_object_type == "OWNER" || definition.name == "hubspot_owner_id";
}

PropertySet::PropertySet(std::vector<std::string> names) : names_(std::move(names)) {
  std::sort(names_.begin(), names_.end());
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
  index_.reserve(names_.size());
  for (uint32_t i = 0; i < names_.size(); ++i) index_.emplace(names_[i], i);
}

std::optional<uint32_t> PropertySet::Index(std::string_view name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

PropertySetPtr IdOnly() {
  static const PropertySetPtr set =
      std::make_shared<const PropertySet>(std::vector<std::string>{"hs_object_id"});
  return set;
}

}  // namespace hubmirror
