#include "postgres/schema/descriptions.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "postgres/schema/live_view.h"
#include "postgres/schema/outbox_words.h"

namespace hubmirror {
namespace {

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
    {"updated_at", "When it was last changed, by HubSpot's clock"},
    {"archived", "HubSpot shows it as archived, or no longer shows it"},
    {"archived_at", "When that was noticed here; HubSpot does not say when it happened"},
    {"_synced_at", "When the row was last written here"},
};

constexpr Words kPortal[] = {
    {"portal_id", "HubSpot's id of the account"},
    {"layout_version", "The layout version of hubmirror's own tables"},
    {"budget", "Requests made today, counted by HubSpot's day"},
    {"feed_claim", "The last claim, as _owner counts them, that found the change feed switched on"},
    {"write_layout", "The layout version of the tables for writing back; 0: there are none"},
};
constexpr Words kOwner[] = {
    {"instance", "The id that the daemon gave itself"},
    {"renewed_at", "When the daemon last renewed its claim, within seconds, by the server's clock"},
    {"epoch", "The number of its claim on this portal; a daemon with an older claim is passive"},
};
constexpr Words kStreamState[] = {
    {"job",
     "catalog, changes, sweep, archived, links, ...; stream stands for the object as a whole"},
    {"state", "For the job stream: backfilling, current, late, paused, blocked, ..."},
    {"reason", "Why it is in that state, in a word; NULL where there is no why"},
    {"cursor", "Where the job continues; internal"},
    {"verified_until", "Everything that HubSpot showed up to then, by its clock, is in the tables"},
    {"last_complete_at", "When the job last completed, by HubSpot's clock"},
    {"last_error", "What last went wrong"},
    {"last_error_at", "When that was"},
    {"rows_done", "Records done in the current round; for the job stream: live rows"},
    {"rows_expected", "Records expected in the whole round, as far as known"},
    {"writes", "How often the job has written this row; reveals lost commits"},
};
constexpr Words kPending[] = {
    {"id", "The record"},
    {"cause", "Why it is waiting: nominated, absent, unarchived, outrun, requested, unreadable"},
    {"nominated",
     "The stamp of the change that must be seen before the record can leave this table"},
    {"absent_since", "When it was first found to be neither live nor archived"},
    {"attempts", "How often it has been checked"},
    {"not_before", "Not checked again before then, by HubSpot's clock"},
    {"added_at", "When it was put here"},
};
constexpr Words kQuarantine[] = {
    {"id", "The record"},
    {"sqlstate", "The error code with which PostgreSQL refused it"},
    {"reason", "Why it could not be written or read"},
    {"record", "The record as it should have been written; empty if HubSpot could not show it"},
    {"added_at", "When it was put here"},
    {"attempts", "How often it has been tried"},
};
constexpr Words kSeen[] = {
    {"id", "The record"},
    {"noted_at", "When the walk came across it"},
};
constexpr Words kDue[] = {
    {"job", "The job that must follow it up: links, history; erasure of a row of outbox"},
    {"id", "The record, or the row of outbox"},
    {"since", "When it was written; if in the future, when it is asked for again"},
};
constexpr Words kAccount[] = {
    {"portal_id", "HubSpot's id of the account"},
    {"account_type", "STANDARD, DEVELOPER_TEST, SANDBOX, APP_DEVELOPER"},
    {"time_zone", "The account's time zone by name, in which its users think of days"},
    {"utc_offset_ms", "Its offset from UTC when it was read, in milliseconds"},
    {"company_currency", "The currency of amounts in home currency"},
    {"additional_currencies", "Other currencies that the account uses"},
    {"ui_domain", "The host at which its users work: app.hubspot.com"},
    {"data_hosting_location", "The region in which HubSpot keeps its data: na1, eu1"},
};
constexpr Words kProperties[] = {
    {"name", "HubSpot's name of the property"},
    {"position", "Its place among the properties of the object; never changes"},
    {"column_name", "Its name in the view <object>_live, and in the table if it has a column"},
    {"storage", "Where the values are: column, or overflow for the table's _overflow"},
    {"column_type", "PostgreSQL's type of the values"},
    {"state", "current, or filling while the values of older records are still being read"},
    {"blocked_by", "What prevents the column from being added or from changing its type"},
    {"type", "HubSpot's type: string, number, enumeration, datetime, ..."},
    {"field_type", "How forms in HubSpot show it: text, select, checkbox, calculation_equation"},
    {"label", "What people call it"},
    {"group_name", "The group in which it is shown: property_groups.name"},
    {"description", "What it is for, in the words of HubSpot or of whoever created it"},
    {"data_sensitivity", "non_sensitive, sensitive or highly_sensitive"},
    {"referenced_object_type", "OWNER where the values are ids of owners"},
    {"calculated", "Calculated by HubSpot; a new value does not change the record's updated_at"},
    {"hubspot_defined", "Defined by HubSpot, not by the account"},
    {"external_options", "Its possible values are kept elsewhere, as those of owners are"},
    {"has_unique_value", "No two records have the same value"},
    {"hidden", "Hidden from users in HubSpot"},
    {"archived", "Archived in HubSpot: the last values stay, but are no longer updated"},
    {"excluded", "Left out by the configuration: not requested, and without values here"},
    {"hashed_with", "Set if the values are keyed hashes; changes with the hash_key"},
    {"display_order", "Its place in HubSpot's lists, lowest first; -1: after all others"},
    {"currency_property_name",
     "The property of the same record that names the currency of an amount"},
    {"show_currency_symbol", "Shown as money, in the account's currency unless another is named"},
    {"number_display_hint",
     "How a number is shown: formatted, currency, percentage, duration, ..."},
    {"text_display_hint", "How a text is shown: multi_line, email, phone_number, ..."},
    {"date_display_hint", "How a date is shown: absolute, time_since, ..."},
    {"created_at", "When it was made in HubSpot; a later one: it was deleted and made anew"},
};
constexpr Words kPropertyOptions[] = {
    {"property", "HubSpot's name of the property"},
    {"position", "Its place among the values, in the order in which HubSpot sends them"},
    {"value", "The value, as it appears in records"},
    {"label", "What people call it"},
    {"description", "What it is for"},
    {"display_order", "Its place when shown, lowest first; -1: behind the others"},
    {"hidden", "No longer offered to users"},
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
    {"type_id", "HubSpot's id of the label in this direction; see association_labels"},
    {"label", "What people call the link; NULL: the link as such"},
    {"first_seen_at", "When the link was first seen here"},
    {"removed_at", "When it was seen to be gone; NULL: it still exists"},
};
constexpr Words kAssociationLabels[] = {
    {"from_type", "The object type on this side, by the name of its table"},
    {"to_type", "The object type on the other side"},
    {"category", "HUBSPOT_DEFINED, USER_DEFINED or INTEGRATOR_DEFINED"},
    {"type_id", "HubSpot's id of the label in this direction"},
    {"label", "What people call the link; NULL: the link as such"},
};
constexpr Words kSchemaChanges[] = {
    {"number", "The number of the change, counting from 1"},
    {"changed_at", "When the change was made here"},
    {"change", "create_table, add_column, retype_column, archive, exclude, create_index, ..."},
    {"property", "HubSpot's name of the property it concerns"},
    {"column_name", "The column it concerns"},
    {"detail", "An explanation: text to numeric"},
};
constexpr Words kObjectTypeWords[] = {
    {"type_id", "HubSpot's id of the type: 2-1234567"},
    {"object", "The name of its table, if it is mirrored"},
    {"name", "Its name within the account"},
    {"fully_qualified_name", "Its name with the account's id: p1234567_pets"},
    {"label", "What people call one of them"},
    {"plural_label", "What people call several of them"},
    {"description", "What it is for, in the words of whoever created it"},
    {"primary_display_property", "The property by which people know a record"},
    {"required_properties", "A JSON list of properties without which no record can be made"},
};
constexpr Words kOwners[] = {
    {"id", "HubSpot's id, as in hubspot_owner_id and similar properties"},
    {"user_id", "account_users.id of the person; NULL if deactivated"},
    {"user_id_including_inactive", "The same, also for deactivated people"},
    {"email", "E-mail address"},
    {"first_name", "First name"},
    {"last_name", "Last name"},
    {"type", "PERSON or QUEUE"},
    {"teams", "Their teams: id, name and whether it is the primary one"},
};
constexpr Words kTeams[] = {
    {"id", "HubSpot's id of the team"},
    {"name", "What people call it"},
    {"user_ids", "account_users.id of the members whose primary team it is"},
    {"secondary_user_ids", "account_users.id of the other members"},
};
constexpr Words kAccountUsers[] = {
    {"id", "HubSpot's id of the user: owners.user_id"},
    {"email", "E-mail address"},
    {"first_name", "First name"},
    {"last_name", "Last name"},
    {"role_ids", "The ids of their roles"},
    {"primary_team_id", "teams.id of their primary team"},
    {"secondary_team_ids", "teams.id of their other teams"},
    {"super_admin", "May do anything in the account"},
};
constexpr Words kPipelines[] = {
    {"id", "HubSpot's id, as in the property pipeline or hs_pipeline"},
    {"label", "What people call it"},
    {"display_order", "Its place when shown, lowest first"},
};
constexpr Words kPipelineStages[] = {
    {"pipeline_id", "pipelines.id of its pipeline"},
    {"id", "HubSpot's id, as in dealstage or hs_pipeline_stage; unique within its pipeline"},
    {"label", "What people call it"},
    {"display_order", "Its place in the pipeline, lowest first"},
    {"metadata", "As HubSpot sends it, all as text: isClosed and probability, ticketState"},
};
constexpr Words kLists[] = {
    {"id", "HubSpot's id of the list"},
    {"name", "What people call it"},
    {"object", "The table of its members; NULL: not mirrored"},
    {"object_type_id", "The type of its members by HubSpot's id: 0-1"},
    {"processing_type",
     "MANUAL, DYNAMIC (filters, applied all the time) or SNAPSHOT (filters, applied once)"},
    {"processing_status", "COMPLETE, or how far HubSpot has come in applying the filters"},
    {"list_version", "The version of its definition"},
    {"created_by_id", "account_users.id of whoever created it"},
    {"updated_by_id", "account_users.id of whoever last changed it"},
    {"filters_updated_at", "When its filters were last changed"},
    {"size", "The number of its members, as counted by HubSpot"},
    {"folder_name", "The folder that contains it"},
    {"reference_count", "How many places in the account use it, as counted by HubSpot"},
    {"last_record_added_at", "When a record last joined"},
    {"last_record_removed_at", "When a record last left"},
};
constexpr Words kListMemberships[] = {
    {"list_id", "lists.id"},
    {"record_id", "The id of the member, in the table named by lists.object"},
    {"joined_at", "When it joined, as told by HubSpot"},
    {"left_at", "When it was seen to have left; NULL: it is still a member"},
};
constexpr Words kMarketingEvents[] = {
    {"id", "HubSpot's id of the event"},
    {"event_name", "What it is called"},
    {"event_type", "WEBINAR, CONFERENCE, ..., as given by its application"},
    {"event_organizer", "Who holds it"},
    {"event_description", "What it is about"},
    {"event_url", "Its page on the web"},
    {"external_event_id", "Its id in the application that it comes from"},
    {"event_status", "PAST, ONGOING, UPCOMING, CANCELLED"},
    {"event_cancelled", "It was cancelled"},
    {"event_completed", "It has taken place"},
    {"start_date_time", "When it begins"},
    {"end_date_time", "When it ends"},
    {"registrants", "How many registered"},
    {"attendees", "How many came"},
    {"cancellations", "How many cancelled"},
    {"no_shows", "How many registered but did not come"},
    {"custom_properties", "Whatever its application adds, as HubSpot sends it"},
};
constexpr Words kCurrencies[] = {
    {"id", "HubSpot's id of the rate"},
    {"currency", "The currency that is converted: EUR"},
    {"company_currency", "The account's currency, into which it is converted"},
    {"rate", "The worth of one unit of currency in company_currency"},
    {"effective_at", "The time from which it applies"},
    {"visible", "Offered to users in HubSpot"},
};

constexpr Words kChanges[] = {
    {"seq", "The number of the entry: it rises in the order in which changes were committed here"},
    {"tx", "The seq of the first entry of the same commit"},
    {"at", "When the entry was written, by the server's clock"},
    {"object", "The object type, by the name of its table; NULL: an epoch"},
    {"id", "HubSpot's id of the record; NULL: an epoch, or all records of the object (loaded)"},
    {"op",
     "create, seen, update, archive, restore, merge, purge, erase, link, unlink, relabel, epoch or "
     "loaded"},
    {"to_object", "The object type at the other end of a link"},
    {"to_id", "The record at the other end of a link; of a merge, the survivor"},
    {"pipeline", "The pipeline that the record is in after the change"},
    {"changed_at", "When the record was changed, by HubSpot's clock; NULL: HubSpot does not say"},
    {"before", "The values that the changed properties had, as text, by HubSpot's name"},
    {"after", "The values that the changed properties got, as text, by HubSpot's name"},
    {"cause", "The job that saw the change: changes, sweep, archived, resolve, links, ..."},
    {"origin", "Who made the change: hubspot, own (what was written from here), or mixed"},
    {"outbox_ids", "What was written from here and made the change"},
};
constexpr Words kFeed[] = {
    {"dropped_to", "The highest seq that has been dropped, or is about to be"},
    {"raised_at", "When dropped_to last rose; an hour later at the earliest, entries go"},
};
constexpr Words kFeedConsumers[] = {
    {"name", "The name of the consumer"},
    {"seq", "It has worked on all entries up to this one"},
    {"created_at", "When it was started"},
    {"acked_at", "When it last said how far it is"},
};
constexpr Words kStageChanges[] = {
    {"seq", "The number of the entry in changes"},
    {"at", "When the entry was written, by the server's clock"},
    {"changed_at", "When the record was changed, by HubSpot's clock"},
    {"id", "HubSpot's id of the record"},
    {"pipeline", "pipelines.id of its pipeline, after the change"},
    {"from_stage", "pipeline_stages.id of the stage that it left; NULL: none, or not known"},
    {"to_stage", "pipeline_stages.id of the stage that it came to; NULL: none"},
    {"from_label", "What people call the stage that it left; NULL: the stage is gone"},
    {"to_label", "What people call the stage that it came to; NULL: the stage is gone"},
    {"origin", "Who made the change: hubspot, own (what was written from here), or mixed"},
};

constexpr Words kWebhook[] = {
    {"name", "The name of the webhook, as the configuration has it"},
    {"seq", "Its receiver has been told of all entries up to this one"},
    {"state", "on, or stopped: then nothing is sent"},
    {"reason", "Why it is stopped, or what the last request ran into; NULL: all is well"},
    {"failures", "Requests in a row that the receiver did not take for a reason of its own"},
    {"failing_since", "When the first of them was sent"},
    {"refusals", "How often the entry after seq was refused"},
    {"refused_since", "When it was refused first"},
    {"dead_in_row", "Entries given up since one was taken"},
    {"delivered_at", "When the receiver last took something"},
    {"moves", "How often a person started it or moved its number"},
    {"created_at", "When it was first seen in the configuration"},
};
constexpr Words kWebhookDead[] = {
    {"webhook", "The name of the webhook"},
    {"seq", "The number of the entry in changes"},
    {"attempts", "How often it was sent alone and refused"},
    {"status", "The HTTP status of the last answer"},
    {"reason", "The last answer in words, never what it said"},
    {"first_at", "When it was refused first"},
    {"last_at", "When it was refused last"},
};

constexpr TableWords kPortalTables[] = {
    {"_portal", kPortal},
    {"_owner", kOwner},
    {"_stream_state", kStreamState},
    {"_pending", kPending,
     "Records that must be checked one by one before the mirror is sure of them"},
    {"_quarantine", kQuarantine,
     "Records that the database refused, whole, and records that HubSpot fails to show, by id "
     "only"},
    {"_seen", kSeen},
    {"_due", kDue, "Records that a job must follow up soon, because they were written"},
    {"account", kAccount},
    {"properties", kProperties},
    {"property_options", kPropertyOptions},
    {"property_groups", kPropertyGroups},
    {"associations", kAssociations},
    {"association_labels", kAssociationLabels,
     "The kinds of links that are possible between two types"},
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
    {"changes", kChanges},
    {"_feed", kFeed},
    {"feed_consumers", kFeedConsumers},
    {"stage_changes", kStageChanges},
    {"_webhook", kWebhook},
    {"webhook_dead", kWebhookDead},
    {"outbox", kOutbox},
    {"outbox_log", kOutboxLog},
    {"_outbox_log_rest", kOutboxLog},
    {"_writable", kWritable},
    {"_echo", kEcho},
    {"_write_state", kWriteState},
    {"_write_instances", kWriteInstances},
    {"_write_minutes", kWriteMinutes},
    {"_write_refusals", kWriteRefusals},
    {"_write_released", kWriteReleased},
};

constexpr Words kLayout[] = {
    {"version", "The layout version of hubmirror's own tables"},
};
constexpr Words kPortals[] = {
    {"schema_name", "The schema that holds the portal"},
    {"portal", "Its key in the configuration"},
    {"portal_id", "HubSpot's id of the account"},
    {"joined_at", "When it was added to this database"},
    {"unions", "Objects whose view in this schema includes the portal"},
    {"waits_since", "Since when it waits to be taken into the views of this schema; NULL: it is"},
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
    {"last_sweep_at", "When a walk through all live records last ended"},
    {"last_archived_at", "When a walk through all archived records last ended"},
    {"pending", "Records that must be checked one by one before the mirror is sure of them"},
    {"quarantined", "Records that could not be written or read"},
    {"rows", "Live records in the table"},
    {"last_links_at", "When all links of the object were last read"},
    {"unproved",
     "Records that HubSpot shows neither as live nor as archived, without proof that it would show "
     "archived ones: left out of the live views, but neither erased nor purged"},
};

/// The columns of an object's table that are no properties; its views have the first three.
constexpr Words kEnvelopeWords[] = {
    {"id", "HubSpot's id of the record"},
    {"created_at", "When the record was created, by HubSpot's clock"},
    {"updated_at", "When the record was last changed, by HubSpot's clock"},
    {"archived", "The record is in HubSpot's recycle bin"},
    {"archived_at", "When it was put there"},
    {"merged_into", "The record that this one was merged into, the last in a chain of merges"},
    {"erased_at",
     "When a person, or what was said with them, was found to be gone for good; nothing else is "
     "left"},
    {"purged_at",
     "When a record of another type was found to be gone for good; it keeps its last values"},
    {"_synced_at", "When the row was last written here"},
    {"_hash", "Tells changed rows from equal ones; of no use in queries"},
    {"_rejected", "Values that do not fit the type of their column, as sent, by property"},
    {"_overflow", "Values of properties without a column, by property"},
};
constexpr size_t kEnvelopeOfViews = 3;

constexpr Words kHistory[] = {
    {"id", "HubSpot's id of the record"},
    {"property", "HubSpot's name of the property"},
    {"value", "As HubSpot sent it, whatever the type; NULL: it was cleared"},
    {"changed_at", "When the property got this value, by HubSpot's clock"},
    {"source_type", "What set it: CRM_UI, IMPORT, CALCULATED, ..."},
    {"source_id", "More about what set it: userId:123"},
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
  return "The " + object + " that exist in HubSpot now, every property under its column name";
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
                          .text = "Whether the data of each object can be trusted, and as of when",
                          .columns = {}};
  Add(kStatus, description);
  return description;
}

Description DescribeHistory(const std::string& object) {
  Description description{
      .relation = object + "_history",
      .text = "Every value that the chosen properties ever had, each from its changed_at on",
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
