#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "model/source/object_type.h"

namespace hubmirror {

/// Two object types whose records may be linked. Links are read from one side only, that of the
/// type with the lower objectTypeId (rule R17): the other side tells the same with other type
/// ids.
struct LinkPair {
  ObjectType from;
  ObjectType to;
};

/// The pair of two types, in either order.
LinkPair PairOf(const ObjectType& one, const ObjectType& other);

/// What an association means. HubSpot's key of it is category and type id, which differ by
/// direction; the label is for people and empty where HubSpot says null.
struct LinkType {
  std::string category;  ///< HUBSPOT_DEFINED, USER_DEFINED, INTEGRATOR_DEFINED, WORK
  int64_t type_id = 0;
  std::string label;
  friend bool operator==(const LinkType&, const LinkType&) = default;
};

/// One association of two records. A link with a label comes beside an unlabelled one.
struct Link {
  RecordId from;
  RecordId to;
  LinkType type;
  friend bool operator==(const Link&, const Link&) = default;
};

}  // namespace hubmirror
