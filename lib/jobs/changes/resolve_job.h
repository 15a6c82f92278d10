#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "jobs/changes/resolve_cursor.h"
#include "jobs/part_size.h"
#include "jobs/resolve_plan.h"
#include "jobs/stream_job.h"

namespace hubmirror {

/// Looks at records one by one that another job could not explain: what became of them, proved by
/// primary reads, twice where a record is to be marked gone (rules R13-R16). Silence never
/// deletes: each read carries a record known to be there, and only an answer that returns it
/// counts; and who is still on a list is not gone, whatever batch reads leave out.
///
/// It also judges records that HubSpot fails to show. Like Blame it asks a witness before it sets
/// one aside, but it keeps its doubt in `_pending`: the jobs that leave a record here have moved
/// their cursors past it, so nobody would come back to it if the doubt died with the process.
class ResolveJob final : public StreamJob {
 public:
  explicit ResolveJob(std::shared_ptr<StreamContext> stream) : StreamJob(std::move(stream)) {}

  JobKind kind() const override { return JobKind::kResolve; }
  bool urgent() const override { return facts().pending_noted; }

 protected:
  std::optional<StepNeed> NextStep(Instant now) override;
  StepOutcome DoStep(Instant now, const StepNeed& granted, const TableShapePtr& table) override;
  void LoadFrom(const StoredStream& stored) override;
  void Abandon() override;

 private:
  enum class Phase { kTake, kLive, kAnybody, kArchived, kListed, kProve };

  StepOutcome Take();
  StepOutcome ReadLive(const TableShape& table);
  /// Where the mirror has no witness: whether the live list shows anybody.
  StepOutcome ReadAnybody();
  /// Whoever is not live may be archived.
  StepOutcome GoOnArchived();
  StepOutcome ReadArchived(const TableShape& table);
  /// Looks on both lists for those who are to be marked gone.
  StepOutcome ReadListed();
  StepOutcome TakeInListed(const Page& page, RecordId first);
  /// One that batch reads leave out is read from the list that shows it.
  StepOutcome ReadFromList(const TableShape& table);
  StepOutcome DecideGone();
  /// They are not live, and HubSpot does not tell whether they are archived.
  StepOutcome LeaveUnproved(const std::vector<PendingRecord>& records);
  void NoteAcceptance();
  /// Once an operator has agreed, what the brake held back need not wait for its next look.
  void TakeHeldBack();
  /// Takes what is due; records that could not be read with others are asked for one by one.
  void TakeDue();
  /// A question was not answered: smaller ones are put in its place, down to one record.
  StepOutcome Failed(const ApiError& error);
  /// Whether HubSpot answers the question of another record, while it fails for this one.
  StepOutcome Prove(const TableShape& table);
  StepOutcome CommitBatch();
  /// An answer with `ask_apart` leaves no trace: the same is asked again in the next step.
  Result<Attribution, ApiError> Ask(bool archived, const std::vector<PendingRecord>& records,
                                    const TableShape& table);
  void Shown(const Attribution& said, const std::vector<Row>& rows, size_t asked);
  /// A record that answers for another one without naming it is believed about that one only where
  /// it is in the mirror, having been read itself; else it is read first.
  void DoubtStrangers(Attribution& said);
  /// Puts the unclear ids of an answer into questions of their own; `all`: none was explained.
  void AskApart(const std::vector<RecordId>& unclear, bool all);
  /// Settles a record that `row` shows, unless something newer of it was named.
  void SettleShown(const PendingRecord& record, const Row& row);
  /// Sets a record aside that was found to be unreadable often enough.
  void SetAside(PendingRecord record, const std::string& why);
  /// It was looked at, and is once more.
  void LookAgain(PendingRecord record, std::chrono::milliseconds in);
  /// It could not be looked at.
  void PutOff(PendingRecord record, std::chrono::milliseconds in);
  /// Its silence proves nothing: it is asked for again, ever more seldom.
  void WaitForWitness(const PendingRecord& record);
  /// `archived_witness`: the archived read was shown a record that is known to be archived.
  void ConfirmGone(const PendingRecord& record, bool archived_witness);
  /// What was marked gone is counted for each sweep separately.
  void BeginSweepCount();
  void ApplyBrake();
  const PendingRecord& Find(RecordId id) const;

  mutable Mutex mutex_;
  Phase shown_phase_ GUARDED_BY(mutex_) = Phase::kTake;
  bool shown_whole_ GUARDED_BY(mutex_) = false;  ///< a whole record is read from a list next

  Phase phase_ = Phase::kTake;
  ResolveCursor cursor_;
  bool accepted_ = false;                         ///< and no commit has said so yet
  bool look_back_ = false;                        ///< for what the brake held back
  std::list<std::vector<PendingRecord>> groups_;  ///< to be asked apart from others
  std::vector<PendingRecord> batch_;
  PartSize part_{kBatchReadSize};
  bool archived_answered_ = false;  ///< a batch read of archived records, since the start
  /// HubSpot refuses all such reads of this type.
  std::optional<TimePoint> archived_refused_at_;
  bool answers_again_ = false;         ///< after that: who was left unproved is asked for soon
  std::string failure_;                ///< why the one record of the batch is not shown
  bool proves_archived_ = false;       ///< it is the archived read of it that fails
  std::vector<PendingRecord> absent_;  ///< of the batch: not live
  /// Of those: nothing shows that a live record would have been shown.
  std::unordered_set<RecordId> unwitnessed_;
  bool nobody_lives_ = false;  ///< the live list is empty, which stands for a witness
  /// A witness was shown that others were merged into: the batch is asked for without it.
  bool witnessed_apart_ = false;
  std::vector<PendingRecord> gone_;  ///< of the batch: confirmed twice; ascending by id
  bool archived_list_ = false;       ///< the list in which they are looked up
  size_t looked_up_ = 0;             ///< so many of them were looked for on it
  std::list<PendingRecord> listed_;  ///< found on it
  /// Of the batch: what an operator asked for and was found.
  std::vector<std::pair<RecordId, FoundRecord>> found_;
  Commit commit_;
  TimePoint now_{};
  Instant sent_at_{};  ///< of the live read of the batch
};

}  // namespace hubmirror
