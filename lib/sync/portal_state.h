#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "jobs/changes/changes_job.h"
#include "jobs/links/link_partners.h"
#include "jobs/reference/feed_job.h"
#include "jobs/reference/reference_job.h"
#include "jobs/stream_context.h"
#include "jobs/walk/verify_job.h"
#include "jobs/walk/walk_job.h"
#include "jobs/write/link_turns.h"
#include "sync/portal_standing.h"
#include "sync/task.h"

namespace hubmirror {

/// One stream of a portal with its jobs. Guarded by its portal.
struct SyncedStream {
  std::shared_ptr<StreamContext> context;
  std::shared_ptr<ChangesJob> changes;
  std::shared_ptr<WalkJob> sweep;
  std::shared_ptr<WalkJob> archived;
  std::shared_ptr<VerifyJob> verify;
  std::vector<Task> tasks;
  /// How often the archived list is walked, when its share of the day asks for a longer period.
  std::optional<Duration> archived_stretched;
  /// How often the live list is walked because the type cannot be searched.
  std::optional<Duration> walked_every;

  bool stopped = false;  ///< as its last step has left it
  /// Its first load was not done when the portal was opened, and was not said to have ended since.
  bool unloaded = false;

  // What was said of it last.
  StreamState noted_state = StreamState::kPassive;  ///< as last written to the database
  std::string noted_reason;
  std::optional<StreamState> logged_state;
  std::string logged_reason;
  Instant load_began{};
  int64_t load_from = 0;

  /// The task of its job of this kind; there must be one.
  Task& TaskOf(JobKind kind);
  StreamFacts facts() const { return context->facts().Now(); }
};

/// How a portal was reported last. Guarded by its portal.
struct LastReport {
  bool stands = false;  ///< no step began or ended since
  Instant at{};
  int64_t buffered_bytes = 0;
  std::vector<std::string> missing_readers;
  std::vector<std::string> holds;  ///< of writing back
};

/// What is known of a portal while it is mirrored, under one mutex: PortalSync steps its jobs,
/// PortalOperations takes an operator's wishes, PortalReport tells the state.
struct PortalState {
  explicit PortalState(size_t count) : standing(count) {}

  /// Those of one object; of all objects when it is empty.
  std::vector<size_t> StreamsOf(const std::string& object) const REQUIRES(mutex);
  /// The task at a place of the schedule; see StepChooser. The portal's own come after its streams.
  Task& TaskAt(size_t place, size_t task) REQUIRES(mutex);
  size_t own_place() const REQUIRES(mutex) { return streams.size(); }
  Task& opening() REQUIRES(mutex) { return portal_tasks.front(); }

  LinkPartners link_partners;  ///< thread-safe by itself
  LinkTurns link_turns;        ///< the same

  mutable Mutex mutex;
  PortalStanding standing GUARDED_BY(mutex);
  std::vector<SyncedStream> streams GUARDED_BY(mutex);
  /// The portal's own: opening and keeping it first, then its reference tables, then its feed.
  std::vector<Task> portal_tasks GUARDED_BY(mutex);
  std::vector<std::shared_ptr<ReferenceJob>> reference_jobs GUARDED_BY(mutex);
  std::shared_ptr<FeedJob> feed_job GUARDED_BY(mutex);  ///< null: nothing keeps a feed
  bool opened_before GUARDED_BY(mutex) = false;
  /// Nothing of it was mirrored when it was opened: until then its first load comes before all that
  /// keeps a mirror fresh.
  Instant hurries_until GUARDED_BY(mutex){};
  LastReport told GUARDED_BY(mutex);
};

}  // namespace hubmirror
