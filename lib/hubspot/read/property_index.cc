#include "hubspot/read/property_index.h"

#include <bit>

#include "base/digest.h"

namespace hubmirror {

PropertyIndex::PropertyIndex(const PropertySet& set)
    : slots_(std::bit_ceil(set.size() * 2 + 2)), mask_(slots_.size() - 1) {
  for (uint32_t i = 0; i < set.size(); ++i) {
    const std::string& name = set.names()[i];
    size_t at = Hash64(name) & mask_;
    while (slots_[at].name.data() != nullptr) at = (at + 1) & mask_;
    slots_[at] = {name, i};
  }
}

std::optional<uint32_t> PropertyIndex::Find(std::string_view name) const {
  for (size_t at = Hash64(name) & mask_;; at = (at + 1) & mask_) {
    const Slot& slot = slots_[at];
    if (slot.name.data() == nullptr) return std::nullopt;
    if (slot.name == name) return slot.position;
  }
}

}  // namespace hubmirror
