#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/clock.h"
#include "budget/rate_governor.h"
#include "model/portal/controls.h"
#include "model/portal/portal_plan.h"
#include "model/portal/sync_observer.h"
#include "sync/portal_report.h"
#include "sync/portal_state.h"

namespace hubmirror {

/// What an operator may ask of a portal, and how far that has come. A call notes a request, or
/// looks something up, and returns at once; the jobs do the work. `object` empty: all streams.
/// Thread-safe.
class PortalOperations {
 public:
  /// All must outlive it.
  PortalOperations(const PortalPlan& plan, PortalState& state, PortalReport& report,
                   const RateGovernor& governor, SyncObserver& observer, const Clock& clock)
      : plan_(plan),
        state_(state),
        report_(report),
        governor_(governor),
        observer_(observer),
        clock_(clock) {}

  void Poll(const std::string& object);
  void Pause(const std::string& object, bool paused);
  void Backfill(const std::string& object);
  void Resolve(const std::string& object, bool accept);
  void Refresh(const std::string& object, RecordId id);

  /// What tells the end of an operation.
  struct Runs {
    /// By stream, the run of its job that belongs to this operation; empty where the forced jobs
    /// tell the end.
    std::map<std::string, int64_t> of_jobs;
    int holds = 0;  ///< how often the portal was found closed in a row, when the operation began
    int64_t heartbeat = 0;  ///< kPoll: the run of the portal's first job that belongs to it
  };
  Runs Start(OperationKind kind, const ControlTarget& target, bool repair);
  OperationProgress ProgressOf(OperationKind kind, const ControlTarget& target, const Runs& runs);
  /// The jobs go back to their usual pace.
  void End(OperationKind kind, const ControlTarget& target);
  OperationCost CostOf(OperationKind kind, const std::string& object) const;

 private:
  void StartIn(SyncedStream& stream, OperationKind kind, const ControlTarget& target, bool repair,
               Instant now, Runs& runs) REQUIRES(state_.mutex);
  void NoteProgress(size_t stream, OperationKind kind, const Runs& runs, Instant now,
                    OperationProgress& progress) REQUIRES(state_.mutex);
  void NoteForced(SyncedStream& stream, OperationKind kind, Instant now,
                  OperationProgress& progress) REQUIRES(state_.mutex);

  const PortalPlan& plan_;
  PortalState& state_;
  PortalReport& report_;
  const RateGovernor& governor_;
  SyncObserver& observer_;
  const Clock& clock_;
};

}  // namespace hubmirror
