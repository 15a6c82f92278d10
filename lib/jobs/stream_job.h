#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "jobs/job.h"
#include "jobs/stream_context.h"

namespace hubmirror {

/// A job of a stream that keeps its cursor in the database. If a step throws, the job forgets what
/// it holds in memory and resumes from what is stored (rule R7). Thread-safe.
class StreamJob : public Job {
 public:
  explicit StreamJob(std::shared_ptr<StreamContext> stream) : stream_(std::move(stream)) {}

  std::optional<StepNeed> Next(Instant now) final;
  StepOutcome Step(Instant now, const StepNeed& granted) final;
  void Load(const StoredStream& stored) final;
  /// What is stored of a cycle is discarded too: until the new one has stored something, whatever
  /// makes the job go back to what is stored makes it begin anew.
  void Restart() override;

 protected:
  StreamContext& stream() const { return *stream_; }
  const ObjectType& object() const { return stream_->object(); }
  StreamFacts facts() const { return stream_->facts().Now(); }
  /// Tells the other jobs; see SharedFacts::Tell.
  template <typename Change>
  auto Tell(Change&& change) const {
    return stream_->facts().Tell(std::forward<Change>(change));
  }

  /// Writes what it has read, as far as it has come.
  CommitOutcome Write(Commit commit, std::optional<EndedWalk> ended = {});
  /// Its progress is stored by other means than Write.
  void ProgressStored() { afresh_.store(false); }
  /// It was restarted, and has stored nothing since.
  bool afresh() const { return afresh_.load(); }

  virtual std::optional<StepNeed> NextStep(Instant now) = 0;
  /// `table` as it stands when the step begins; never null, except for a job that works without it.
  /// The step keeps this shape for whatever it requests from HubSpot. `granted` covers what
  /// NextStep asks for now; a job whose steps overlap must check that itself once it has chosen
  /// what to do.
  virtual StepOutcome DoStep(Instant now, const StepNeed& granted, const TableShapePtr& table) = 0;
  virtual void LoadFrom(const StoredStream& stored) = 0;
  /// Forgets everything that was not committed.
  virtual void Abandon() = 0;
  /// Whether steps may overlap. If not, they run one after another, and only what other threads
  /// read needs a guard.
  virtual bool overlaps() const { return false; }
  /// Whether it can work before the table exists.
  virtual bool works_without_table() const { return false; }

 private:
  enum class Memory { kGood, kStale, kLoading };

  StepOutcome MakeStep(Instant now, const StepNeed& granted);
  void TakeUp(const StoredStream& stored);
  /// To what is stored, whatever ended the step.
  void GoBack();

  const std::shared_ptr<StreamContext> stream_;
  std::atomic<Memory> memory_{Memory::kStale};
  std::atomic<bool> stepping_{false};  ///< used by jobs that do not overlap
  std::atomic<bool> afresh_{false};    ///< what is stored is not continued
};

}  // namespace hubmirror
