#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "jobs/changes/changes_cursor.h"
#include "jobs/part_size.h"
#include "jobs/search_promises.h"
#include "jobs/stream_job.h"

namespace hubmirror {

/// Follows what changed: search nominates ids, batch/read fetches those that are newer than the
/// mirror's or unknown to it (rules R1-R3). A cycle is one poll: one search when all is quiet.
/// May miss what the index shows too late; sweeps find that. Where HubSpot does not search the type
/// at all, the walks of the live list say what changed, and this job only follows them.
class ChangesJob final : public StreamJob {
 public:
  explicit ChangesJob(std::shared_ptr<StreamContext> stream) : StreamJob(std::move(stream)) {}

  JobKind kind() const override { return JobKind::kChanges; }
  void Restart() override {}

  /// The `Date` of the first request of the last poll drained to its end.
  std::optional<TimePoint> watermark() const;

 protected:
  std::optional<StepNeed> NextStep(Instant now) override;
  StepOutcome DoStep(Instant now, const StepNeed& granted, const TableShapePtr& table) override;
  void LoadFrom(const StoredStream& stored) override;
  void Abandon() override;

 private:
  StepOutcome FollowWalks();
  StepOutcome Search();
  StepOutcome SearchFailed(size_t asked, const ApiError& error);
  /// Whether HubSpot answers another search; when it does, the one for the window is made once
  /// more.
  StepOutcome Prove();
  /// Accepts an answer that keeps its promises, or for which there is no better one.
  StepOutcome TakeIn(SearchAnswer answer);
  /// The answer cannot be trusted: the window is walked in smaller parts, and once they get no
  /// smaller, a sweep has to find what is missing.
  StepOutcome Disbelieve(SearchAnswer answer, const BrokenPromise& broken);
  /// Fewer records came than the first answer of the window counted. Those that changed meanwhile
  /// have left the window: are there enough of them to explain the difference?
  StepOutcome CountLeavers();
  StepOutcome Read(const TableShape& table);
  /// None of the first records to be read was answered for.
  StepOutcome ReadFailed(size_t asked, const ApiError& error);
  /// Ids of `answer` that must be read: newer than stored, or unknown.
  std::vector<Nomination> Unread(const SearchAnswer& answer);
  /// The window holds so much that walking the list is cheaper (rule R5).
  bool TooMuch(const SearchAnswer& answer) const;
  using StoredById = std::unordered_map<RecordId, StoredRecord>;
  StoredById StoredOf(const SearchAnswer& answer) const;
  static bool IsNewer(const Nomination& nomination, const StoredById& stored);
  bool IsLeftToLoad(const Nomination& nomination, const StoredById& stored) const;
  size_t CountNewer(const SearchAnswer& answer) const;
  StepOutcome HandOverToSweep(TimePoint date, const std::string& why);
  /// Requests a sweep for what search did not show, at most once an hour.
  void WantSweepFor(const BrokenPromise& broken);
  /// Starts again at `now` if the cursor is ahead of HubSpot's clock. That clock was wrong while
  /// the cursor moved, and nobody knows since when, so the list has to be walked.
  void LeaveFuture(TimePoint now);
  StepOutcome CommitAnswer(const SearchAnswer& answer);
  /// Hands a record that cannot be read together with others over to resolve.
  void LeaveUnreadable(const Nomination& nomination);
  void Settle(const Page& page, const std::vector<Nomination>& asked);

  mutable Mutex mutex_;
  bool reading_ GUARDED_BY(mutex_) = false;
  std::optional<TimePoint> watermark_ GUARDED_BY(mutex_);

  std::optional<ChangesCursor> cursor_;
  std::optional<TimePoint> last_complete_at_;
  std::optional<SearchAnswer> answer_;  ///< whose nominations are being read
  /// Of the part of the window under way, when it is walked from its beginning.
  struct Tally {
    int64_t total = 0;
    int64_t seen = 0;
  };
  std::optional<Tally> tally_;
  std::optional<SearchAnswer> short_;  ///< ended a part too early, perhaps
  std::vector<Nomination> unread_;
  PartSize part_{kBatchReadSize};
  PartSize search_part_{kSearchPageSize};
  bool proving_ = false;  ///< a search of the window is not answered, not even by one record
  std::optional<AnswerTimes> proved_;         ///< of another one, which was answered just now
  std::optional<TimePoint> first_date_;       ///< of the cycle
  std::optional<TimePoint> followed_before_;  ///< where the cycle began without its look back
  Commit commit_;                             ///< gathered from the answers read so far
  int64_t records_ = 0;
  Instant saved_at_{};
  int broken_parts_ = 0;                    ///< of the window, as small as they get
  std::optional<Instant> sweep_wanted_at_;  ///< because of what search showed
};

}  // namespace hubmirror
