#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace simulated_portal {

using RecordId = int64_t;
using PortalId = int64_t;

/// One of the six object types a simulated portal holds, with what HubSpot fixes for each.
struct ObjectType {
  std::string_view name;           ///< as in paths: `contacts`
  std::string_view singular;       ///< `contact`
  std::string_view type_id;        ///< `0-1`
  std::string_view modified;       ///< the property that search filters changes by
  std::string_view created;        ///< `createdate`; engagements: `hs_createdate`
  std::string_view read_scope;     ///< scope without which reading answers 403
  std::string_view default_names;  ///< properties of an answer when none were asked for
  size_t default_properties;       ///< how many definitions a portal has
  double share;                    ///< of the records of a plain portal
};

constexpr std::array<ObjectType, 6> kObjectTypes = {{
    {"contacts", "contact", "0-1", "lastmodifieddate", "createdate", "crm.objects.contacts.read",
     "createdate,email,firstname,hs_object_id,lastmodifieddate,lastname", 250, 0.60},
    {"companies", "company", "0-2", "hs_lastmodifieddate", "createdate",
     "crm.objects.companies.read", "name,domain,createdate,hs_lastmodifieddate,hs_object_id", 120,
     0.14},
    {"deals", "deal", "0-3", "hs_lastmodifieddate", "createdate", "crm.objects.deals.read",
     "amount,closedate,createdate,dealname,dealstage,hs_lastmodifieddate,hs_object_id,pipeline",
     110, 0.10},
    {"emails", "email", "0-49", "hs_lastmodifieddate", "hs_createdate", "crm.objects.contacts.read",
     "hs_createdate,hs_lastmodifieddate,hs_object_id", 60, 0.08},
    {"tickets", "ticket", "0-5", "hs_lastmodifieddate", "createdate", "tickets",
     "subject,content,hs_pipeline,hs_pipeline_stage,hs_ticket_priority,hs_ticket_category,"
     "createdate,hs_lastmodifieddate,hs_object_id",
     90, 0.04},
    {"tasks", "task", "0-27", "hs_lastmodifieddate", "hs_createdate", "crm.objects.contacts.read",
     "hs_createdate,hs_lastmodifieddate,hs_object_id", 50, 0.04},
}};

constexpr size_t kContacts = 0;
constexpr size_t kEmails = 3;

/// The index in kObjectTypes of a path name, singular or type id; kObjectTypes.size() for none.
constexpr size_t FindObjectType(std::string_view name) {
  for (size_t i = 0; i < kObjectTypes.size(); ++i) {
    const ObjectType& type = kObjectTypes[i];
    if (name == type.name || name == type.singular || name == type.type_id) return i;
  }
  return kObjectTypes.size();
}

}  // namespace simulated_portal
