#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "jobs/stream_job.h"
#include "jobs/walk/list_reading.h"
#include "jobs/walk/walk_buffer.h"
#include "jobs/walk/walk_ranges.h"

namespace hubmirror {

/// Walks a list of one stream from end to end: the live list (the `sweep` job, whose first walk is
/// the first load) or the archived one. Several workers read pages at once; the pages are gathered
/// and committed together with the cursor that they prove. What a page leaves out is a suspect
/// (rule R4). An interrupted walk continues where its last commit left it.
class WalkJob final : public StreamJob {
 public:
  struct Options {
    bool archived = false;
    size_t readers_max = 32;  ///< the allowance is used up by fewer, but for answers of 1.5 s
    int64_t flush_records = 2000;
    std::chrono::milliseconds flush_after{2000};
  };

  WalkJob(std::shared_ptr<StreamContext> stream, Options options);

  JobKind kind() const override;
  bool urgent() const override;
  /// A search for where another reader could begin.
  std::optional<StepNeed> NextBeside(Instant now) override;
  /// Unless it is the first load, which goes on.
  void Restart() override;

  /// Records read and expected by the walk under way.
  struct Progress {
    bool running = false;
    int64_t done = 0;
    int64_t expected = 0;
  };
  Progress progress() const;
  int64_t last_cycle_requests() const override;
  int64_t buffered_bytes() const;

 protected:
  bool overlaps() const override { return true; }
  std::optional<StepNeed> NextStep(Instant now) override;
  StepOutcome DoStep(Instant now, const StepNeed& granted, const TableShapePtr& table) override;
  void LoadFrom(const StoredStream& stored) override;
  void Abandon() override;

 private:
  enum class Phase { kIdle, kWalking, kAnalyzing };
  enum class Action { kNone, kBegin, kRead, kSeek, kFlush, kAnalyze };
  /// Whether no other step of these is made beside it.
  static bool IsAlone(Action action);

  Action Choose(Instant now) const REQUIRES(mutex_);
  bool WantsSeam(Instant now) const REQUIRES(mutex_);
  Priority PriorityNow() const;
  /// Whether search says how many records a walk will meet, and where its readers may begin.
  bool CanSeek() const;
  /// Whether no answer has told HubSpot's time yet, so that a search has to.
  bool AsksForTime() const;
  StepNeed NeedOf(Action action, Priority priority) const REQUIRES(mutex_);
  /// Begins a walk, or goes on with one that was interrupted, and stores where changes begin.
  StepOutcome Begin(const TableShapePtr& table, bool by_search);
  StepOutcome Read();
  /// Asks search where another reader could begin.
  StepOutcome Seek(Instant now);
  /// Where the next page of a range begins and how large it may be.
  struct Reading {
    size_t range = 0;
    uint64_t generation = 0;
    TableShapePtr table = {};  ///< that is asked for
    bool naming = false;       ///< the one record that cannot be read is only to be named
    size_t limit = 0;
  };
  ListRequest RequestOf(size_t range) const REQUIRES(mutex_);
  StepOutcome Failed(const Reading& reading, const ApiError& error);
  StepOutcome TakeIn(const Reading& reading, Page page);
  /// Whether the list's own cursor leads on; where it does not, an id takes its place.
  bool MovesOn(const Reading& reading, Page& page);
  /// Puts records that are listed but could not be read where they are checked one by one.
  void LeaveUnread(const Reading& reading, const Page& page) REQUIRES(mutex_);
  /// HubSpot has no such list; a later cycle asks again.
  StepOutcome GiveUp(const ApiError& refusal);
  StepOutcome Flush();
  StepOutcome Finish(Commit last);
  /// Tells PostgreSQL what a table that was just loaded holds.
  StepOutcome Analyze();
  /// Rows that were not known as archived go to resolve: losers of a merge may look archived, and
  /// only a live read of each tells who survived it (rule R15).
  void LookBehindArchived(Commit& commit) const;
  void BeginWalk(WalkCursor cursor, TableShapePtr table) REQUIRES(mutex_);
  void BeginUnordered();
  /// Puts where changes begin into `commit`, where that is not stored yet.
  std::optional<TimePoint> SeedChanges(TimePoint date, Commit& commit) const;
  Commit Drain() REQUIRES(mutex_);

  const Options options_;

  mutable Mutex mutex_;
  Phase phase_ GUARDED_BY(mutex_) = Phase::kIdle;
  bool busy_ GUARDED_BY(mutex_) = false;  ///< see IsAlone
  bool seeking_ GUARDED_BY(mutex_) = false;
  Instant seek_from_ GUARDED_BY(mutex_){};  ///< search did not answer: not before this

  uint64_t generation_ GUARDED_BY(mutex_) = 0;
  std::optional<WalkRanges> ranges_ GUARDED_BY(mutex_);
  TableShapePtr table_ GUARDED_BY(mutex_);  ///< that the walk under way asks for
  WalkBuffer buffer_ GUARDED_BY(mutex_);
  std::map<size_t, ListPart> parts_ GUARDED_BY(mutex_);  ///< by range
  ListPlaces places_ GUARDED_BY(mutex_);
  WalkCursor stored_ GUARDED_BY(mutex_);
  TimePoint began_ GUARDED_BY(mutex_){};
  /// When the walk under way began, if it was not interrupted since.
  std::optional<TimePoint> whole_since_ GUARDED_BY(mutex_);
  TimePoint last_date_ GUARDED_BY(mutex_){};
  int64_t pages_ GUARDED_BY(mutex_) = 0;
  int64_t last_walk_pages_ GUARDED_BY(mutex_) = 0;
  std::optional<TimePoint> last_complete_at_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror
