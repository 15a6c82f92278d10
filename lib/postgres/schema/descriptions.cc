#include "postgres/schema/descriptions.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "postgres/schema/live_view.h"

namespace hubmirror {
namespace {

struct Words {
  std::string_view column;
  std::string_view text;
};
struct TableWords {
  std::string_view table;
  std::span<const Words> columns;
  std::string_view text = {};  ///< where its layout step no longer says all of it
};

/// Columns that mean the same in every table a layout step makes.
constexpr Words kEverywhere[] = {
    {"only_row", "Always true: the table has one row"},
    {"object", "The object type, by the name of its table: contacts"},
    {"created_at", "When it was created in HubSpot"},
    {"updated_at", "When HubSpot says it was changed last"},
    {"archived", "HubSpot shows it as archived, or no longer"},
    {"archived_at", "When that was seen; HubSpot does not say when it was done"},
    {"_synced_at", "When the row was last written here"},
};

constexpr Words kPortal[] = {
    {"portal_id", "HubSpot's id of the account"},
    {"layout_version", "Which version of hubmirror's own tables stands here"},
    {"budget", "Requests made today, by HubSpot's day"},
};
constexpr Words kOwner[] = {
    {"instance", "The daemon, by the id it made for itself"},
    {"renewed_at", "When it was last here, to some seconds, by the server's clock"},
    {"epoch", "Which claim of this portal it is; a daemon whose claim is an older one is passive"},
};
constexpr Words kStreamState[] = {
    {"job", "catalog, changes, sweep, archived, links, ...; stream is the object as a whole"},
    {"state", "Of the job stream: backfilling, current, late, paused, blocked, ..."},
    {"reason", "Why it is in that state, in a word; NULL where there is no why"},
    {"cursor", "Where the job goes on; its own business"},
    {"verified_until", "Up to when, by HubSpot's clock, everything it showed is in the tables"},
    {"last_complete_at", "When the job last came to its end, by HubSpot's clock"},
    {"last_error", "What went wrong last"},
    {"last_error_at", "When that was"},
    {"rows_done", "How many records the round under way has done; of the job stream: live rows"},
    {"rows_expected", "How many it will have done at its end, as far as is known"},
    {"writes", "How often the job has written this row: shows that commits were lost"},
};
constexpr Words kPending[] = {
    {"id", "The record"},
    {"cause", "Why it waits: nominated, absent, unarchived, outrun, requested, unreadable"},
    {"nominated", "The change that must at least be seen, by its stamp"},
    {"absent_since", "When it was found neither live nor archived for the first time"},
    {"attempts", "How often it was looked at"},
    {"not_before", "Not looked at again before this, by HubSpot's clock"},
    {"added_at", "Since when it waits"},
};
constexpr Words kQuarantine[] = {
    {"id", "The record"},
    {"sqlstate", "PostgreSQL's code of the refusal"},
    {"reason", "Why it could not be written or read"},
    {"record", "The record as it was to be written; empty where HubSpot could not show it"},
    {"added_at", "Since when it is here"},
    {"attempts", "How often it was tried"},
};
constexpr Words kSeen[] = {
    {"id", "The record"},
    {"noted_at", "When the walk met it"},
};
constexpr Words kDue[] = {
    {"job", "Who is to look at it: links, history"},
    {"id", "The record"},
    {"since", "When it was written; later than now: when it is asked for again"},
};
constexpr Words kAccount[] = {
    {"portal_id", "HubSpot's id of the account"},
    {"account_type", "STANDARD, DEVELOPER_TEST, SANDBOX, APP_DEVELOPER"},
    {"time_zone", "The account's time zone by name: whose days its people mean"},
    {"utc_offset_ms", "How far it was from UTC when it was read, in milliseconds"},
    {"company_currency", "The currency that amounts in home currency are in"},
    {"additional_currencies", "Other currencies the account uses"},
    {"ui_domain", "Where its people work: app.hubspot.com"},
    {"data_hosting_location", "Where HubSpot keeps its data: na1, eu1"},
};
constexpr Words kProperties[] = {
    {"name", "HubSpot's name of the property"},
    {"position", "Its place among the properties of the object; never changes"},
    {"column_name", "Its name in the view <object>_live, and in the table if it has a column"},
    {"storage", "Where the values are: column, or overflow for the table's _overflow"},
    {"column_type", "PostgreSQL's type of the values"},
    {"state", "current, or filling while the values of older records are still being read"},
    {"blocked_by", "What keeps a column from coming or from changing its type"},
    {"type", "HubSpot's type: string, number, enumeration, datetime, ..."},
    {"field_type", "How HubSpot shows it in forms: text, select, checkbox, calculation_equation"},
    {"label", "What people call it"},
    {"group_name", "The group it is shown in: property_groups.name"},
    {"description", "What it is for, in HubSpot's or its maker's words"},
    {"data_sensitivity", "non_sensitive, sensitive or highly_sensitive"},
    {"referenced_object_type", "OWNER where the values are ids of owners"},
    {"calculated", "HubSpot calculates it; a new value moves no stamp of the record"},
    {"hubspot_defined", "HubSpot's own, not the account's"},
    {"external_options", "The values it may have are kept elsewhere, as owners are"},
    {"has_unique_value", "No two records have the same value"},
    {"hidden", "Not shown to people in HubSpot"},
    {"archived", "Archived in HubSpot: last values stay, but are no longer kept fresh"},
    {"excluded", "Left out by the configuration: not asked for, and its values are not kept"},
    {"hashed_with", "Where values are keyed hashes: tells one hash_key from another"},
    {"display_order", "Its place in lists of HubSpot, lowest first; -1: behind the others"},
    {"currency_property_name", "The property of the same record that names the currency"},
    {"show_currency_symbol", "Shown as money; in the account's currency where none is named"},
    {"number_display_hint",
     "How a number is shown: formatted, currency, percentage, duration, ..."},
    {"text_display_hint", "How a text is shown: multi_line, email, phone_number, ..."},
    {"date_display_hint", "How a date is shown: absolute, time_since, ..."},
};
constexpr Words kPropertyOptions[] = {
    {"property", "HubSpot's name of the property"},
    {"position", "Its place among the values, as HubSpot sends them"},
    {"value", "The value, as records have it"},
    {"label", "What people call it"},
    {"description", "What it is for"},
    {"display_order", "Its place when shown, lowest first; -1: behind the others"},
    {"hidden", "Not offered to people any more"},
};
constexpr Words kPropertyGroups[] = {
    {"name", "HubSpot's name of the group"},
    {"label", "What people call it"},
    {"display_order", "Its place when shown, lowest first; -1: behind the others"},
};
constexpr Words kAssociations[] = {
    {"from_type", "The object type on this side, by the name of its table"},
    {"from_id", "id of the record on this side"},
    {"to_type", "The object type on the other side"},
    {"to_id", "id of the record on the other side"},
    {"category", "HUBSPOT_DEFINED, USER_DEFINED or INTEGRATOR_DEFINED"},
    {"type_id", "HubSpot's id of the label in this direction, see association_labels"},
    {"label", "What people call the link; NULL: the link as such"},
    {"first_seen_at", "When the link was seen here first"},
    {"removed_at", "When it was seen to be gone; NULL: it stands"},
};
constexpr Words kAssociationLabels[] = {
    {"from_type", "The object type on this side, by the name of its table"},
    {"to_type", "The object type on the other side"},
    {"category", "HUBSPOT_DEFINED, USER_DEFINED or INTEGRATOR_DEFINED"},
    {"type_id", "HubSpot's id of the label in this direction"},
    {"label", "What people call the link; NULL: the link as such"},
};
constexpr Words kSchemaChanges[] = {
    {"number", "Counts the changes"},
    {"changed_at", "When it was made here"},
    {"change", "create_table, add_column, retype_column, archive, exclude, create_index, ..."},
    {"property", "HubSpot's name of the property it concerns"},
    {"column_name", "The column it concerns"},
    {"detail", "More in words: text to numeric"},
};
constexpr Words kObjectTypeWords[] = {
    {"type_id", "HubSpot's id of the type: 2-1234567"},
    {"object", "The name of its table, where it is mirrored"},
    {"name", "HubSpot's name of it within the account"},
    {"fully_qualified_name", "Its name with the account's: p1234567_pets"},
    {"label", "What people call one of them"},
    {"plural_label", "What people call several"},
    {"description", "What it is for, in its maker's words"},
    {"primary_display_property", "The property that people know a record by"},
};
constexpr Words kOwners[] = {
    {"id", "HubSpot's id: what hubspot_owner_id and its like hold"},
    {"user_id", "account_users.id of the person; NULL for deactivated ones"},
    {"user_id_including_inactive", "The same, for deactivated ones too"},
    {"email", "E-mail address"},
    {"first_name", "First name"},
    {"last_name", "Last name"},
    {"type", "PERSON or QUEUE"},
    {"teams", "Teams with id, name and whether it is the primary one"},
};
constexpr Words kTeams[] = {
    {"id", "HubSpot's id of the team"},
    {"name", "What people call it"},
    {"user_ids", "account_users.id of those whose primary team it is"},
    {"secondary_user_ids", "account_users.id of its other members"},
};
constexpr Words kAccountUsers[] = {
    {"id", "HubSpot's id of the user: owners.user_id"},
    {"email", "E-mail address"},
    {"first_name", "First name"},
    {"last_name", "Last name"},
    {"role_ids", "Ids of the roles"},
    {"primary_team_id", "teams.id of the primary team"},
    {"secondary_team_ids", "teams.id of the others"},
    {"super_admin", "May do everything in the account"},
};
constexpr Words kPipelines[] = {
    {"id", "HubSpot's id: what the property pipeline or hs_pipeline holds"},
    {"label", "What people call it"},
    {"display_order", "Its place when shown, lowest first"},
};
constexpr Words kPipelineStages[] = {
    {"pipeline_id", "pipelines.id of the pipeline it is in"},
    {"id", "HubSpot's id: what dealstage or hs_pipeline_stage holds; unique in its pipeline"},
    {"label", "What people call it"},
    {"display_order", "Its place in the pipeline, lowest first"},
    {"metadata", "As HubSpot sends it, texts all: isClosed and probability, ticketState"},
};
constexpr Words kLists[] = {
    {"id", "HubSpot's id of the list"},
    {"name", "What people call it"},
    {"object", "The table its members are in; NULL: not mirrored"},
    {"object_type_id", "The type of its members by HubSpot's id: 0-1"},
    {"processing_type", "MANUAL, DYNAMIC (by filters, kept up) or SNAPSHOT (by filters, once)"},
    {"processing_status", "COMPLETE, or how far HubSpot is with applying the filters"},
    {"list_version", "Counts the changes of its definition"},
    {"created_by_id", "account_users.id of who made it"},
    {"updated_by_id", "account_users.id of who changed it last"},
    {"filters_updated_at", "When its filters were changed last"},
    {"size", "How many members HubSpot counts"},
    {"folder_name", "The folder it is in"},
    {"reference_count", "How many places of the account use it, as HubSpot counts them"},
    {"last_record_added_at", "When a record last joined"},
    {"last_record_removed_at", "When a record last left"},
};
constexpr Words kListMemberships[] = {
    {"list_id", "lists.id"},
    {"record_id", "id of the member, in the table that lists.object names"},
    {"joined_at", "When it joined, by HubSpot"},
    {"left_at", "When it was seen to have left; NULL: it is a member"},
};
constexpr Words kMarketingEvents[] = {
    {"id", "HubSpot's id of the event"},
    {"event_name", "What it is called"},
    {"event_type", "WEBINAR, CONFERENCE, ..., as its maker has it"},
    {"event_organizer", "Who holds it"},
    {"event_description", "What it is about"},
    {"event_url", "Where people find it"},
    {"external_event_id", "Its id in the application it comes from"},
    {"event_status", "PAST, ONGOING, UPCOMING, CANCELLED"},
    {"event_cancelled", "It does not take place"},
    {"event_completed", "It has taken place"},
    {"start_date_time", "When it begins"},
    {"end_date_time", "When it ends"},
    {"registrants", "How many registered"},
    {"attendees", "How many came"},
    {"cancellations", "How many called off"},
    {"no_shows", "How many registered and did not come"},
    {"custom_properties", "What its application adds, as HubSpot sends it"},
};
constexpr Words kCurrencies[] = {
    {"id", "HubSpot's id of the rate"},
    {"currency", "The currency the rate is of: EUR"},
    {"company_currency", "The currency it leads to, the account's"},
    {"rate", "What one unit of currency is worth in company_currency"},
    {"effective_at", "From when on it holds"},
    {"visible", "Offered to people in HubSpot"},
};

constexpr TableWords kPortalTables[] = {
    {"_portal", kPortal},
    {"_owner", kOwner},
    {"_stream_state", kStreamState},
    {"_pending", kPending},
    {"_quarantine", kQuarantine,
     "Records the database refused, whole, and records that HubSpot fails to show, by their ids"},
    {"_seen", kSeen},
    {"_due", kDue},
    {"account", kAccount},
    {"properties", kProperties},
    {"property_options", kPropertyOptions},
    {"property_groups", kPropertyGroups},
    {"associations", kAssociations},
    {"association_labels", kAssociationLabels},
    {"schema_changes", kSchemaChanges},
    {"object_types", kObjectTypeWords},
    {"owners", kOwners},
    {"teams", kTeams},
    {"account_users", kAccountUsers},
    {"pipelines", kPipelines},
    {"pipeline_stages", kPipelineStages},
    {"lists", kLists},
    {"list_memberships", kListMemberships},
    {"marketing_events", kMarketingEvents},
    {"currencies", kCurrencies},
};

constexpr Words kLayout[] = {
    {"version", "Which version of hubmirror's own tables stands here"},
};
constexpr Words kPortals[] = {
    {"schema_name", "The schema that holds the portal"},
    {"portal", "Its key in the configuration"},
    {"portal_id", "HubSpot's id of the account"},
    {"joined_at", "When it came to this database"},
    {"unions", "Objects whose view in this schema shows the portal beside others"},
};
constexpr TableWords kCommonTables[] = {
    {"layout", kLayout},
    {"portals", kPortals},
};

constexpr Words kStatus[] = {
    {"portal", "The portal's key in the configuration"},
    {"object", "The object type, by the name of its table: contacts"},
    {"state", "backfilling, current, late, paused, blocked, suspicious, failing or passive"},
    {"reason", "Why it is in that state, in a word; NULL where there is no why"},
    {"verified_until", "Every change that HubSpot's search showed up to then is in the tables"},
    {"last_sweep_at", "When all live records were last walked through"},
    {"last_archived_at", "When all archived records were last walked through"},
    {"pending", "Records that are looked at by themselves before the mirror is sure of them"},
    {"quarantined", "Records that could not be written or read"},
    {"rows", "Live records in the table"},
    {"last_links_at", "When all links of the object were last read"},
    {"unproved",
     "Records that HubSpot shows neither as live nor as archived, while nothing has shown that it "
     "would show archived ones: left out of the live views, neither erased nor purged"},
};

/// The columns of an object's table that are no properties; its views have the first three.
constexpr Words kEnvelopeWords[] = {
    {"id", "HubSpot's id of the record"},
    {"created_at", "When the record was created, by HubSpot's clock"},
    {"updated_at", "When HubSpot says the record was changed last"},
    {"archived", "The record is in HubSpot's recycle bin"},
    {"archived_at", "Since when it is there"},
    {"merged_into", "The record that took this one in, the last of a chain of merges"},
    {"erased_at",
     "When a person, or what was said with one, was found to be gone; no more is left"},
    {"purged_at", "When a record was found to be gone for good; it keeps its last values"},
    {"_synced_at", "When the row was last written here"},
    {"_hash", "Tells equal from changed; of no use to queries"},
    {"_rejected", "Values as sent that do not fit the type of their column, by property"},
    {"_overflow", "Values of properties without a column, by property"},
};
constexpr size_t kEnvelopeOfViews = 3;

constexpr Words kHistory[] = {
    {"id", "HubSpot's id of the record"},
    {"property", "HubSpot's name of the property"},
    {"value", "As HubSpot sent it, whatever the type; NULL: it was cleared"},
    {"changed_at", "From when on it was the value, by HubSpot's clock"},
    {"source_type", "Where it came from: CRM_UI, IMPORT, CALCULATED, ..."},
    {"source_id", "More about that: userId:123"},
    {"updated_by", "HubSpot's id of the user who set it"},
};

void Add(std::span<const Words> words, Description& description) {
  for (const Words& one : words) description.columns.emplace_back(one.column, one.text);
}

std::vector<Description> DescribeTables(std::span<const TableWords> tables) {
  std::vector<Description> all;
  for (const TableWords& table : tables) {
    Description description{
        .relation = std::string(table.table), .text = std::string(table.text), .columns = {}};
    Add(table.columns, description);
    for (const Words& common : kEverywhere) {
      const auto is_it = [&common](const Words& own) { return own.column == common.column; };
      // What a table says itself counts.
      if (std::ranges::none_of(table.columns, is_it)) Add({&common, 1}, description);
    }
    all.push_back(std::move(description));
  }
  return all;
}

std::string TextOfView(const std::string& object, const std::string& view) {
  if (view.starts_with(object + "_readable")) {
    return "The same records as " + object +
           "_live, with the names of owners, pipelines, stages and options in place of their ids";
  }
  return "Those " + object + " that exist in HubSpot now, every property under its column name";
}

}  // namespace

std::vector<Description> DescribePortal() {
  return DescribeTables(kPortalTables);
}

std::vector<Description> DescribeCommon() {
  return DescribeTables(kCommonTables);
}

Description DescribeStatus() {
  Description description{.relation = "status",
                          .text = "Whether each mirrored object can be trusted, and as of when",
                          .columns = {}};
  Add(kStatus, description);
  return description;
}

Description DescribeHistory(const std::string& object) {
  Description description{.relation = object + "_history",
                          .text = "Every value the chosen properties had, each from changed_at on",
                          .columns = {}};
  Add(kHistory, description);
  return description;
}

std::string WordsOf(const PropertyDefinition& definition) {
  std::string words = definition.label.empty() ? definition.name : definition.label;
  if (!definition.description.empty()) words += ": " + definition.description;
  return words;
}

std::vector<Description> DescribeObject(const std::string& schema, const std::string& object,
                                        const std::vector<MirrorColumn>& columns) {
  Description table{.relation = object,
                    .text = "All " + object + " ever seen, archived, merged and erased ones too; " +
                            object + "_live has those that exist in HubSpot now",
                    .columns = {}};
  Add(kEnvelopeWords, table);
  for (const MirrorColumn& column : columns) {
    if (column.storage != Storage::kColumn) continue;
    table.columns.emplace_back(column.column_name, WordsOf(column.definition));
  }
  std::vector<Description> all = {std::move(table), DescribeHistory(object)};
  for (const LiveView& view : LiveViewsOf(schema, object, columns, {})) {
    Description description{
        .relation = view.name, .text = TextOfView(object, view.name), .columns = {}};
    Add(std::span(kEnvelopeWords).first(kEnvelopeOfViews), description);
    for (const MirrorColumn* column : view.columns) {
      description.columns.emplace_back(column->column_name, WordsOf(column->definition));
    }
    all.push_back(std::move(description));
  }
  return all;
}

}  // namespace hubmirror
