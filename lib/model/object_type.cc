#include "model/object_type.h"

#include <array>

namespace hubmirror {
namespace {

struct Entry {
  std::string_view name;
  std::string_view type_id;
};

// https://developers.hubspot.com/docs/guides/crm/understanding-the-crm; in the order of names.
// Marketing events (0-54) are read by an API of their own.
constexpr std::array kTypes = {
    Entry{"appointments", "0-421"},
    Entry{"calls", "0-48"},
    Entry{"carts", "0-142"},
    Entry{"commerce_payments", "0-101"},
    Entry{"communications", "0-18"},
    Entry{"companies", "0-2"},
    Entry{"contacts", "0-1"},
    Entry{"courses", "0-410"},
    Entry{"deals", "0-3"},
    Entry{"discounts", "0-84"},
    Entry{"emails", "0-49"},
    Entry{"feedback_submissions", "0-19"},
    Entry{"fees", "0-85"},
    Entry{"goal_targets", "0-74"},
    Entry{"invoices", "0-53"},
    Entry{"leads", "0-136"},
    Entry{"line_items", "0-8"},
    Entry{"listings", "0-420"},
    Entry{"meetings", "0-47"},
    Entry{"notes", "0-46"},
    Entry{"orders", "0-123"},
    Entry{"postal_mail", "0-116"},
    Entry{"products", "0-7"},
    Entry{"projects", "0-970"},
    Entry{"quotes", "0-14"},
    Entry{"services", "0-162"},
    Entry{"subscriptions", "0-69"},
    Entry{"tasks", "0-27"},
    Entry{"taxes", "0-86"},
    Entry{"tickets", "0-5"},
    Entry{"users", "0-115"},
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

std::vector<std::string_view> ObjectTypeNames() {
  std::vector<std::string_view> names;
  for (const Entry& entry : kTypes) names.push_back(entry.name);
  return names;
}

}  // namespace hubmirror
