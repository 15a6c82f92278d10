#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "settings/keys/key_rule.h"
#include "settings/keys/key_table.h"
#include "settings/text/environment.h"
#include "settings/yaml/config_node.h"

namespace hubmirror {

/// A key that stands in the file.
struct GivenKey {
  const KeyRule* rule = nullptr;
  TextPosition at;
  std::string path;                  ///< from the top of the file
  const ConfigNode* node = nullptr;  ///< its value; lives as long as the document
  std::optional<ConfigValue> value;  ///< absent for sections, and for what is wrong
};

/// The keys that one place of the file gives: the top, `defaults`, a portal or an object of it.
class Layer {
 public:
  /// Reads the map `node`, checking every key and value. Nothing counts as an empty map.
  /// `at`: where the key of the map stands, for what is missing in it.
  static Layer Read(const ConfigNode& node, Place place, const std::string& path, TextPosition at,
                    ConfigProblems& problems);

  const GivenKey* Find(const KeyRule* rule) const;
  const GivenKey* Find(Place place, std::string_view path) const {
    return Find(FindRule(place, path));
  }
  /// All values that are good.
  ConfigMap Values() const;

 private:
  class Reader;

  std::vector<GivenKey> keys_;
};

/// From the most particular to the most general; what an earlier one gives counts.
using Layers = std::span<const Layer* const>;

const GivenKey* Find(Layers layers, const KeyRule* rule);

/// Sets every member of `owner` that has a key at `place`: as the layers say, else its default.
template <class Owner>
void Fill(Owner& owner, Place place, Layers layers, const Environment& environment) {
  for (const KeyRule& rule : KeyTable()) {
    const auto* field = std::get_if<FieldOf<Owner>>(&rule.field);
    if (field == nullptr || !rule.StandsIn(place)) continue;
    const GivenKey* given = Find(layers, &rule);
    if (given != nullptr && given->value) {
      field->set(owner, *given->value);
    } else if (!rule.preset.empty()) {
      field->set(owner, ReadPreset(rule, PresetOf(rule, environment)));
    }
  }
}

}  // namespace hubmirror
