#include "sync/portal_operations.h"

#include <algorithm>
#include <utility>

#include "sync/operation_cost.h"

namespace hubmirror {
namespace {

constexpr auto kAskedByOperator = "an operator asked for it";

bool IsFilling(const StreamContext& context) {
  const MirrorTablePtr table = context.table().layout();
  if (!table) return true;
  return std::any_of(table->columns.begin(), table->columns.end(), [](const MirrorColumn& column) {
    return column.state == PropertyState::kFilling && !column.definition->archived;
  });
}

bool NeedsAPerson(StreamState state) {
  return state == StreamState::kBlocked || state == StreamState::kSuspicious ||
         state == StreamState::kPaused || state == StreamState::kPassive;
}

void Force(Task& task, bool loaded, Instant now) {
  // What is in the midst of a step ends its cycle, and another one follows.
  if (task.traits().afresh_when_forced && loaded && task.running() == 0) task.Reset(now);
  task.Force(now);
}

/// What the layout of a table could not be given, and why.
void NoteBlockedColumns(const StreamContext& context, OperationProgress& progress) {
  const MirrorTablePtr table = context.table().layout();
  if (!table) return;
  for (const MirrorColumn& column : table->columns) {
    if (column.blocked_by.empty()) continue;
    progress.blocked.push_back(table->name() + "." + column.property() + ": " + column.blocked_by);
  }
}

}  // namespace

void PortalOperations::Poll(const std::string& object) {
  MutexLock lock(state_.mutex);
  const Instant now = clock_.Now();
  state_.standing.TryPortalNow(now);
  for (const size_t stream : state_.StreamsOf(object)) {
    state_.standing.TryStreamNow(stream, now);
    for (Task& task : state_.streams[stream].tasks) {
      task.RetryNow();
      if (task.traits().forced_by.contains(OperationKind::kPoll)) task.DueAt(now);
    }
  }
}

void PortalOperations::Pause(const std::string& object, bool paused) {
  MutexLock lock(state_.mutex);
  for (const size_t stream : state_.StreamsOf(object)) state_.standing.Pause(stream, paused);
}

void PortalOperations::Backfill(const std::string& object) {
  MutexLock lock(state_.mutex);
  for (const size_t stream : state_.StreamsOf(object)) {
    state_.streams[stream].context->WantSweep(kAskedByOperator);
  }
}

void PortalOperations::Resolve(const std::string& object, bool accept) {
  MutexLock lock(state_.mutex);
  for (const size_t stream : state_.StreamsOf(object)) {
    StreamContext& context = *state_.streams[stream].context;
    if (accept) context.facts().Accept();
    context.facts().NotePending();
  }
}

void PortalOperations::Refresh(const std::string& object, RecordId id) {
  MutexLock lock(state_.mutex);
  for (const size_t stream : state_.StreamsOf(object)) {
    state_.streams[stream].context->RequestRefresh(id);
  }
}

PortalOperations::Runs PortalOperations::Start(OperationKind kind, const ControlTarget& target,
                                               bool repair) {
  MutexLock lock(state_.mutex);
  const Instant now = clock_.Now();
  const std::string object = target.object.value_or("");
  Runs runs{.of_jobs = {}, .holds = state_.standing.holds().count()};
  if (kind == OperationKind::kPoll) {
    // A look that finds nothing writes nothing: that the database is there is seen apart.
    Task& heartbeat = state_.opening();
    heartbeat.DueAt(now);
    runs.heartbeat = heartbeat.cycles() + 1;
  }
  for (const size_t stream : state_.StreamsOf(object)) {
    StartIn(state_.streams[stream], kind, target, repair, now, runs);
  }
  if (!object.empty()) return runs;
  for (Task& task : state_.portal_tasks) {
    if (task.traits().forced_by.contains(kind)) Force(task, true, now);
  }
  return runs;
}

void PortalOperations::StartIn(SyncedStream& stream, OperationKind kind,
                               const ControlTarget& target, bool repair, Instant now, Runs& runs) {
  StreamContext& context = *stream.context;
  const bool loaded = stream.facts().loaded();
  for (Task& task : stream.tasks) {
    if (task.traits().forced_by.contains(kind)) Force(task, loaded, now);
  }
  int64_t& run = runs.of_jobs[context.key().object];
  switch (kind) {
    case OperationKind::kSettle:
    case OperationKind::kResolve:
      context.facts().NotePending();
      break;
    case OperationKind::kBackfill:
      context.WantSweep(kAskedByOperator);
      run = stream.TaskOf(JobKind::kSweep).cycles() + 1;
      break;
    case OperationKind::kRefresh:
      context.records().Follow(*target.id);
      context.RequestRefresh(*target.id);
      break;
    case OperationKind::kVerify: {
      Task& task = stream.TaskOf(JobKind::kVerify);
      if (task.running() == 0) {
        task.job().Restart();
        task.Reset(now);
      }
      task.DueAt(now);
      run = stream.verify->Want(repair);
      break;
    }
    case OperationKind::kPoll:
    case OperationKind::kApplySchema:
      break;
  }
  if (run == 0) runs.of_jobs.erase(context.key().object);
}

void PortalOperations::End(OperationKind kind, const ControlTarget& target) {
  MutexLock lock(state_.mutex);
  const auto end_force = [kind](Task& task) {
    if (task.traits().forced_by.contains(kind)) task.EndForce();
  };
  for (const size_t i : state_.StreamsOf(target.object.value_or(""))) {
    SyncedStream& stream = state_.streams[i];
    if (kind == OperationKind::kRefresh) stream.context->records().Unfollow(*target.id);
    for (Task& task : stream.tasks) end_force(task);
  }
  for (Task& task : state_.portal_tasks) end_force(task);
}

OperationProgress PortalOperations::ProgressOf(OperationKind kind, const ControlTarget& target,
                                               const Runs& runs) {
  MutexLock lock(state_.mutex);
  const std::string object = target.object.value_or("");
  const std::vector<size_t> streams = state_.StreamsOf(object);
  const Instant now = clock_.Now();
  OperationProgress progress;
  for (const size_t stream : streams) NoteProgress(stream, kind, runs, now, progress);
  if (kind == OperationKind::kPoll && progress.troubled.empty() &&
      state_.opening().cycles() < runs.heartbeat) {
    ++progress.jobs_left;
  }
  if (kind == OperationKind::kRefresh && progress.troubled.empty()) {
    for (const size_t stream : streams) {
      progress.found = state_.streams[stream].context->records().FoundAs(*target.id);
    }
    progress.jobs_left = progress.found ? 0 : 1;
  }
  if (object.empty()) {
    for (const Task& task : state_.portal_tasks) {
      if (task.forced() && task.traits().forced_by.contains(kind)) ++progress.jobs_left;
    }
  }
  progress.done = progress.jobs_left == 0 && progress.pending == 0;
  return progress;
}

void PortalOperations::NoteProgress(size_t index, OperationKind kind, const Runs& runs, Instant now,
                                    OperationProgress& progress) {
  SyncedStream& stream = state_.streams[index];
  const StreamContext& context = *stream.context;
  const StreamFacts facts = stream.facts();
  const std::string& object = context.key().object;
  const auto run = runs.of_jobs.find(object);
  if (kind == OperationKind::kVerify) {
    if (run == runs.of_jobs.end()) return;
    const VerifyJob::Finished finished = stream.verify->finished();
    if (finished.number >= run->second) {
      progress.verified.emplace(object, finished.report);
      progress.checked += finished.report.checked;
      progress.expected += finished.report.checked;
      return;
    }
  }
  const StreamStatus status = report_.StatusOf(state_, index, now);
  // Whoever asked looks at the status next: it must not be a second old then.
  observer_.OnStreamStatus(context.key(), status);
  // Whoever wants an answer now is told why there is none, after one more attempt.
  const bool at_once = kind == OperationKind::kPoll || kind == OperationKind::kRefresh;
  const bool closed =
      at_once && state_.standing.hold() && state_.standing.holds().count() > runs.holds;
  if (NeedsAPerson(status.state) || closed) {
    progress.troubled.push_back({.stream = context.key(),
                                 .state = std::string(NameOf(status.state)),
                                 .reason = status.reason,
                                 .message = status.message});
    return;
  }
  if (kind == OperationKind::kVerify) {
    // One that was under way before has ended meanwhile.
    if (Task& task = stream.TaskOf(JobKind::kVerify); !task.in_cycle()) task.DueAt(now);
    ++progress.jobs_left;
    progress.checked += stream.verify->checked();
    progress.expected += std::max(stream.verify->checked(), facts.rows);
  } else if (kind == OperationKind::kBackfill) {
    const bool ended =
        run == runs.of_jobs.end() || stream.TaskOf(JobKind::kSweep).cycles() >= run->second;
    const WalkJob::Progress walk = stream.sweep->progress();
    if (!ended) ++progress.jobs_left;
    progress.checked += ended ? facts.rows : walk.done;
    progress.expected += ended ? facts.rows : std::max(walk.done, walk.expected);
  } else {
    NoteForced(stream, kind, now, progress);
  }
}

void PortalOperations::NoteForced(SyncedStream& stream, OperationKind kind, Instant now,
                                  OperationProgress& progress) {
  const StreamContext& context = *stream.context;
  for (Task& task : stream.tasks) {
    const JobTraits& traits = task.traits();
    if (task.forced() && traits.forced_by.contains(kind)) ++progress.jobs_left;
    if (!traits.awaited_by.contains(kind)) continue;
    const bool more = task.job().has_more_to_do();
    if (task.in_cycle() || more) ++progress.jobs_left;
    if (more) task.DueAt(now);
  }
  const StreamFacts facts = stream.facts();
  if (kind == OperationKind::kApplySchema) NoteBlockedColumns(context, progress);
  const bool settle = kind == OperationKind::kSettle;
  if (settle && IsFilling(context)) ++progress.jobs_left;
  if (settle && facts.debts.archived.stand()) ++progress.jobs_left;
  if (!settle && kind != OperationKind::kResolve) return;
  progress.pending +=
      facts.pending_noted ? std::max<int64_t>(1, facts.pending.waiting) : facts.pending.waiting;
}

OperationCost PortalOperations::CostOf(OperationKind kind, const std::string& object) const {
  const PortalStatus portal = governor_.Status(clock_.Now());
  OperationCost cost{.parts = {},
                     .daily_share = portal.daily_share,
                     .requests_today = portal.requests_today,
                     .at_least = {}};
  const auto add = [&cost](std::vector<OperationCost::Part> parts) {
    cost.parts.insert(cost.parts.end(), parts.begin(), parts.end());
  };
  {
    MutexLock lock(state_.mutex);
    for (const size_t stream : state_.StreamsOf(object)) {
      const StreamContext& context = *state_.streams[stream].context;
      const StreamFacts facts = context.facts().Now();
      add(CostOfOperation(kind, plan_, context.plan(),
                          {.rows = facts.rows, .pending = facts.pending.waiting}));
    }
  }
  if (object.empty()) add(CostBesideStreams(kind));
  constexpr int64_t kSmallestBurst = 100;
  const int64_t burst = portal.burst_limit.value_or(kSmallestBurst);
  cost.at_least = std::chrono::seconds(cost.requests() * 10 / std::max<int64_t>(1, burst));
  return cost;
}

}  // namespace hubmirror
