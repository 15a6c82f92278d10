#pragma once

#include <bitset>
#include <string>
#include <string_view>
#include <vector>

#include "store/random.h"

namespace simulated_portal {

/// Every setting of every switch. What each means stands in README.md, "Switches".
enum class Setting {
  kListAfterNextId,
  kListAfterLastIdPlusOne,
  kListAfterLastId,
  kListAfterOpaque,
  kShortPagesNever,
  kShortPagesSometimes,
  kUnsetMissing,
  kUnsetNull,
  kClearedEmpty,
  kClearedNull,
  kClearedMissing,
  kInstantsMilliseconds,
  kInstantsTrimmed,
  kUpdatedAtFollowsStamp,
  kUpdatedAtAnyChange,
  kArchivedPropertyHidden,
  kArchivedPropertyShown,
  kBatchFailuresMultiStatus,
  kBatchFailuresSilent,
  kBatchOrderAsAsked,
  kBatchOrderById,
  kBatchOrderShuffled,
  kBatchDuplicatesCollapsed,
  kBatchDuplicatesRepeated,
  kSearchReturnsIndex,
  kSearchReturnsPrimary,
  kSearchDailyHeadersAbsent,
  kSearchDailyHeadersPresent,
  kSearchDailyCounted,
  kSearchDailyFree,
  kSearchBucketAccount,
  kSearchBucketToken,
  kSearchLengthQuery,
  kSearchLengthFilters,
  kSearchLengthBody,
  kRetryAfterAbsent,
  kRetryAfterPresent,
  kThrottleIdCorrelation,
  kThrottleIdRequest,
  kRestoreStampStays,
  kRestoreStampMoves,
  kMergeIdNew,
  kMergeIdPrimary,
  kMergeCreatedPrimary,
  kMergeCreatedNow,
  kMergedListFlat,
  kMergedListDirect,
  kMergeLosersHidden,
  kMergeLosersArchived,
  kRefreshSame,
  kRefreshRotates,
  kRefreshAbsent,
  kExpiredTokenExpired,
  kExpiredTokenInvalid,
  kMalformedToken401,
  kMalformedToken530,
  kEmailScopeForbidden,
  kEmailScopeRedacted,
  kSensitiveScopeEmpty,
  kSensitiveScopeForbidden,
  kTokenInfoServed,
  kTokenInfoNotFound,
  kMissingRecordJson,
  kMissingRecordHtml,
  kDateHeaderStart,
  kDateHeaderEnd,
  kHeaderCaseMixed,
  kHeaderCaseLower,
  kBodyFramingLength,
  kBodyFramingChunked,
  kSearchUnlistedServed,
  kSearchUnlistedBadRequest,
  kSearchUnlistedNotFound,
  kLinkNoneLeftOut,
  kLinkNoneErrors,
  kLinkPageSmall,
  kLinkPageLarge,
  kLinkPageTiny,
  kLinkIdNumber,
  kLinkIdString,
  kDeletedTypeNotFound,
  kDeletedTypeBadRequest,
  kArchivedListServed,
  kArchivedListNotOfMeetings,
  kArchivedListRefused,
  kArchivedReadServed,
  kArchivedReadRefused,
  kLeadDealsBothWays,
  kLeadDealsFromLeads,
  kValuesDirty,
  kValuesTidy,
  kWriteTraceIdsAbsent,
  kWriteTraceIdsShown,
  kUpdateTraceIdsHonoured,
  kUpdateTraceIdsIgnored,
  kRefusedBatchNothing,
  kRefusedBatchOthers,
  kEqualUpdateStays,
  kEqualUpdateMoves,
  kUnwritableRefused,
  kUnwritableIgnored,
  kNullValueClears,
  kNullValueRefused,
  kUniqueCaseFolded,
  kUniqueCaseExact,
  kArchivedUniqueTaken,
  kArchivedUniqueFree,
  kWriteAnswerStored,
  kWriteAnswerSent,
  kActivityArchiveRecycled,
  kActivityArchiveForGood,
  kPhoneKept,
  kPhoneFormatted,
  kDefaultLinkKeeps,
  kDefaultLinkReplaces,
  kLinkAnswerOk,
  kLinkAnswerCreated,
  kUnlinkAnswerNothing,
  kUnlinkAnswerOk,
  kLinkStampStays,
  kLinkStampMoves,
  kCount,
};

/// How this portal behaves where HubSpot promises nothing: one setting of each switch is on.
/// Owned by one thread.
class Switches {
 public:
  /// Draws each switch from `random` among its drawn settings.
  explicit Switches(Random random);

  [[nodiscard]] bool Is(Setting setting) const { return on_[static_cast<size_t>(setting)]; }
  /// False when there is no such switch or setting.
  [[nodiscard]] bool Set(std::string_view name, std::string_view setting);

  struct Line {
    std::string_view name;
    std::string_view setting;
  };
  /// Every switch with the setting that is on.
  [[nodiscard]] std::vector<Line> Lines() const;

  /// The table of switches for people, one line each.
  static std::string Table();

 private:
  std::bitset<static_cast<size_t>(Setting::kCount)> on_;
};

}  // namespace simulated_portal
