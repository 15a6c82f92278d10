#include "model/object_type.h"

#include <array>

namespace hubmirror {
namespace {

struct Entry {
  std::string_view name;
  std::string_view singular;
  std::string_view type_id;
  bool has_pipelines = false;
};

// https://developers.hubspot.com/docs/guides/crm/understanding-the-crm; in the order of names.
// Marketing events (0-54) are read by an API of their own.
constexpr std::array kTypes = {
    Entry{"appointments", "appointment", "0-421", true},
    Entry{"calls", "call", "0-48"},
    Entry{"carts", "cart", "0-142"},
    Entry{"commerce_payments", "commerce_payment", "0-101"},
    Entry{"communications", "communication", "0-18"},
    Entry{"companies", "company", "0-2"},
    Entry{"contacts", "contact", "0-1"},
    Entry{"courses", "course", "0-410", true},
    Entry{"deals", "deal", "0-3", true},
    Entry{"discounts", "discount", "0-84"},
    Entry{"emails", "email", "0-49"},
    Entry{"feedback_submissions", "feedback_submission", "0-19"},
    Entry{"fees", "fee", "0-85"},
    Entry{"goal_targets", "goal_target", "0-74"},
    Entry{"invoices", "invoice", "0-53"},
    Entry{"leads", "lead", "0-136", true},
    Entry{"line_items", "line_item", "0-8"},
    Entry{"listings", "listing", "0-420", true},
    Entry{"meetings", "meeting", "0-47"},
    Entry{"notes", "note", "0-46"},
    Entry{"orders", "order", "0-123", true},
    Entry{"postal_mail", "postal_mail", "0-116"},
    Entry{"products", "product", "0-7"},
    Entry{"projects", "project", "0-970", true},
    Entry{"quotes", "quote", "0-14"},
    Entry{"services", "service", "0-162", true},
    Entry{"subscriptions", "subscription", "0-69"},
    Entry{"tasks", "task", "0-27"},
    Entry{"taxes", "tax", "0-86"},
    Entry{"tickets", "ticket", "0-5", true},
    Entry{"users", "user", "0-115"},
};

}  // namespace

std::optional<ObjectType> FindObjectType(std::string_view name_or_id) {
  for (const Entry& entry : kTypes) {
    if (entry.name != name_or_id && entry.type_id != name_or_id) continue;
    const bool contacts = entry.name == "contacts";
    return ObjectType{.name = std::string(entry.name),
                      .singular = std::string(entry.singular),
                      .type_id = std::string(entry.type_id),
                      .modified_property = contacts ? "lastmodifieddate" : "hs_lastmodifieddate",
                      .holds_personal_data = contacts,
                      .has_pipelines = entry.has_pipelines};
  }
  return std::nullopt;
}

std::vector<std::string_view> ObjectTypeNames() {
  std::vector<std::string_view> names;
  names.reserve(kTypes.size());
  for (const Entry& entry : kTypes) names.push_back(entry.name);
  return names;
}

}  // namespace hubmirror
