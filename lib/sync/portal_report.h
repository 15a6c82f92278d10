#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "budget/rate_governor.h"
#include "jobs/reference/portal_job.h"
#include "model/portal/portal_plan.h"
#include "model/portal/sync_observer.h"
#include "model/source/source_clock.h"
#include "model/store/row_sink.h"
#include "model/store/write_sink.h"
#include "sync/portal_state.h"

namespace hubmirror {

/// What a person should see to about a change feed and its consumers. Pure; `now` is of HubSpot's
/// clock, which the database's is close enough to.
std::vector<std::string> FeedWarnings(const PortalPlan& plan, const FeedStatus& feed,
                                      TimePoint now);

/// The same about what is to be written back.
std::vector<std::string> WriteWarnings(const PortalPlan& plan, const WriteStatus& write);

/// Reports the state of a portal and its streams to the observer, to the log when it changes, and
/// to the database. Thread-safe by the portal's mutex.
class PortalReport {
 public:
  struct Ports {
    const RowSink& sink;
    const WriteSink* outbox;  ///< null: nothing is written back
    SyncObserver& observer;
    Logger& log;
  };
  /// All must outlive it.
  PortalReport(const PortalPlan& plan, const RateGovernor& governor,
               const SourceClock& source_clock, Ports ports)
      : plan_(plan), governor_(governor), source_clock_(source_clock), ports_(ports) {}

  struct Told {
    int64_t buffered_bytes = 0;  ///< of rows that are read and not yet committed
    bool to_write = false;  ///< a stream's state is new, and the database has yet to hear of it
  };
  /// Reports everything.
  Told Tell(PortalState& state, Instant now) EXCLUDES(state.mutex);

  StreamStatus StatusOf(PortalState& state, size_t stream, Instant now) REQUIRES(state.mutex);

  /// States that changed since the last call, to be written to the database.
  std::vector<PortalJob::StateNote> ChangedStates(PortalState& state, Instant now)
      REQUIRES(state.mutex);

 private:
  /// Logs a change of state or reason, once.
  void LogState(SyncedStream& stream, const StreamStatus& status) const;
  /// What needs a person's attention; logged once.
  std::vector<std::string> Warnings(PortalState& state) const REQUIRES(state.mutex);

  /// Logs what has come to hold writing back, once.
  void LogHolds(PortalState& state, const WriteStatus& write) const REQUIRES(state.mutex);

  const PortalPlan& plan_;
  const RateGovernor& governor_;
  const SourceClock& source_clock_;
  const Ports ports_;
};

}  // namespace hubmirror
