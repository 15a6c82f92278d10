#pragma once

#include <memory>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "budget/rate_governor.h"
#include "jobs/links/links_job.h"
#include "jobs/reference/portal_job.h"
#include "jobs/walk/walk_job.h"
#include "model/portal/controls.h"
#include "model/portal/portal_plan.h"
#include "model/portal/sync_observer.h"
#include "model/source/portal_source.h"
#include "model/store/portal_store.h"
#include "sync/portal_operations.h"
#include "sync/portal_report.h"
#include "sync/portal_state.h"
#include "sync/step_chooser.h"
#include "sync/timetable.h"

namespace hubmirror {

/// Keeps one portal in sync: builds the jobs of its streams, offers them to its chooser, makes
/// their steps and notes how they end. StepChooser decides what comes next, PortalStanding who
/// waits, Timetable when again. It has no thread and never waits. Thread-safe.
class PortalSync {
 public:
  /// What it works with besides its portal; must outlive it.
  struct Parts {
    SyncObserver& observer;
    const Clock& clock;
    Logger& log;
    Random& random;
  };
  PortalSync(PortalPlan plan, std::shared_ptr<RateGovernor> governor, PortalSource source,
             PortalStore store, Parts parts);
  ~PortalSync();
  PortalSync(const PortalSync&) = delete;
  PortalSync& operator=(const PortalSync&) = delete;

  const PortalKey& key() const { return plan_.key; }
  const PortalPlan& plan() const { return plan_; }

  /// The portal's custom types, once they were read and if the plan asks for any.
  std::optional<std::vector<CustomType>> found_types() const;

  /// A step to make now.
  struct Assignment {
    Job* job = nullptr;
    size_t place = 0;  ///< see StepChooser
    size_t task = 0;
    StepNeed need;
    Instant began{};
  };
  /// The next step, or when to ask again.
  std::variant<Assignment, Instant> Next(Instant now);
  /// Makes the step and takes in how it ended. Never throws.
  void Run(const Assignment& assignment);
  /// No new steps; those under way are left to finish.
  void Stop();
  bool idle() const;

  /// What an operator may ask.
  PortalOperations& operations() { return operations_; }

  /// Reports the state of everything to the observer.
  PortalReport::Told Report(Instant now) { return report_.Tell(state_, now); }
  /// The same, called about once a second, unless no step was made since and it is not long ago: of
  /// a thousand portals most have nothing new to say.
  PortalReport::Told ReportNews(Instant now);

 private:
  void AddOpening() REQUIRES(state_.mutex);
  void AddFeedJob() REQUIRES(state_.mutex);
  void AddReferenceJobs() REQUIRES(state_.mutex);
  void AddStream(const StreamPlan& plan) REQUIRES(state_.mutex);
  void AddWriteJob(SyncedStream& stream);
  void AddLinkJobs(SyncedStream& stream);

  std::variant<Assignment, Instant> NextOfPortal(Instant now) REQUIRES(state_.mutex);
  /// The next step of streams and reference tables.
  std::variant<Assignment, Instant> NextOfAll(Instant now) REQUIRES(state_.mutex);
  void Offer(size_t place, size_t task, Instant now,
             std::vector<StepChooser::Candidate>& candidates, Instant& wake) REQUIRES(state_.mutex);
  /// All steps that could be made now; `wake`: when there may be others.
  std::vector<StepChooser::Candidate> Offers(Instant now, Instant& wake) REQUIRES(state_.mutex);
  /// The streams whose first load comes before everything else.
  std::set<size_t> FirstToLoad(Instant now) const REQUIRES(state_.mutex);
  /// Takes the slots a step needs; when they are not free, says when to ask again.
  std::optional<Instant> TakeSlot(const StepNeed& need, Pace pace, Instant now)
      REQUIRES(state_.mutex);
  Assignment Begin(size_t place, size_t task, const StepNeed& need, Instant now)
      REQUIRES(state_.mutex);

  /// Whether it is a step of a first load.
  bool Loads(const Assignment& assignment) const;
  /// The end of a first load is what people wait for.
  void TellLoaded();
  void Ended(const Assignment& assignment, const StepOutcome& outcome, int requests);
  /// What was refused while a stream was stopped is asked for again once it goes on.
  void AskRefusedAgain(size_t place, Instant now) REQUIRES(state_.mutex);
  void CycleEnded(const Assignment& assignment, const StepOutcome& outcome, Instant now)
      REQUIRES(state_.mutex);
  void Opened(Task& opening, Instant now) REQUIRES(state_.mutex);
  void Failed(const Assignment& assignment, const Failure& failure, Instant now)
      REQUIRES(state_.mutex);
  void SayFailed(const Assignment& assignment, const Failure& failure, const Verdict& verdict,
                 int attempt) REQUIRES(state_.mutex);
  void HoldPortal(const Verdict& verdict, const Failure& failure, Instant now)
      REQUIRES(state_.mutex);
  void SayHeld(const Verdict& verdict, const Failure& failure) const;

  void OnOpen();
  void OnClosed();
  std::vector<std::shared_ptr<ReferenceJob>> ReferenceJobs() const;
  void LoadStream(SyncedStream& stream, const StoredStream& stored, Instant now)
      REQUIRES(state_.mutex);
  /// When a job that reads everything is due again, by what is stored of it.
  Instant DueAfter(const JobProgress& progress, Task& task, Instant now) const;

  const PortalPlan plan_;
  const std::shared_ptr<RateGovernor> governor_;
  const PortalSource source_;
  const PortalStore store_;
  const Parts parts_;
  const Timetable timetable_;

  PortalState state_;
  PortalReport report_;
  PortalOperations operations_;
  std::shared_ptr<PortalJob> portal_job_;
  StepChooser chooser_ GUARDED_BY(state_.mutex);
  bool stopping_ GUARDED_BY(state_.mutex) = false;
  int running_ GUARDED_BY(state_.mutex) = 0;
};

}  // namespace hubmirror
