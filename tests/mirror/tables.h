#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "mirror/table_layout.h"
#include "model/source/object_type.h"
#include "model/store/mirror_table.h"

namespace hubmirror::testing {

inline ObjectType Contacts() {
  return *FindObjectType("contacts");
}
inline ObjectType Deals() {
  return *FindObjectType("deals");
}

/// A custom property.
inline PropertyDefinition Define(std::string name, std::string type = "string") {
  return {.name = std::move(name), .type = std::move(type)};
}

/// The table that a portal with just these properties gets.
inline MirrorTablePtr TableOf(const ObjectType& object,
                              const std::vector<PropertyDefinition>& definitions) {
  return std::make_shared<const MirrorTable>(PlanLayout(object, definitions, nullptr, {}));
}

/// The column of a property; aborts when there is none.
inline const MirrorColumn& ColumnOf(const MirrorTable& table, const std::string& property) {
  for (const MirrorColumn& column : table.columns) {
    if (column.property() == property) return column;
  }
  CheckFailed(property.c_str(), __FILE__, __LINE__);
}

inline bool HasColumnFor(const MirrorTable& table, const std::string& property) {
  for (const MirrorColumn& column : table.columns) {
    if (column.property() == property) return column.storage == Storage::kColumn;
  }
  return false;
}

}  // namespace hubmirror::testing
