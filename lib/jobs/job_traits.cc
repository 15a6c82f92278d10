#include "jobs/job_traits.h"

#include <cstddef>
#include <iterator>

namespace hubmirror {
namespace {

using enum OperationKind;

constexpr JobTraits kTraits[] = {
    {.kind = JobKind::kCatalog,
     .writes_values = false,
     .speaks_for_stream = true,
     .forced_by = {kSettle, kApplySchema},
     .afresh_when_forced = true},
    {.kind = JobKind::kChanges,
     .period = PeriodRule::kSearch,
     .speaks_for_stream = true,
     .forced_by = {kSettle, kPoll}},
    {.kind = JobKind::kSweep,
     .pace = Pace::kEvenly,
     .period = PeriodRule::kLiveList,
     .reads_everything = true,
     .speaks_for_stream = true,
     .forced_by = {kSettle},
     .afresh_when_forced = true},
    {.kind = JobKind::kArchived,
     .pace = Pace::kEvenly,
     .period = PeriodRule::kArchivedList,
     .reads_everything = true,
     .forced_by = {kSettle},
     .afresh_when_forced = true},
    {.kind = JobKind::kResolve, .awaited_by = {kSettle, kResolve}},
    {.kind = JobKind::kFill, .pace = Pace::kEvenly},
    {.kind = JobKind::kLinks, .forced_by = {kSettle}, .afresh_when_forced = true},
    {.kind = JobKind::kRelink, .awaited_by = {kSettle}},
    {.kind = JobKind::kHistory},
    {.kind = JobKind::kLists,
     .period = PeriodRule::kAffordableOnAny,
     .forced_by = {kSettle},
     .afresh_when_forced = true},
    {.kind = JobKind::kVerify,
     .pace = Pace::kEvenly,
     .period = PeriodRule::kAffordable,
     .reads_everything = true,
     .proves_load = true},
    {.kind = JobKind::kOpening, .opens_portal = true},
    {.kind = JobKind::kDirectory,
     .period = PeriodRule::kAffordable,
     .finds_types = true,
     .forced_by = {kSettle},
     .afresh_when_forced = true},
    {.kind = JobKind::kFeed, .writes_values = false},
    {.kind = JobKind::kWrite},
};

constexpr bool InOrder() {
  for (size_t i = 0; i < std::size(kTraits); ++i) {
    if (static_cast<size_t>(kTraits[i].kind) != i) return false;
  }
  return std::size(kTraits) == kJobKinds;
}
static_assert(InOrder());

}  // namespace

const JobTraits& TraitsOf(JobKind kind) {
  return kTraits[static_cast<size_t>(kind)];
}

}  // namespace hubmirror
