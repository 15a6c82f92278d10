#pragma once

#include <chrono>

#include "base/clock.h"
#include "base/random.h"
#include "budget/rate_governor.h"
#include "model/portal/portal_plan.h"
#include "sync/portal_periods.h"
#include "sync/portal_state.h"
#include "sync/task.h"

namespace hubmirror {

/// When the jobs of one portal are due again: PortalPeriods decides, by what is known of each
/// stream now. Guarded by its portal.
class Timetable {
 public:
  /// All must outlive it, and `governor` and `random` are thread-safe.
  Timetable(const PortalPlan& plan, const RateGovernor& governor, Random& random)
      : periods_(plan), governor_(governor), random_(random) {}

  /// How often changes of a stream are looked for while there are any.
  std::chrono::milliseconds Interval(const StreamPlan& plan) const {
    return periods_.Interval(plan);
  }
  /// How soon after its beginning a cycle of `task`, which has ended at `now`, is followed by the
  /// next one. `stream`: null for a job of the portal's own.
  Duration Next(Task& task, SyncedStream* stream, Instant now) const;
  /// Once the archived list is found to be missing, a sweep that was planned for later comes early.
  void HastenSweep(SyncedStream& stream, Instant now) const;
  /// Once something has changed in a quiet stream, its poll comes as early as in any other.
  void HastenPoll(SyncedStream& stream, Instant now) const;

 private:
  std::chrono::milliseconds PollPeriod(const SyncedStream& stream, Instant now) const;
  Duration SweepPeriod(SyncedStream& stream) const;
  Duration Early(Duration period) const;

  const PortalPeriods periods_;
  const RateGovernor& governor_;
  Random& random_;
};

}  // namespace hubmirror
