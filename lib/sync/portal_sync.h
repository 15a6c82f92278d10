#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/random.h"
#include "budget/rate_governor.h"
#include "jobs/changes/changes_job.h"
#include "jobs/links/links_job.h"
#include "jobs/portal_job.h"
#include "jobs/reference/reference_job.h"
#include "jobs/stream_context.h"
#include "jobs/walk/verify_job.h"
#include "jobs/walk/walk_job.h"
#include "model/portal/controls.h"
#include "model/portal/portal_plan.h"
#include "model/portal/sync_observer.h"
#include "model/source/history.h"
#include "model/source/source_clock.h"
#include "sync/task.h"

namespace hubmirror {

/// Keeps one portal in sync: its streams, their jobs, its budget. It decides which step comes next
/// and what a step's end means; it has no thread and never waits. Thread-safe.
class PortalSync {
 public:
  struct Ports {
    std::shared_ptr<const void> belongings;  ///< what source and sink refer to; goes after them
    std::unique_ptr<PageSource> source;
    std::unique_ptr<RowSink> sink;
    /// Sides of the two above, or of what they belong to; null: links are not read.
    LinkSource* link_source = nullptr;
    LinkSink* link_sink = nullptr;
    SyncObserver& observer;
    const Clock& clock;
    Logger& log;
    Random& random;
    /// Bytes of rows one walk may gather for a transaction.
    size_t flush_bytes = WalkJob::Options{}.flush_bytes;
    /// Where histories come from and go to: source and sink under their other names. Null: no
    /// history is kept.
    HistorySource* history_source = nullptr;
    HistorySink* history_sink = nullptr;
    /// The same for owners, pipelines, lists; null: they are not read.
    ReferenceSource* reference_source = nullptr;
    ReferenceSink* reference_sink = nullptr;
    /// The sink once more; null: nothing is compared.
    VerifySink* verify_sink = nullptr;
    /// Reads the key that values are hashed with; empty when the portal has none.
    std::function<Result<Secret, std::string>()> hash_key = {};
  };
  /// Intervals that ask for more searches than the account allows are lengthened (rule R18).
  PortalSync(PortalPlan plan, std::shared_ptr<RateGovernor> governor,
             std::shared_ptr<SourceClock> source_clock, Ports ports);
  ~PortalSync();
  PortalSync(const PortalSync&) = delete;
  PortalSync& operator=(const PortalSync&) = delete;

  const PortalKey& key() const { return plan_.key; }
  const PortalPlan& plan() const { return plan_; }

  /// The portal's custom types, once they were read and if the plan asks for any.
  std::optional<std::vector<CustomType>> found_types() const;

  /// A step to make now. `stream` is -1 for the portal's own jobs.
  struct Assignment {
    Job* job = nullptr;
    int stream = -1;
    size_t task = 0;
    StepNeed need;
    Instant began{};
  };
  /// The next step, or when to ask again.
  std::variant<Assignment, Instant> Next(Instant now);
  /// Makes the step and takes in how it ended. Never throws.
  void Run(const Assignment& assignment);
  /// No new steps; those under way end by themselves.
  void Stop();
  bool idle() const;

  // What an operator may ask; `object` empty: all streams. False: there is no such stream.
  bool Has(const std::string& object) const;
  std::vector<std::string> objects() const;
  void Poll(const std::string& object);
  void Pause(const std::string& object, bool paused);
  void Backfill(const std::string& object);
  void Resolve(const std::string& object, bool accept);
  void Refresh(const std::string& object, RecordId id);

  /// What tells the end of an operation.
  struct Runs {
    /// By stream, the run of its job that will have been this operation's; empty where forced jobs
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

  /// Tells the observer how everything stands; called about once a second. Returns the bytes of
  /// rows that are read and not yet committed.
  int64_t Report(Instant now);

 private:
  struct Stream {
    std::shared_ptr<StreamContext> context;
    std::shared_ptr<ChangesJob> changes;
    std::shared_ptr<WalkJob> sweep;
    std::shared_ptr<WalkJob> archived;
    std::shared_ptr<VerifyJob> verify;
    std::vector<Task> tasks;
    bool paused = false;
    struct Block {
      Verdict verdict;
      std::string message;
    };
    /// What stops the stream, by the index of the task that met it: only that one's good end shows
    /// that it is over.
    std::map<size_t, Block> blocks;
    Instant block_until{};  ///< no step before; another job's good end shows that some can be made
    /// How often the archived list is walked, when its share of the day asks for a longer period.
    std::optional<Duration> archived_stretched;
    /// How often the live list is walked because the type cannot be searched.
    std::optional<Duration> walked_every;
    StreamState noted_state = StreamState::kPassive;  ///< as last written to the database
    std::string noted_reason;
    std::optional<StreamState> logged_state;
    std::string logged_reason;
    Instant backfill_began{};
    int64_t backfill_from = 0;
  };

  void BuildStreams() REQUIRES(mutex_);
  void AddReferenceJobs() REQUIRES(mutex_);
  void AddLinkJobs(Stream& stream);
  /// A step that could be made now, if there is a slot.
  struct Candidate {
    Priority priority;
    size_t order;
    int stream;
    size_t task;
    StepNeed need;
  };
  std::variant<Assignment, Instant> NextOfPortal(Instant now) REQUIRES(mutex_);
  void Offer(int stream, size_t index, Instant now, std::vector<Candidate>& candidates,
             Instant& wake) REQUIRES(mutex_);
  /// All of them, the most important first.
  std::vector<Candidate> Offers(Instant now, Instant& wake) REQUIRES(mutex_);
  /// The most important step of streams and reference tables.
  std::variant<Assignment, Instant> NextOfAll(Instant now) REQUIRES(mutex_);
  /// Takes the slots a step needs; when they are not free, says when to ask again.
  std::optional<Instant> TakeSlot(const StepNeed& need, Pace pace, Instant now) REQUIRES(mutex_);
  Task& TaskAt(int stream, size_t index) REQUIRES(mutex_);
  /// Whether it is the portal's first job, on which all others wait.
  bool IsOpening(const Assignment& assignment) const;
  void Ended(const Assignment& assignment, const StepOutcome& outcome, int requests);
  void Failed(const Assignment& assignment, const Failure& failure, Instant now) REQUIRES(mutex_);
  void SayHeld(const Verdict& verdict, const Failure& failure) const;
  void HoldPortal(const Verdict& verdict, const Failure& failure, Instant now) REQUIRES(mutex_);
  void CycleEnded(const Assignment& assignment, const StepOutcome& outcome, Instant now)
      REQUIRES(mutex_);
  /// What stopped this task is over, and the stream's other tasks need not wait.
  void EndBlock(const Assignment& assignment, Instant now) REQUIRES(mutex_);
  Duration NextPeriod(Stream& stream, Task& task) REQUIRES(mutex_);
  /// How often the live list is walked: more often where it alone tells of changes or archives.
  Duration SweepPeriod(Stream& stream) const REQUIRES(mutex_);
  /// Once the archived list is found to be missing, a sweep that was planned for later comes early.
  void HastenSweep(Stream& stream, Instant now) const REQUIRES(mutex_);
  /// `period`, or as much longer as makes a walk of so many pages a tenth of our day (rule R19).
  /// `otherwise`: our day where it is not known.
  Duration Affordable(Duration period, int64_t pages, std::optional<int64_t> otherwise = {}) const;
  Duration Early(Duration period) const;
  void OnOpen();
  std::vector<std::shared_ptr<ReferenceJob>> ReferenceJobs() const;
  /// When a job that reads everything is due again, by what is stored of it.
  Instant DueAfter(const JobProgress& progress, Task& task, Instant now) const;
  void LoadStream(Stream& stream, const StoredStream& stored, Instant now) REQUIRES(mutex_);
  void OnClosed();
  std::vector<PortalJob::StateNote> ChangedStates();
  /// What a person should see to; said to the log once.
  std::vector<std::string> Warnings() REQUIRES(mutex_);
  StreamStatus StatusOf(Stream& stream, Instant now) REQUIRES(mutex_);
  /// Says so once when state or reason are others than before.
  void LogState(Stream& stream, const StreamStatus& status) REQUIRES(mutex_);
  void FillState(const Stream& stream, Instant now, StreamStatus& status) const REQUIRES(mutex_);
  std::vector<Stream*> Streams(const std::string& object) REQUIRES(mutex_);
  void Force(Stream& stream, OperationKind kind, Instant now) REQUIRES(mutex_);
  void NoteProgress(Stream& stream, OperationKind kind, const Runs& runs, Instant now,
                    OperationProgress& progress) REQUIRES(mutex_);
  void NoteForced(Stream& stream, OperationKind kind, Instant now, OperationProgress& progress)
      REQUIRES(mutex_);

  const PortalPlan plan_;
  const std::shared_ptr<RateGovernor> governor_;
  const std::shared_ptr<SourceClock> source_clock_;
  const Ports ports_;

  mutable Mutex mutex_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::string> said_missing_readers_ GUARDED_BY(mutex_);
  bool opened_before_ GUARDED_BY(mutex_) = false;
  int running_ GUARDED_BY(mutex_) = 0;
  LinkPartners link_partners_;
  std::shared_ptr<PortalJob> portal_job_ GUARDED_BY(mutex_);
  /// The portal's own: opening and keeping it first, then its reference tables.
  std::vector<Task> portal_tasks_ GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<ReferenceJob>> reference_jobs_ GUARDED_BY(mutex_);
  std::vector<Stream> streams_ GUARDED_BY(mutex_);
  std::optional<Verdict> hold_ GUARDED_BY(mutex_);
  std::string hold_message_ GUARDED_BY(mutex_);
  Instant hold_until_ GUARDED_BY(mutex_){};
  int hold_attempts_ GUARDED_BY(mutex_) = 0;
  std::optional<Instant> throttled_since_ GUARDED_BY(mutex_);
  size_t turn_ GUARDED_BY(mutex_) = 0;  ///< streams take turns at equal priority
};

}  // namespace hubmirror
