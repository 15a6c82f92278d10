#pragma once

#include <span>
#include <string_view>

#include "store/property_definition.h"

namespace simulated_portal {

/// A property that every portal has.
struct KnownProperty {
  std::string_view name;
  ValueKind kind;
  int fill;                  ///< percent of the records that have a value
  std::string_view options;  ///< `a;b`, for choices
};

/// HubSpot's own properties of an object type (an index of kObjectTypes). The first ones are those
/// the portal assigns itself.
std::span<const KnownProperty> KnownProperties(size_t object_type);

/// Names that are legal in HubSpot and awkward in a database: longer than 63 bytes and equal up to
/// there, SQL keywords, and names a mirror may want for itself. Custom properties of every type.
std::span<const KnownProperty> HostileProperties();

/// What HubSpot itself calls an option or a stage of its own; empty where that is its value.
std::string_view KnownLabel(std::string_view value);

}  // namespace simulated_portal
