#include "hubspot/read/property_index.h"

#include <bit>
#include <cstring>

namespace hubmirror {
namespace {

uint64_t Load(const char* bytes, size_t count) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, count);
  return word;
}

/// Mixes length, both ends and the middle. Names share prefixes such as `hs_analytics_`, and names
/// that differ elsewhere only meet in a slot, where they are compared.
uint64_t HashOf(std::string_view name) {
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;
  uint64_t hash = name.size() * kOdd;
  if (name.size() < 8) {
    hash ^= Load(name.data(), name.size());
  } else {
    hash ^= Load(name.data(), 8);
    hash = std::rotl(hash * kOdd, 29) ^ Load(name.data() + name.size() / 2 - 4, 8);
    hash = std::rotl(hash * kOdd, 29) ^ Load(name.data() + name.size() - 8, 8);
  }
  hash *= kOdd;
  return hash ^ (hash >> 32);
}

}  // namespace

PropertyIndex::PropertyIndex(const PropertySet& set)
    : slots_(std::bit_ceil(set.size() * 2 + 2)), mask_(slots_.size() - 1) {
  for (uint32_t i = 0; i < set.size(); ++i) {
    const std::string& name = set.names()[i];
    size_t at = HashOf(name) & mask_;
    while (slots_[at].name.data() != nullptr) at = (at + 1) & mask_;
    slots_[at] = {name, i};
  }
}

std::optional<uint32_t> PropertyIndex::Find(std::string_view name) const {
  for (size_t at = HashOf(name) & mask_;; at = (at + 1) & mask_) {
    const Slot& slot = slots_[at];
    if (slot.name.data() == nullptr) return std::nullopt;
    if (slot.name == name) return slot.position;
  }
}

}  // namespace hubmirror
