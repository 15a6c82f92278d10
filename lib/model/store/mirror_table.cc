#include "model/store/mirror_table.h"

namespace hubmirror {

std::string_view SqlName(ColumnType type) {
  switch (type) {
    case ColumnType::kText:
      return "text";
    case ColumnType::kNumeric:
      return "numeric";
    case ColumnType::kInteger:
      return "bigint";
    case ColumnType::kBoolean:
      return "boolean";
    case ColumnType::kDate:
      return "date";
    case ColumnType::kTimestamp:
      return "timestamptz";
  }
  return "text";
}

bool IsAlwaysAsked(const ObjectType& object, std::string_view property) {
  return property == "hs_object_id" || property == object.modified_property ||
         property == "hs_merged_object_ids" || property == "hs_calculated_merged_vids";
}

bool IsNeverWritten(const ObjectType& object, std::string_view property) {
  return IsAlwaysAsked(object, property) || property == "createdate" ||
         property == "hs_createdate" || property == "hs_lastmodifieddate";
}

bool NeedsFilling(const MirrorColumn& before, const MirrorColumn& after) {
  if (after.definition->archived || after.excluded) return false;
  return before.definition->archived || before.excluded || before.type != after.type ||
         before.hashed_with != after.hashed_with;
}

bool HasUniqueValues(const ObjectType& object, const PropertyDefinition& definition) {
  return definition.has_unique_value || (object.name == "contacts" && definition.name == "email");
}

bool KeepsValues(const ObjectType& object, const MirrorColumn& column) {
  return !column.excluded || IsAlwaysAsked(object, column.property());
}

PropertySetPtr WholeSet(const MirrorTable& table) {
  std::vector<std::string> names = {"hs_object_id", table.object.modified_property,
                                    "hs_merged_object_ids", "hs_calculated_merged_vids"};
  for (const MirrorColumn& column : table.columns) {
    if (!column.definition->archived && !column.excluded) names.push_back(column.property());
  }
  return SharedPropertySet(std::move(names));
}

}  // namespace hubmirror
