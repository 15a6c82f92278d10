#include "mirror/well_known_properties.h"

#include <array>
#include <unordered_map>

namespace hubmirror {
namespace {

// One order serves all object types: their well-known names hardly overlap.
// https://knowledge.hubspot.com/properties/hubspots-default-contact-properties and its sisters.
constexpr auto kInOrder = std::to_array<std::string_view>({
    // who and what
    "email",
    "firstname",
    "lastname",
    "name",
    "domain",
    "dealname",
    "subject",
    "hs_email_subject",
    "hs_task_subject",
    "hubspot_owner_id",
    "hubspot_team_id",
    // where in its life
    "lifecyclestage",
    "hs_lead_status",
    "pipeline",
    "dealstage",
    "hs_pipeline",
    "hs_pipeline_stage",
    "hs_task_status",
    "hs_email_status",
    "hs_email_direction",
    "hs_ticket_priority",
    "hs_ticket_category",
    "hs_task_priority",
    "hs_task_type",
    "dealtype",
    "type",
    "hs_priority",
    // how much
    "amount",
    "amount_in_home_currency",
    "deal_currency_code",
    "hs_mrr",
    "hs_arr",
    "hs_acv",
    "hs_tcv",
    "hs_projected_amount",
    "hs_forecast_amount",
    "hs_deal_stage_probability",
    "annualrevenue",
    "total_revenue",
    "numberofemployees",
    "recent_deal_amount",
    // when
    "createdate",
    "hs_createdate",
    "closedate",
    "closed_date",
    "hs_timestamp",
    "hs_lastactivitydate",
    "hubspot_owner_assigneddate",
    "hs_task_completion_date",
    "first_agent_reply_date",
    "notes_last_contacted",
    "notes_last_updated",
    "notes_next_activity_date",
    "hs_is_closed",
    "hs_is_closed_won",
    "days_to_close",
    "time_to_close",
    "time_to_first_agent_reply",
    "closed_lost_reason",
    "closed_won_reason",
    "hs_resolution",
    // how to reach
    "company",
    "jobtitle",
    "phone",
    "mobilephone",
    "website",
    "address",
    "city",
    "state",
    "zip",
    "country",
    "industry",
    "hs_email_domain",
    "hs_language",
    "hs_timezone",
    "associatedcompanyid",
    "hs_parent_company_id",
    "hs_email_optout",
    "hs_marketable_status",
    // where from
    "hs_analytics_source",
    "hs_analytics_source_data_1",
    "hs_analytics_source_data_2",
    "hs_latest_source",
    "hs_latest_source_timestamp",
    "hs_object_source",
    "hs_object_source_label",
    "source_type",
    // how it went
    "hubspotscore",
    "num_associated_contacts",
    "num_associated_deals",
    "num_conversion_events",
    "num_notes",
    "num_contacted_notes",
    "first_conversion_date",
    "recent_conversion_date",
    "recent_conversion_event_name",
    "hs_email_open",
    "hs_email_click",
    "hs_email_delivered",
    "hs_email_bounce",
    "hs_analytics_num_page_views",
    "hs_analytics_num_visits",
    "hs_lifecyclestage_lead_date",
    "hs_lifecyclestage_opportunity_date",
    "hs_lifecyclestage_customer_date",
    "hs_next_step",
    // correspondence
    "hs_email_from_email",
    "hs_email_from_firstname",
    "hs_email_from_lastname",
    "hs_email_to_email",
    "hs_email_cc_email",
    "hs_email_thread_id",
    "hs_email_message_id",
    "hs_created_by_user_id",
    "hs_updated_by_user_id",
    "hs_all_owner_ids",
    "hs_calculated_merged_vids",
    // long texts: last, so that few queries pass over them
    "description",
    "content",
    "message",
    "about_us",
    "hs_task_body",
    "hs_body_preview",
    "hs_email_text",
    "hs_email_html",
    "hs_email_headers",
});

}  // namespace

std::optional<size_t> WellKnownRank(std::string_view property) {
  static const auto ranks = [] {
    std::unordered_map<std::string_view, size_t> built;
    for (size_t i = 0; i < kInOrder.size(); ++i) built.emplace(kInOrder[i], i);
    return built;
  }();
  const auto found = ranks.find(property);
  if (found == ranks.end()) return std::nullopt;
  return found->second;
}

}  // namespace hubmirror
