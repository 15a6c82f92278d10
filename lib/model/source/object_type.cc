#include "model/source/object_type.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace hubmirror {
namespace {

struct Entry {
  std::string_view name;
  std::string_view singular;
  std::string_view type_id;
  bool has_pipelines = false;
  bool holds_personal_data = false;
};

// https://developers.hubspot.com/docs/guides/crm/understanding-the-crm; in the order of names.
// Beside people, what was said with them and by them holds personal data.
// Marketing events (0-54) are read by an API of their own.
constexpr std::array kTypes = {
    Entry{"appointments", "appointment", "0-421", true},
    Entry{"calls", "call", "0-48", false, true},
    Entry{"carts", "cart", "0-142"},
    Entry{"commerce_payments", "commerce_payment", "0-101"},
    Entry{"communications", "communication", "0-18", false, true},
    Entry{"companies", "company", "0-2"},
    Entry{"contacts", "contact", "0-1", false, true},
    Entry{"courses", "course", "0-410", true},
    Entry{"deals", "deal", "0-3", true},
    Entry{"discounts", "discount", "0-84"},
    Entry{"emails", "email", "0-49", false, true},
    Entry{"feedback_submissions", "feedback_submission", "0-19", false, true},
    Entry{"fees", "fee", "0-85"},
    Entry{"goal_targets", "goal_target", "0-74"},
    Entry{"invoices", "invoice", "0-53"},
    Entry{"leads", "lead", "0-136", true},
    Entry{"line_items", "line_item", "0-8"},
    Entry{"listings", "listing", "0-420", true},
    Entry{"meetings", "meeting", "0-47", false, true},
    Entry{"notes", "note", "0-46", false, true},
    Entry{"orders", "order", "0-123", true},
    Entry{"postal_mail", "postal_mail", "0-116", false, true},
    Entry{"products", "product", "0-7"},
    Entry{"projects", "project", "0-970", true},
    Entry{"quotes", "quote", "0-14"},
    Entry{"services", "service", "0-162", true},
    Entry{"subscriptions", "subscription", "0-69"},
    Entry{"tasks", "task", "0-27", false, true},
    Entry{"taxes", "tax", "0-86"},
    Entry{"tickets", "ticket", "0-5", true},
    Entry{"users", "user", "0-115"},
};

// The table of a type that this list does not have: nobody here knows its name.
constexpr std::string_view kUnlistedName = "object_0_";
constexpr std::string_view kStandardId = "0-";
constexpr std::string_view kMarketingEvents = "0-54";

/// `999` of `0-999` or `object_0_999`; empty for anything else.
std::string_view UnlistedNumber(std::string_view name_or_id) {
  constexpr size_t kMostDigits = 9;
  for (const std::string_view prefix : {kStandardId, kUnlistedName}) {
    if (!name_or_id.starts_with(prefix)) continue;
    const std::string_view number = name_or_id.substr(prefix.size());
    const bool good = !number.empty() && number.size() <= kMostDigits && number[0] != '0' &&
                      std::all_of(number.begin(), number.end(), IsDigit);
    if (good) return number;
  }
  return {};
}

/// What holds for most types holds for it; where it has no pipelines HubSpot says so.
std::optional<ObjectType> UnlistedType(std::string_view name_or_id) {
  const std::string number(UnlistedNumber(name_or_id));
  const std::string id = std::string(kStandardId) + number;
  const bool listed = std::any_of(kTypes.begin(), kTypes.end(),
                                  [&](const Entry& entry) { return entry.type_id == id; });
  if (number.empty() || listed || id == kMarketingEvents) return std::nullopt;
  const std::string name = std::string(kUnlistedName) + number;
  return ObjectType{.name = name,
                    .singular = name,
                    .type_id = id,
                    .modified_property = "hs_lastmodifieddate",
                    .has_pipelines = true};
}

}  // namespace

bool ArchivesForGood(const ObjectType& type) {
  constexpr std::string_view kForGood[] = {"emails",   "calls",          "notes",
                                           "meetings", "communications", "postal_mail"};
  return std::ranges::find(kForGood, type.name) != std::end(kForGood);
}

std::optional<ObjectType> FindObjectType(std::string_view name_or_id) {
  for (const Entry& entry : kTypes) {
    if (entry.name != name_or_id && entry.type_id != name_or_id) continue;
    const bool contacts = entry.name == "contacts";
    return ObjectType{.name = std::string(entry.name),
                      .singular = std::string(entry.singular),
                      .type_id = std::string(entry.type_id),
                      .modified_property = contacts ? "lastmodifieddate" : "hs_lastmodifieddate",
                      .holds_personal_data = entry.holds_personal_data,
                      .has_pipelines = entry.has_pipelines};
  }
  return UnlistedType(name_or_id);
}

std::vector<std::string_view> ObjectTypeNames() {
  std::vector<std::string_view> names;
  names.reserve(kTypes.size());
  for (const Entry& entry : kTypes) names.push_back(entry.name);
  return names;
}

}  // namespace hubmirror
