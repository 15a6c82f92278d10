#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "sync/changes_cursor.h"
#include "sync/cursor_text.h"
#include "sync/stream_job.h"

namespace hubmirror {

/// Follows what changed: search nominates ids, batch/read fetches those that are newer than the
/// mirror's or unknown to it (design R1-R3). A cycle is one poll: one search when all is quiet.
/// May miss what the index shows too late; sweeps find that. Where HubSpot does not search the type
/// at all, the walks of the live list say what changed, and this job only follows them.
class ChangesJob final : public StreamJob {
 public:
  explicit ChangesJob(std::shared_ptr<StreamContext> stream) : StreamJob(std::move(stream)) {}

  JobKind kind() const override { return JobKind::kChanges; }
  void Restart() override {}

  /// The `Date` of the first request of the last poll drained to its end.
  std::optional<TimePoint> verified_until() const;

 protected:
  std::optional<StepNeed> NextStep(Instant now) override;
  StepOutcome DoStep(Instant now) override;
  void LoadFrom(const StoredStream& stored) override;
  void Abandon() override;

 private:
  StepOutcome FollowWalks();
  StepOutcome Search();
  StepOutcome Read();
  /// Ids of `answer` that must be read: newer than stored, or unknown.
  std::vector<Nomination> Unread(const SearchAnswer& answer);
  /// The window holds so much that walking the list is cheaper (design R5).
  bool TooMuch(const SearchAnswer& answer) const;
  StepOutcome HandOverToSweep(TimePoint date);
  /// Begins anew at `now` when the cursor is ahead of HubSpot's clock: that clock was wrong while
  /// it moved, nobody knows since when, so the list has to be walked.
  void LeaveFuture(TimePoint now);
  StepOutcome CommitAnswer(const SearchAnswer& answer);
  void Settle(const Page& page, const std::vector<Nomination>& asked);

  mutable Mutex mutex_;
  bool reading_ GUARDED_BY(mutex_) = false;
  std::optional<TimePoint> verified_until_ GUARDED_BY(mutex_);

  std::optional<ChangesCursor> cursor_;
  std::optional<SearchAnswer> answer_;  ///< whose nominations are being read
  std::deque<Nomination> unread_;
  std::optional<TimePoint> first_date_;       ///< of the cycle
  std::optional<TimePoint> followed_before_;  ///< where the cycle began without its look back
  Commit commit_;                             ///< gathered from the answers read so far
  int64_t records_ = 0;
  Instant saved_at_{};
};

}  // namespace hubmirror
