#include "faults/switches.h"

namespace simulated_portal {
namespace {

struct Choice {
  std::string_view switch_name;
  std::string_view name;
  Setting setting;
  bool drawn = true;
};

// In the order of Setting; the settings of one switch stand together.
constexpr Choice kSettings[] = {
    {"list_after", "next_id", Setting::kListAfterNextId},
    {"list_after", "last_id_plus_one", Setting::kListAfterLastIdPlusOne},
    {"list_after", "last_id", Setting::kListAfterLastId, false},
    {"list_after", "opaque", Setting::kListAfterOpaque, false},
    {"short_pages", "never", Setting::kShortPagesNever},
    {"short_pages", "sometimes", Setting::kShortPagesSometimes},
    {"unset_values", "missing", Setting::kUnsetMissing},
    {"unset_values", "null", Setting::kUnsetNull},
    {"cleared_values", "empty", Setting::kClearedEmpty},
    {"cleared_values", "null", Setting::kClearedNull},
    {"cleared_values", "missing", Setting::kClearedMissing},
    {"instants", "milliseconds", Setting::kInstantsMilliseconds},
    {"instants", "trimmed", Setting::kInstantsTrimmed},
    {"updated_at", "follows_stamp", Setting::kUpdatedAtFollowsStamp},
    {"updated_at", "any_change", Setting::kUpdatedAtAnyChange},
    {"archived_property_values", "hidden", Setting::kArchivedPropertyHidden},
    {"archived_property_values", "shown", Setting::kArchivedPropertyShown},
    {"batch_failures", "multi_status", Setting::kBatchFailuresMultiStatus},
    {"batch_failures", "silent", Setting::kBatchFailuresSilent},
    {"batch_order", "as_asked", Setting::kBatchOrderAsAsked},
    {"batch_order", "by_id", Setting::kBatchOrderById},
    {"batch_order", "shuffled", Setting::kBatchOrderShuffled},
    {"batch_duplicates", "collapsed", Setting::kBatchDuplicatesCollapsed},
    {"batch_duplicates", "repeated", Setting::kBatchDuplicatesRepeated},
    {"search_returns", "index", Setting::kSearchReturnsIndex},
    {"search_returns", "primary", Setting::kSearchReturnsPrimary},
    {"search_daily_headers", "absent", Setting::kSearchDailyHeadersAbsent},
    {"search_daily_headers", "present", Setting::kSearchDailyHeadersPresent},
    {"search_daily_count", "counted", Setting::kSearchDailyCounted},
    {"search_daily_count", "free", Setting::kSearchDailyFree},
    {"search_bucket", "account", Setting::kSearchBucketAccount},
    {"search_bucket", "token", Setting::kSearchBucketToken},
    {"search_length", "query", Setting::kSearchLengthQuery},
    {"search_length", "filters", Setting::kSearchLengthFilters},
    {"search_length", "body", Setting::kSearchLengthBody},
    {"retry_after", "absent", Setting::kRetryAfterAbsent},
    {"retry_after", "present", Setting::kRetryAfterPresent},
    {"throttle_id", "correlation", Setting::kThrottleIdCorrelation},
    {"throttle_id", "request", Setting::kThrottleIdRequest},
    {"restore_stamp", "stays", Setting::kRestoreStampStays},
    {"restore_stamp", "moves", Setting::kRestoreStampMoves},
    {"merge_id", "new", Setting::kMergeIdNew},
    {"merge_id", "primary", Setting::kMergeIdPrimary},
    {"merge_created", "primary", Setting::kMergeCreatedPrimary},
    {"merge_created", "now", Setting::kMergeCreatedNow},
    {"merged_list", "flat", Setting::kMergedListFlat},
    {"merged_list", "direct", Setting::kMergedListDirect},
    {"merge_losers", "hidden", Setting::kMergeLosersHidden},
    {"merge_losers", "archived", Setting::kMergeLosersArchived},
    {"refresh_rotation", "same", Setting::kRefreshSame},
    {"refresh_rotation", "rotates", Setting::kRefreshRotates},
    {"refresh_rotation", "absent", Setting::kRefreshAbsent},
    {"expired_token", "EXPIRED_AUTHENTICATION", Setting::kExpiredTokenExpired},
    {"expired_token", "INVALID_AUTHENTICATION", Setting::kExpiredTokenInvalid},
    {"malformed_token", "401", Setting::kMalformedToken401},
    {"malformed_token", "530", Setting::kMalformedToken530},
    {"email_scope", "forbidden", Setting::kEmailScopeForbidden},
    {"email_scope", "redacted", Setting::kEmailScopeRedacted},
    {"sensitive_scope", "empty", Setting::kSensitiveScopeEmpty},
    {"sensitive_scope", "forbidden", Setting::kSensitiveScopeForbidden},
    {"token_info", "served", Setting::kTokenInfoServed},
    {"token_info", "not_found", Setting::kTokenInfoNotFound, false},
    {"missing_record", "json", Setting::kMissingRecordJson},
    {"missing_record", "html", Setting::kMissingRecordHtml},
    {"date_header", "start", Setting::kDateHeaderStart},
    {"date_header", "end", Setting::kDateHeaderEnd},
    {"header_case", "mixed", Setting::kHeaderCaseMixed},
    {"header_case", "lower", Setting::kHeaderCaseLower},
    {"body_framing", "length", Setting::kBodyFramingLength},
    {"body_framing", "chunked", Setting::kBodyFramingChunked},
    {"search_unlisted", "served", Setting::kSearchUnlistedServed},
    {"search_unlisted", "bad_request", Setting::kSearchUnlistedBadRequest},
    {"search_unlisted", "not_found", Setting::kSearchUnlistedNotFound},
    {"link_none", "left_out", Setting::kLinkNoneLeftOut},
    {"link_none", "errors", Setting::kLinkNoneErrors},
    {"link_page", "small", Setting::kLinkPageSmall},
    {"link_page", "large", Setting::kLinkPageLarge},
    {"link_page", "tiny", Setting::kLinkPageTiny, false},
    {"link_id", "number", Setting::kLinkIdNumber},
    {"link_id", "string", Setting::kLinkIdString},
    {"deleted_type", "not_found", Setting::kDeletedTypeNotFound},
    {"deleted_type", "bad_request", Setting::kDeletedTypeBadRequest},
    {"archived_list", "served", Setting::kArchivedListServed},
    {"archived_list", "not_of_meetings", Setting::kArchivedListNotOfMeetings, false},
    {"archived_list", "refused", Setting::kArchivedListRefused, false},
    {"archived_read", "served", Setting::kArchivedReadServed},
    {"archived_read", "refused", Setting::kArchivedReadRefused, false},
    {"lead_deals", "both_ways", Setting::kLeadDealsBothWays},
    {"lead_deals", "from_leads", Setting::kLeadDealsFromLeads, false},
    {"values", "dirty", Setting::kValuesDirty},
    {"values", "tidy", Setting::kValuesTidy, false},
    {"write_trace_ids", "absent", Setting::kWriteTraceIdsAbsent},
    {"write_trace_ids", "shown", Setting::kWriteTraceIdsShown},
    {"update_trace_ids", "honoured", Setting::kUpdateTraceIdsHonoured},
    {"update_trace_ids", "ignored", Setting::kUpdateTraceIdsIgnored},
    {"refused_batch", "nothing_written", Setting::kRefusedBatchNothing},
    {"refused_batch", "others_written", Setting::kRefusedBatchOthers},
    {"equal_update", "stays", Setting::kEqualUpdateStays},
    {"equal_update", "moves", Setting::kEqualUpdateMoves},
    {"unwritable_values", "refused", Setting::kUnwritableRefused},
    {"unwritable_values", "ignored", Setting::kUnwritableIgnored},
    {"null_value", "clears", Setting::kNullValueClears},
    {"null_value", "refused", Setting::kNullValueRefused},
    {"unique_case", "folded", Setting::kUniqueCaseFolded},
    {"unique_case", "exact", Setting::kUniqueCaseExact},
    {"archived_unique", "taken", Setting::kArchivedUniqueTaken},
    {"archived_unique", "free", Setting::kArchivedUniqueFree},
    {"write_answer", "stored", Setting::kWriteAnswerStored},
    {"write_answer", "sent", Setting::kWriteAnswerSent},
    {"activity_archive", "recycled", Setting::kActivityArchiveRecycled},
    {"activity_archive", "for_good", Setting::kActivityArchiveForGood},
    {"phone_values", "kept", Setting::kPhoneKept},
    {"phone_values", "formatted", Setting::kPhoneFormatted},
    {"default_link", "keeps_labels", Setting::kDefaultLinkKeeps},
    {"default_link", "replaces_labels", Setting::kDefaultLinkReplaces},
    {"link_answer", "ok", Setting::kLinkAnswerOk},
    {"link_answer", "created", Setting::kLinkAnswerCreated},
    {"unlink_answer", "no_content", Setting::kUnlinkAnswerNothing},
    {"unlink_answer", "ok", Setting::kUnlinkAnswerOk},
    {"link_stamp", "stays", Setting::kLinkStampStays},
    {"link_stamp", "moves", Setting::kLinkStampMoves},
};

static_assert(std::size(kSettings) == static_cast<size_t>(Setting::kCount));

constexpr bool InOrder() {
  for (size_t i = 0; i < std::size(kSettings); ++i) {
    if (kSettings[i].setting != static_cast<Setting>(i)) return false;
  }
  return true;
}
static_assert(InOrder());

/// The choices of the switch that begins at `first`.
size_t EndOfSwitch(size_t first) {
  size_t end = first;
  while (end < std::size(kSettings) && kSettings[end].switch_name == kSettings[first].switch_name) {
    ++end;
  }
  return end;
}

}  // namespace

Switches::Switches(Random random) {
  for (size_t first = 0; first < std::size(kSettings);) {
    const size_t end = EndOfSwitch(first);
    size_t drawn = 0;
    for (size_t i = first; i < end; ++i) drawn += kSettings[i].drawn ? 1 : 0;
    on_.set(first + random.Below(drawn));  // The drawn settings stand first.
    first = end;
  }
}

bool Switches::Set(std::string_view name, std::string_view setting) {
  for (size_t i = 0; i < std::size(kSettings); ++i) {
    if (kSettings[i].switch_name != name || kSettings[i].name != setting) continue;
    for (size_t j = 0; j < std::size(kSettings); ++j) {
      if (kSettings[j].switch_name == name) on_.reset(j);
    }
    on_.set(i);
    return true;
  }
  return false;
}

std::vector<Switches::Line> Switches::Lines() const {
  std::vector<Line> lines;
  for (size_t i = 0; i < std::size(kSettings); ++i) {
    if (on_[i]) lines.push_back({kSettings[i].switch_name, kSettings[i].name});
  }
  return lines;
}

std::string Switches::Table() {
  std::string table;
  for (size_t first = 0; first < std::size(kSettings);) {
    const size_t end = EndOfSwitch(first);
    table.append(kSettings[first].switch_name).append(":");
    for (size_t i = first; i < end; ++i) {
      const bool drawn = kSettings[i].drawn;
      table.append(drawn ? " " : " (").append(kSettings[i].name).append(drawn ? "" : ")");
    }
    table += '\n';
    first = end;
  }
  return table;
}

}  // namespace simulated_portal
