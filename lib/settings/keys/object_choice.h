#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/source/object_type.h"
#include "settings/keys/layer.h"

namespace hubmirror {

/// One object type that a portal is to mirror, and what the file says of it.
struct ObjectChoice {
  ObjectType type;
  Layer layer;
};

/// What `objects` says to mirror every type that the token may read.
inline constexpr std::string_view kAllObjects = "all";

/// Reads `objects`: a list of names, a map of names with settings, or `all`. Sorted by name.
std::vector<ObjectChoice> ReadObjects(const GivenKey& given, ConfigProblems& problems);

/// Reads `write.objects`: a map of names with what may be written. Sorted by name.
std::vector<ObjectChoice> ReadWriteObjects(const GivenKey& given, ConfigProblems& problems);

/// The choice when the file makes none.
std::vector<ObjectChoice> PresetChoice();

}  // namespace hubmirror
