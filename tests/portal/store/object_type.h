#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace simulated_portal {

using RecordId = int64_t;
using PortalId = int64_t;

/// One of the object types a simulated portal holds, with what HubSpot fixes for each.
struct ObjectType {
  std::string_view name;              ///< as in paths: `contacts`
  std::string_view singular;          ///< `contact`
  std::string_view type_id;           ///< `0-1`
  std::string_view modified;          ///< the property that search filters changes by
  std::string_view created;           ///< `createdate`; engagements: `hs_createdate`
  std::string_view read_scope;        ///< scope without which reading answers 403
  std::string_view default_names;     ///< properties of an answer when none were asked for
  size_t default_properties;          ///< how many definitions a portal has
  double share;                       ///< of the records of a plain portal
  bool in_search_table = true;        ///< whether HubSpot's documentation says it can be searched
  std::string_view schema_name = {};  ///< of a custom type: as its portal calls it
};

constexpr std::string_view kContactsScope = "crm.objects.contacts.read";

constexpr ObjectType Other(std::string_view name, std::string_view singular,
                           std::string_view type_id, std::string_view read_scope,
                           std::string_view created = "hs_createdate") {
  return {name,
          singular,
          type_id,
          "hs_lastmodifieddate",
          created,
          read_scope,
          "hs_object_id,hs_lastmodifieddate",
          40,
          0};
}

constexpr ObjectType Unlisted(ObjectType type) {
  type.in_search_table = false;
  return type;
}

/// `name` is that of the mirror's table, which the truth is asked for by.
constexpr ObjectType Custom(std::string_view name, std::string_view schema_name,
                            std::string_view type_id) {
  ObjectType type = Other(name, name, type_id, "crm.objects.custom.read");
  type.schema_name = schema_name;
  return type;
}

/// The six that a plain portal has records of come first; the others have some when a scenario
/// says so.
constexpr std::array kObjectTypes = {
    ObjectType{"contacts", "contact", "0-1", "lastmodifieddate", "createdate",
               "crm.objects.contacts.read",
               "createdate,email,firstname,hs_object_id,lastmodifieddate,lastname", 250, 0.60},
    ObjectType{"companies", "company", "0-2", "hs_lastmodifieddate", "createdate",
               "crm.objects.companies.read",
               "name,domain,createdate,hs_lastmodifieddate,hs_object_id", 120, 0.14},
    ObjectType{"deals", "deal", "0-3", "hs_lastmodifieddate", "createdate",
               "crm.objects.deals.read",
               "amount,closedate,createdate,dealname,dealstage,hs_lastmodifieddate,hs_object_id,"
               "pipeline",
               110, 0.10},
    ObjectType{"emails", "email", "0-49", "hs_lastmodifieddate", "hs_createdate",
               "crm.objects.contacts.read", "hs_createdate,hs_lastmodifieddate,hs_object_id", 60,
               0.08},
    ObjectType{"tickets", "ticket", "0-5", "hs_lastmodifieddate", "createdate", "tickets",
               "subject,content,hs_pipeline,hs_pipeline_stage,hs_ticket_priority,"
               "hs_ticket_category,createdate,hs_lastmodifieddate,hs_object_id",
               90, 0.04},
    ObjectType{"tasks", "task", "0-27", "hs_lastmodifieddate", "hs_createdate",
               "crm.objects.contacts.read", "hs_createdate,hs_lastmodifieddate,hs_object_id", 50,
               0.04},
    Other("products", "product", "0-7", "crm.objects.products.read", "createdate"),
    Other("line_items", "line_item", "0-8", "crm.objects.line_items.read", "createdate"),
    Other("quotes", "quote", "0-14", "crm.objects.quotes.read"),
    Unlisted(Other("communications", "communication", "0-18", kContactsScope)),
    Other("feedback_submissions", "feedback_submission", "0-19",
          "crm.objects.feedback_submissions.read"),
    Other("notes", "note", "0-46", kContactsScope),
    Other("meetings", "meeting", "0-47", kContactsScope),
    Other("calls", "call", "0-48", kContactsScope),
    Other("invoices", "invoice", "0-53", "crm.objects.invoices.read"),
    Other("subscriptions", "subscription", "0-69", "crm.objects.subscriptions.read"),
    Unlisted(Other("goal_targets", "goal_target", "0-74", "crm.objects.goals.read")),
    Other("discounts", "discount", "0-84", "crm.objects.discounts.read"),
    Other("fees", "fee", "0-85", "crm.objects.fees.read"),
    Other("taxes", "tax", "0-86", "crm.objects.taxes.read"),
    Other("commerce_payments", "commerce_payment", "0-101", "crm.objects.commerce_payments.read"),
    Unlisted(Other("users", "user", "0-115", "crm.objects.users.read")),
    Unlisted(Other("postal_mail", "postal_mail", "0-116", kContactsScope)),
    Other("orders", "order", "0-123", "crm.objects.orders.read"),
    Other("leads", "lead", "0-136", "crm.objects.leads.read"),
    Other("carts", "cart", "0-142", "crm.objects.carts.read"),
    Unlisted(Other("services", "service", "0-162", "crm.objects.services.read")),
    Unlisted(Other("courses", "course", "0-410", "crm.objects.courses.read")),
    Unlisted(Other("listings", "listing", "0-420", "crm.objects.listings.read")),
    Unlisted(Other("appointments", "appointment", "0-421", "crm.objects.appointments.read")),
    Unlisted(Other("projects", "project", "0-970", "crm.objects.projects.read")),
    // Newer than any list that the mirror could have; its path is its id.
    Other("object_0_999", "0-999", "0-999", "crm.objects.novelties.read"),
    Custom("pets", "Pets", "2-1001"),
    // Named like a standard type.
    Custom("orders_2_1002", "orders", "2-1002"),
};

constexpr size_t kContacts = 0;
constexpr size_t kEmails = 3;

/// `p1234567_pets` without what stands before the name; "" for anything else.
constexpr std::string_view SchemaName(std::string_view full_name) {
  const size_t end = full_name.find('_');
  if (!full_name.starts_with('p') || end == std::string_view::npos || end < 2) return {};
  for (const char c : full_name.substr(1, end - 1)) {
    if (c < '0' || c > '9') return {};
  }
  return full_name.substr(end + 1);
}

/// The index in kObjectTypes of a path name, singular, type id or a custom type's full name;
/// kObjectTypes.size() for none.
constexpr size_t FindObjectType(std::string_view name) {
  for (size_t i = 0; i < kObjectTypes.size(); ++i) {
    const ObjectType& type = kObjectTypes[i];
    if (!type.schema_name.empty() && SchemaName(name) == type.schema_name) return i;
    if (name == type.name || name == type.singular || name == type.type_id) return i;
  }
  return kObjectTypes.size();
}

}  // namespace simulated_portal
