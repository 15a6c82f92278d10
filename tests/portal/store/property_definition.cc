#include "store/property_definition.h"

#include <array>

namespace simulated_portal {
namespace {

// In the order of ValueKind.
constexpr std::array<WireType, static_cast<size_t>(ValueKind::kCount)> kWireTypes = {{
    {"number", "number"},
    {"datetime", "date"},
    {"string", "textarea"},
    {"string", "text"},
    {"string", "text"},
    {"string", "text"},
    {"string", "text"},
    {"string", "text"},
    {"phone_number", "phonenumber"},
    {"string", "text"},
    {"string", "text"},
    {"string", "text"},
    {"string", "text"},
    {"string", "text"},
    {"string", "text"},
    {"string", "textarea"},
    {"string", "html"},
    {"string", "textarea"},
    {"string", "textarea"},
    {"string", "text"},
    {"number", "number"},
    {"number", "number"},
    {"number", "number"},
    {"number", "number"},
    {"date", "date"},
    {"date", "date"},
    {"datetime", "date"},
    {"datetime", "date"},
    {"bool", "booleancheckbox"},
    {"bool", "booleancheckbox"},
    {"enumeration", "select"},
    {"enumeration", "checkbox"},
    {"enumeration", "select"},
    {"json", "text"},
    {"object_coordinates", "text"},
    {"number", "calculation_equation"},
    {"datetime", "calculation_read_time"},
}};

}  // namespace

WireType WireTypeOf(ValueKind kind) {
  return kWireTypes[static_cast<size_t>(kind)];
}

ValueKind KindOf(std::string_view type, std::string_view field_type) {
  if (type == "number") return ValueKind::kDecimal;
  if (type == "date") return ValueKind::kDate;
  if (type == "datetime") return ValueKind::kInstant;
  if (type == "bool") return ValueKind::kBool;
  if (type == "enumeration") {
    return field_type == "checkbox" ? ValueKind::kChoices : ValueKind::kChoice;
  }
  if (type == "phone_number") return ValueKind::kPhone;
  if (type == "json") return ValueKind::kJson;
  if (type == "object_coordinates") return ValueKind::kCoordinates;
  return field_type == "textarea" ? ValueKind::kSentences : ValueKind::kWords;
}

}  // namespace simulated_portal
