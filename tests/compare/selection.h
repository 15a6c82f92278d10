#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compare/truth.h"

namespace hubmirror::compare {

/// What the operator of the mirror asked for, in words of docs/configuration.md.
struct Selection {
  std::vector<std::string> include = {"*"};
  std::vector<std::string> exclude = {};
  bool sensitive = true;
  std::vector<std::string> hash = {};
  std::string hash_key = {};
  /// It was another one before: records that nobody can read any more may have lost values.
  bool changed = false;
};

/// Whether the mirror must hold the values of a property.
bool IsSelected(const Selection& selection, const Definition& definition);
/// Whether it must hold keyed hashes instead.
bool IsHashed(const Selection& selection, const std::string& object, std::string_view property);
/// Whether the mirror needs a property for itself, whatever is asked for.
bool IsNeeded(const std::string& object, std::string_view property);

/// What must stand in the place of a raw value, "" for an empty one.
std::string HashOf(const Selection& selection, std::string_view raw);

}  // namespace hubmirror::compare
