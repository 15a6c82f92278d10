#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/source/property_selection.h"
#include "model/store/mirror_table.h"

namespace hubmirror {

/// Says of each property of one object type what the operator's selection makes of it. What the
/// mirror cannot do without is never hashed. Immutable.
class PropertySelector {
 public:
  /// `hash_key`: the id of the key to hash with; empty only when nothing is to be hashed.
  PropertySelector(ObjectType object, PropertySelection selection, std::string hash_key);

  bool Includes(const PropertyDefinition& definition) const;
  /// Sets what a column says about the selection; its definition is up to date. An archived
  /// property that was hashed stays hashed: its plain values can no longer be read.
  void Mark(MirrorColumn& column) const;

  /// Whether a table says of every property what the selection asks for: values read for such a
  /// table may be stored.
  bool Agrees(const MirrorTable& table) const;

 private:
  const ObjectType object_;
  const PropertySelection selection_;
  const std::string hash_key_;
};

/// A pattern that no property of the portal fits.
struct UnmatchedPattern {
  std::string key;  ///< `properties.hash`
  std::string pattern;
  std::string nearest;  ///< the property it may be meant for; empty: none is like it
};

/// `names`: of the properties that there are.
std::vector<UnmatchedPattern> FindUnmatched(const PropertySelection& selection,
                                            const std::vector<std::string>& names);

}  // namespace hubmirror
