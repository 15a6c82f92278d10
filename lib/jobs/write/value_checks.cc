#include "jobs/write/value_checks.h"

#include <algorithm>

#include "mirror/same_value.h"
#include "mirror/value_parser.h"
#include "model/source/property_selection.h"

namespace hubmirror {
namespace {

bool IsSpace(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool IsOption(const PropertyDefinition& definition, std::string_view value) {
  return std::ranges::any_of(definition.options,
                             [&](const PropertyOption& option) { return option.value == value; });
}

}  // namespace

const MirrorColumn* FindColumn(const MirrorTable& table, std::string_view property) {
  const auto found = std::ranges::find(table.columns, property, &MirrorColumn::property);
  return found == table.columns.end() ? nullptr : &*found;
}

std::string_view ValueOf(const std::vector<PropertyText>& values, std::string_view property) {
  const auto found = std::ranges::find(values, property, &PropertyText::property);
  return found == values.end() ? std::string_view() : std::string_view(found->value);
}

std::string WhyUnwritable(const std::string& property, const MirrorColumn* column,
                          const WriteTerms& terms) {
  if (column == nullptr) return property + " does not exist in the mirror: see its `properties`";
  const PropertyDefinition& definition = column->definition;
  if (definition.archived) return property + " is archived in HubSpot";
  if (definition.calculated) return property + " is calculated by HubSpot";
  if (column->excluded) return property + " is excluded from the mirror, which could not show it";
  if (!column->hashed_with.empty()) return property + " is hashed in the mirror";
  if (IsNeverWritten(terms.table.object, property)) return property + " is HubSpot's own";
  if (property == terms.key_property) return property + " is set by hubmirror, from the row's key";
  return {};
}

std::string WhyForbidden(const std::string& property, const MirrorColumn* column,
                         const WriteTerms& terms) {
  if (!FitsAny(property, terms.update)) {
    return property + " is not writable: add it to write.objects";
  }
  return WhyUnwritable(property, column, terms);
}

std::string WhyInvalid(const WantedValue& wanted, const MirrorColumn& column) {
  const PropertyDefinition& definition = column.definition;
  const std::string& name = wanted.property;
  const std::string& value = wanted.value;
  if (wanted.adds && !HoldsSeveral(definition)) return name + " holds one value: nothing to add to";
  if (value.empty()) return {};
  if (definition.type != "string" && (IsSpace(value.front()) || IsSpace(value.back()))) {
    return name + ": the value begins or ends with white space";
  }
  if (definition.type == "number" && !IsNumber(value)) return name + ": not a number";
  if (definition.type == "bool" && value != "true" && value != "false") {
    return name + ": neither true nor false";
  }
  if (definition.type == "date" && !ParseDate(value)) {
    return name + ": no date as YYYY-MM-DD or in milliseconds";
  }
  if (definition.type == "datetime" && !ParseTimestamp(value)) {
    return name + ": no time as of RFC 3339 or in milliseconds";
  }
  if (definition.type != "enumeration" || definition.external_options ||
      definition.options.empty()) {
    return {};
  }
  const auto parts =
      HoldsSeveral(definition) ? PartsOf(value) : std::vector<std::string_view>{value};
  const bool known =
      std::ranges::all_of(parts, [&](std::string_view part) { return IsOption(definition, part); });
  return known ? std::string() : name + ": not one of its options, see `options` in `properties`";
}

}  // namespace hubmirror
