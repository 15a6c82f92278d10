#pragma once

#include <string>
#include <vector>

#include "model/object_type.h"
#include "settings/layer.h"

namespace hubmirror {

/// One object type that a portal is to mirror, and what the file says of it.
struct ObjectChoice {
  ObjectType type;
  Layer layer;
};

/// Reads `objects`: a list of names or a map of names with settings. Sorted by name.
std::vector<ObjectChoice> ReadObjects(const GivenKey& given, ConfigProblems& problems);

/// The choice when the file makes none.
std::vector<ObjectChoice> PresetChoice();

}  // namespace hubmirror
