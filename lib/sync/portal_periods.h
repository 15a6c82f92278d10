#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "jobs/job_traits.h"
#include "model/portal/portal_plan.h"

namespace hubmirror {

/// How often the jobs of a portal come round, by what they cost and what HubSpot offers: changes as
/// often as the account's searches allow (rule R18), whatever reads everything for at most a tenth
/// of our day (rule R19). Immutable.
class PortalPeriods {
 public:
  explicit PortalPeriods(const PortalPlan& plan);

  /// How often changes of a stream are looked for: as planned, or all intervals of the portal
  /// lengthened in proportion when together they ask for more searches than the account allows.
  std::chrono::milliseconds Interval(const StreamPlan& plan) const;
  /// The same for one in which nothing has changed for `quiet`: after an hour only as often as its
  /// freshness target needs.
  std::chrono::milliseconds Interval(const StreamPlan& plan, Duration quiet) const;

  /// `period`, or longer if need be, so that `requests` in each take no more than a tenth of
  /// `daily_share`, our day.
  static Duration Affordable(Duration period, int64_t requests, std::optional<int64_t> daily_share);
  /// Of a job that costs what its last cycle has cost, and reads no list of a type.
  Duration Of(PeriodRule rule, Duration planned, int64_t requests,
              std::optional<int64_t> daily_share) const;
  /// How often the archived list is walked; where HubSpot has none (`offered`), it is only asked
  /// whether it still has none.
  static Duration OfArchivedList(Duration planned, bool offered, int64_t requests,
                                 std::optional<int64_t> daily_share);

  /// What HubSpot offers of a type beside its live list, and what walking that costs.
  struct Lists {
    bool searchable = true;
    bool has_archived = true;
    int64_t live_pages = 0;
  };
  /// How often the live list is walked: more often where it alone tells of changes or of archives.
  static Duration OfLiveList(const StreamPlan& plan, const Lists& lists,
                             std::optional<int64_t> daily_share);

  /// Early rather than late, so that the promise holds, and never all streams at once: `chance` is
  /// in [0, 1).
  static Duration Early(Duration period, double chance);

 private:
  const double stretch_;
  const int64_t smallest_share_;  ///< of the smallest day that an account has
};

}  // namespace hubmirror
