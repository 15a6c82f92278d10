#include "model/source/property.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <type_traits>

#include "base/ascii.h"
#include "base/digest.h"
#include "model/source/value_pool.h"

namespace hubmirror {
namespace {

template <typename Whole>
void PutAll(std::string& bytes, const Whole& whole);

template <typename Part>
void Put(std::string& bytes, const Part& part) {
  if constexpr (std::is_arithmetic_v<Part>) {
    bytes += std::to_string(part) + ';';
  } else if constexpr (std::is_same_v<Part, std::optional<TimePoint>>) {
    bytes += (part ? std::to_string(part->time_since_epoch().count()) : "-") + ';';
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

uint64_t DigestOf(const PropertyDefinition& definition) {
  std::string bytes;
  PutAll(bytes, definition);
  return Hash64(bytes);
}

bool NamesOwner(const PropertyDefinition& definition) {
  return definition.referenced_object_type == "OWNER" || definition.name == "hubspot_owner_id";
}

PropertySet::PropertySet(std::vector<std::string> names) : names_(std::move(names)) {
  std::sort(names_.begin(), names_.end());
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
  names_.shrink_to_fit();
  for (const std::string& name : names_) {
    const auto plain = static_cast<size_t>(std::ranges::count_if(name, IsUnreserved));
    url_size_ += plain + 3 * (name.size() - plain) + 1;
  }
  // Half of it stays empty, so that who is not there is soon known.
  slots_.resize(std::bit_ceil(2 * names_.size() + 1));
  for (uint32_t i = 0; i < names_.size(); ++i) slots_[SlotOf(names_[i])] = i + 1;
}

size_t PropertySet::SlotOf(std::string_view name) const {
  const size_t last = slots_.size() - 1;
  size_t slot = std::hash<std::string_view>()(name) & last;
  while (slots_[slot] != 0 && names_[slots_[slot] - 1] != name) slot = (slot + 1) & last;
  return slot;
}

std::optional<uint32_t> PropertySet::Index(std::string_view name) const {
  const uint32_t place = slots_[SlotOf(name)];
  if (place == 0) return std::nullopt;
  return place - 1;
}

PropertySetPtr SharedPropertySet(std::vector<std::string> names) {
  static ValuePool<PropertySet> pool;
  const auto set = std::make_shared<const PropertySet>(std::move(names));
  std::string bytes;
  for (const std::string& name : set->names()) bytes += name + '\n';
  return pool.Share(Hash64(bytes), set);
}

PropertySetPtr IdOnly() {
  static const PropertySetPtr set =
      std::make_shared<const PropertySet>(std::vector<std::string>{"hs_object_id"});
  return set;
}

}  // namespace hubmirror
