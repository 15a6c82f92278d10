#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "model/portal/portal_plan.h"
#include "model/portal/sync_observer.h"
#include "model/source/stream.h"
#include "telemetry/page/status_snapshot.h"

namespace hubmirror {

/// Which build runs.
struct BuildLabel {
  std::string version;
  std::string revision;
};

/// The newest word on every portal and stream, for whoever looks. Thread-safe.
class StatusBoard {
 public:
  StatusBoard(const Clock& clock, BuildLabel build);

  /// A configuration was accepted: what it does not name goes, what is new waits for its first
  /// report, and freshness targets follow it.
  void Configure(const std::vector<PortalPlan>& portals);
  void RejectConfiguration();

  void SetStream(const StreamKey& stream, const StreamStatus& status);
  void SetPortal(const PortalKey& portal, const PortalStatus& status);
  /// Poll and failure of a stream that is not on the board are ignored.
  void NotePoll(const StreamKey& stream, bool failed);
  /// Adds what polls cost, and what they found. A portal that is not on the board is ignored.
  void NoteChangeCost(const PortalKey& portal, int64_t requests, int64_t changes);
  void RemoveStream(const StreamKey& stream);
  void RemovePortal(const PortalKey& portal);
  void SetDatabaseUp(bool up);
  void NoteSchedulerTurn();

  StatusSnapshot Snapshot() const;

 private:
  const Clock& clock_;
  mutable Mutex mutex_;
  StatusSnapshot now_ GUARDED_BY(mutex_);  ///< without its times, which Snapshot fills in
  Instant scheduler_turn_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror
