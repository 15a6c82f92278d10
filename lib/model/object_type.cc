#include "model/object_type.h"

#include <array>

namespace hubmirror {
namespace {

struct Entry {
  std::string_view name;
  std::string_view type_id;
};

// https://developers.hubspot.com/docs/guides/crm/understanding-the-crm
constexpr std::array kTypes = {
    Entry{"companies", "0-2"}, Entry{"contacts", "0-1"}, Entry{"deals", "0-3"},
    Entry{"emails", "0-49"},   Entry{"tasks", "0-27"},   Entry{"tickets", "0-5"},
};

}  // namespace

std::optional<ObjectType> FindObjectType(std::string_view name_or_id) {
  for (const Entry& entry : kTypes) {
    if (entry.name != name_or_id && entry.type_id != name_or_id) continue;
    const bool contacts = entry.name == "contacts";
    return ObjectType{.name = std::string(entry.name),
                      .type_id = std::string(entry.type_id),
                      .modified_property = contacts ? "lastmodifieddate" : "hs_lastmodifieddate",
                      .holds_personal_data = contacts};
  }
  return std::nullopt;
}

std::string KnownObjectTypes() {
  std::string names;
  for (const Entry& entry : kTypes) {
    if (!names.empty()) names += ", ";
    names += entry.name;
  }
  return names;
}

}  // namespace hubmirror
