#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "model/portal/controls.h"
#include "model/portal/sync_observer.h"
#include "sync/poll_schedule.h"
#include "sync/worker_pool.h"

namespace hubmirror {

/// How many workers serve these portals if the configuration does not say: as many as their polls
/// keep busy, and sixteen per portal for its first load; 4 to 128.
int WorkersFor(const std::vector<PortalPlan>& plans);

/// Runs the portals: owns the schedule, the workers and the `supervisor` thread, which reports the
/// state of all streams once a second. Thread-safe. (More than fifteen functions: those of the
/// port, one for each wish of an operator.)
class Supervisor final : public Controls {
 public:
  struct Options {
    int workers = 4;
    int64_t memory_bytes = 0;  ///< limit of rows that wait to be committed, for the metric
  };
  Supervisor(const Clock& clock, SyncObserver& observer, Options options);
  ~Supervisor() override;

  void Start();
  /// Finishes the steps under way, commits and joins.
  void Stop();

  /// Starts a portal, or replaces the one of the same key; waits for the old one's steps.
  void Put(std::shared_ptr<PortalSync> portal);
  /// Stops a portal and waits for its steps.
  void Remove(const PortalKey& key);

  /// See PortalSync::found_types.
  std::optional<std::vector<CustomType>> FoundTypes(const PortalKey& key) const;

  /// True while the schedule keeps turning (a turn takes no longer than half a minute) and no step
  /// that is in a hurry is older than `step_limit`. Only then is the watchdog fed.
  bool Moves(Duration step_limit) const;

  ControlResult Poll(const ControlTarget& target) override;
  ControlResult Pause(const ControlTarget& target) override;
  ControlResult Resume(const ControlTarget& target) override;
  ControlResult Backfill(const ControlTarget& target) override;
  ControlResult Resolve(const ControlTarget& target, bool accept) override;
  ControlResult Refresh(const StreamKey& stream, RecordId id) override;
  OperationStart StartOperation(OperationKind kind, const ControlTarget& target,
                                bool repair) override;
  OperationProgress ProgressOf(uint64_t ticket) override;
  void EndOperation(uint64_t ticket) override;
  ControlResult CostOf(OperationKind kind, const ControlTarget& target,
                       OperationCost& cost) const override;

 private:
  struct Operation {
    OperationKind kind = OperationKind::kSettle;
    ControlTarget target;
    PortalOperations::Runs runs;
  };

  void Watch(std::stop_token stop);
  /// The portal of a target, or why there is none.
  std::shared_ptr<PortalSync> Find(const ControlTarget& target, ControlResult& result) const;
  using Wish = std::function<void(PortalOperations&, const std::string& object)>;
  ControlResult Ask(const ControlTarget& target, const std::string& said, const Wish& wish);
  void WaitIdle(const PortalSync& portal) const;

  const Clock& clock_;
  SyncObserver& observer_;
  const Options options_;
  PollSchedule schedule_;
  std::unique_ptr<WorkerPool> workers_;
  std::jthread watch_;
  std::atomic<Instant::rep> last_turn_{0};

  Mutex mutex_;
  uint64_t next_ticket_ GUARDED_BY(mutex_) = 1;
  std::map<uint64_t, Operation> operations_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror
