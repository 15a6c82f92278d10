#include "jobs/stream_job.h"

#include "base/finally.h"

namespace hubmirror {
namespace {

// Someone dropped a table or a column of ours: the catalog creates them again.
bool TableIsGone(const DatabaseError& error) {
  return error.sqlstate() == "42P01" || error.sqlstate() == "42703";
}

}  // namespace

std::optional<StepNeed> StreamJob::Next(Instant now) {
  if (stepping_.load()) return std::nullopt;
  if (!works_without_table() && !stream_->table().Now()) return std::nullopt;
  // The catalog still learns what the portal lists, and nothing else goes on.
  if (traits().writes_values && !facts().suspicion(Brake::kValuesLost).empty()) return std::nullopt;
  switch (memory_.load()) {
    case Memory::kLoading:
      return std::nullopt;
    case Memory::kStale:
      return StepNeed{};
    case Memory::kGood:
      return NextStep(now);
  }
  return std::nullopt;
}

StepOutcome StreamJob::Step(Instant now, const StepNeed& granted) {
  if (overlaps()) return MakeStep(now, granted);
  if (stepping_.exchange(true)) return StepOutcome::Unused();
  const Finally done([this] { stepping_.store(false); });
  return MakeStep(now, granted);
}

StepOutcome StreamJob::MakeStep(Instant now, const StepNeed& granted) {
  try {
    if (Memory stale = Memory::kStale; memory_.compare_exchange_strong(stale, Memory::kLoading)) {
      TakeUp(stream_->store().rows.Load(stream_->object()));
      return StepOutcome::More();
    }
    if (memory_.load() == Memory::kLoading) return StepOutcome::Unused();
    const TableShapePtr table = stream_->table().Now();
    if (!works_without_table() && !table) return StepOutcome::Unused();
    if (!overlaps()) {
      const auto need = NextStep(now);
      if (!need || !granted.Covers(*need)) return StepOutcome::Unused();
    }
    return DoStep(now, granted, table);
  } catch (const DatabaseError& error) {
    GoBack();
    if (TableIsGone(error)) stream_->table().Drop();
    throw;
  } catch (...) {
    GoBack();
    throw;
  }
}

void StreamJob::GoBack() {
  memory_.store(Memory::kStale);
  Abandon();
}

void StreamJob::TakeUp(const StoredStream& stored) {
  LoadFrom(stored);
  if (afresh()) Abandon();
  memory_.store(Memory::kGood);
}

CommitOutcome StreamJob::Write(Commit commit, std::optional<EndedWalk> ended) {
  const bool progress = commit.progress.contains(kind());
  CommitOutcome outcome = stream_->Write(kind(), std::move(commit), ended);
  if (progress) ProgressStored();
  return outcome;
}

void StreamJob::Restart() {
  afresh_.store(true);
  if (memory_.load() == Memory::kGood) Abandon();
}

void StreamJob::Load(const StoredStream& stored) {
  Abandon();
  TakeUp(stored);
}

}  // namespace hubmirror
