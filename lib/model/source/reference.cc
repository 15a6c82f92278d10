#include "model/source/reference.h"

#include <array>

#include "base/check.h"

namespace hubmirror {
namespace {

using enum ReferenceType;
using Column = ReferenceColumn;

// https://developers.hubspot.com/docs/api-reference/crm-schemas-v3
constexpr std::array kTypeColumns = {
    Column{"type_id", "objectTypeId"},
    Column{"object", ""},
    Column{"name", "name"},
    Column{"fully_qualified_name", "fullyQualifiedName"},
    Column{"label", "labels.singular"},
    Column{"plural_label", "labels.plural"},
    Column{"description", "description"},
    Column{"primary_display_property", "primaryDisplayProperty"},
    Column{"created_at", "createdAt", kTime},
    Column{"updated_at", "updatedAt", kTime},
    Column{"required_properties", "requiredProperties", kJson},
};

// https://developers.hubspot.com/docs/api-reference/crm-owners-v3
constexpr std::array kOwnerColumns = {
    Column{"id", "id", kInteger},
    Column{"user_id", "userId", kInteger},
    Column{"user_id_including_inactive", "userIdIncludingInactive", kInteger},
    Column{"email", "email"},
    Column{"first_name", "firstName"},
    Column{"last_name", "lastName"},
    Column{"type", "type"},
    Column{"teams", "teams", kJson},
    Column{"created_at", "createdAt", kTime},
    Column{"updated_at", "updatedAt", kTime},
};

// https://developers.hubspot.com/docs/api-reference/settings-user-provisioning-v3
constexpr std::array kTeamColumns = {
    Column{"id", "id", kInteger},
    Column{"name", "name"},
    Column{"user_ids", "userIds", kJson},
    Column{"secondary_user_ids", "secondaryUserIds", kJson},
};
constexpr std::array kUserColumns = {
    Column{"id", "id", kInteger},
    Column{"email", "email"},
    Column{"first_name", "firstName"},
    Column{"last_name", "lastName"},
    Column{"role_ids", "roleIds", kJson},
    Column{"primary_team_id", "primaryTeamId", kInteger},
    Column{"secondary_team_ids", "secondaryTeamIds", kJson},
    Column{"super_admin", "superAdmin", kFlag},
};

// https://developers.hubspot.com/docs/api-reference/crm-pipelines-v3
constexpr std::array kPipelineColumns = {
    Column{"object", ""},
    Column{"id", "id"},
    Column{"label", "label"},
    Column{"display_order", "displayOrder", kInteger},
    Column{"created_at", "createdAt", kTime},
    Column{"updated_at", "updatedAt", kTime},
};
constexpr std::array kStageColumns = {
    Column{"object", ""},
    Column{"pipeline_id", ""},
    Column{"id", "id"},
    Column{"label", "label"},
    Column{"display_order", "displayOrder", kInteger},
    Column{"metadata", "metadata", kJson},
    Column{"created_at", "createdAt", kTime},
    Column{"updated_at", "updatedAt", kTime},
};

// https://developers.hubspot.com/docs/api-reference/crm-lists-v3
constexpr std::array kListColumns = {
    Column{"id", "listId", kInteger},
    Column{"name", "name"},
    Column{"object_type_id", "objectTypeId"},
    Column{"processing_type", "processingType"},
    Column{"processing_status", "processingStatus"},
    Column{"list_version", "listVersion", kInteger},
    Column{"created_by_id", "createdById", kInteger},
    Column{"updated_by_id", "updatedById", kInteger},
    Column{"created_at", "createdAt", kTime},
    Column{"updated_at", "updatedAt", kTime},
    Column{"filters_updated_at", "filtersUpdatedAt", kTime},
    Column{"size", "additionalProperties.hs_list_size", kInteger},
    Column{"folder_name", "additionalProperties.hs_folder_name"},
    Column{"reference_count", "additionalProperties.hs_list_reference_count", kInteger},
    Column{"last_record_added_at", "additionalProperties.hs_last_record_added_at", kTime},
    Column{"last_record_removed_at", "additionalProperties.hs_last_record_removed_at", kTime},
};
constexpr std::array kMembershipColumns = {
    Column{"list_id", "", kInteger},
    Column{"record_id", "recordId", kInteger},
    Column{"joined_at", "membershipTimestamp", kTime},
};

// https://developers.hubspot.com/docs/api-reference/marketing-marketing-events-v3
constexpr std::array kEventColumns = {
    Column{"id", "objectId", kInteger},
    Column{"event_name", "eventName"},
    Column{"event_type", "eventType"},
    Column{"event_organizer", "eventOrganizer"},
    Column{"event_description", "eventDescription"},
    Column{"event_url", "eventUrl"},
    Column{"external_event_id", "externalEventId"},
    Column{"event_status", "eventStatus"},
    Column{"event_cancelled", "eventCancelled", kFlag},
    Column{"event_completed", "eventCompleted", kFlag},
    Column{"start_date_time", "startDateTime", kTime},
    Column{"end_date_time", "endDateTime", kTime},
    Column{"registrants", "registrants", kInteger},
    Column{"attendees", "attendees", kInteger},
    Column{"cancellations", "cancellations", kInteger},
    Column{"no_shows", "noShows", kInteger},
    Column{"custom_properties", "customProperties", kJson},
    Column{"created_at", "createdAt", kTime},
    Column{"updated_at", "updatedAt", kTime},
};

// https://developers.hubspot.com/docs/api-reference/latest/account/settings/multicurrency/guide
constexpr std::array kCurrencyColumns = {
    Column{"id", "id"},
    Column{"currency", "fromCurrencyCode"},
    Column{"company_currency", "toCurrencyCode"},
    Column{"rate", "conversionRate", kDecimal},
    Column{"effective_at", "effectiveAt", kTime},
    Column{"visible", "visibleInUI", kFlag},
    Column{"created_at", "createdAt", kTime},
    Column{"updated_at", "updatedAt", kTime},
};

const std::array<ReferenceTable, kReferenceKinds> kTables = {{
    {ReferenceKind::kObjectTypes, "object_types", 1, "archived_at", kTypeColumns},
    {ReferenceKind::kOwners, "owners", 1, "archived_at", kOwnerColumns},
    {ReferenceKind::kTeams, "teams", 1, "archived_at", kTeamColumns},
    {ReferenceKind::kAccountUsers, "account_users", 1, "archived_at", kUserColumns},
    {ReferenceKind::kPipelines, "pipelines", 2, "archived_at", kPipelineColumns},
    {ReferenceKind::kPipelineStages, "pipeline_stages", 3, "archived_at", kStageColumns},
    {ReferenceKind::kLists, "lists", 1, "archived_at", kListColumns},
    {ReferenceKind::kListMemberships, "list_memberships", 2, "left_at", kMembershipColumns},
    {ReferenceKind::kMarketingEvents, "marketing_events", 1, "archived_at", kEventColumns},
    {ReferenceKind::kCurrencies, "currencies", 1, "archived_at", kCurrencyColumns},
}};

}  // namespace

const ReferenceTable& TableOf(ReferenceKind kind) {
  const ReferenceTable& table = kTables[static_cast<size_t>(kind)];
  CHECK_THAT(table.kind == kind);
  return table;
}

size_t PageLimit(ReferenceKind kind) {
  switch (kind) {
    case ReferenceKind::kOwners:
    case ReferenceKind::kAccountUsers:
    case ReferenceKind::kMarketingEvents:
    case ReferenceKind::kCurrencies:
      return 100;
    case ReferenceKind::kLists:
      return 500;
    case ReferenceKind::kListMemberships:
      return 250;
    case ReferenceKind::kObjectTypes:
    case ReferenceKind::kTeams:
    case ReferenceKind::kPipelines:
    case ReferenceKind::kPipelineStages:
      return 0;
  }
  return 0;
}

}  // namespace hubmirror
