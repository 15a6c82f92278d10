#include "model/source/property.h"

#include <algorithm>
#include <type_traits>

#include "base/digest.h"

namespace hubmirror {
namespace {

template <typename Whole>
void PutAll(std::string& bytes, const Whole& whole);

template <typename Part>
void Put(std::string& bytes, const Part& part) {
  if constexpr (std::is_arithmetic_v<Part>) {
    bytes += std::to_string(part) + ';';
  } else {
    // Its size keeps what follows apart.
    bytes += std::to_string(part.size()) + ':';
    if constexpr (std::is_same_v<Part, std::string>) {
      bytes += part;
    } else {
      for (const auto& whole : part) PutAll(bytes, whole);
    }
  }
}

template <typename Whole>
void PutAll(std::string& bytes, const Whole& whole) {
  std::apply([&](const auto&... parts) { (Put(bytes, parts), ...); }, whole.Parts());
}

}  // namespace

uint64_t DigestOf(const std::vector<PropertyDefinition>& definitions) {
  std::string bytes;
  Put(bytes, definitions);
  return Hash64(bytes);
}

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
