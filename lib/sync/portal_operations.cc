// What an operator may ask of a portal, and what is told of it. The stepping is in portal_sync.cc.

#include <algorithm>
#include <utility>

#include "base/count_text.h"
#include "sync/operation_cost.h"
#include "sync/portal_sync.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

// HubSpot locks records and moves accounts in bursts that end by themselves.
constexpr auto kWaitSaid = 2min;

bool IsSettleJob(JobKind kind) {
  return kind == JobKind::kCatalog || kind == JobKind::kChanges || kind == JobKind::kSweep ||
         kind == JobKind::kArchived || kind == JobKind::kLinks;
}

/// Whether an operation makes a job run at once, at top priority.
bool Forces(OperationKind operation, JobKind job) {
  switch (operation) {
    case OperationKind::kSettle:
      return IsSettleJob(job);
    case OperationKind::kPoll:
      return job == JobKind::kChanges;
    case OperationKind::kApplySchema:
      return job == JobKind::kCatalog;
    case OperationKind::kBackfill:
    case OperationKind::kResolve:
    case OperationKind::kRefresh:
    case OperationKind::kVerify:
      break;
  }
  return false;
}

bool IsFilling(const StreamContext& context) {
  const MirrorTablePtr table = context.table();
  if (!table) return true;
  return std::any_of(table->columns.begin(), table->columns.end(), [](const MirrorColumn& column) {
    return column.state == PropertyState::kFilling && !column.definition.archived;
  });
}

std::string InWords(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  return seconds < 120 ? std::to_string(seconds) + " s" : std::to_string(seconds / 60) + " minutes";
}

bool NeedsAPerson(StreamState state) {
  return state == StreamState::kBlocked || state == StreamState::kSuspicious ||
         state == StreamState::kPaused || state == StreamState::kPassive;
}

std::string OneWayInWords(const std::vector<std::string>& others) {
  if (others.empty()) return "";
  std::string names;
  for (const std::string& other : others) names += (names.empty() ? "" : ", ") + other;
  return "HubSpot shows the associations with " + names +
         " from this side only: they are read here";
}

}  // namespace

std::vector<PortalSync::Stream*> PortalSync::Streams(const std::string& object) {
  std::vector<Stream*> found;
  for (Stream& stream : streams_) {
    if (object.empty() || stream.context->key().object == object) found.push_back(&stream);
  }
  return found;
}

bool PortalSync::Has(const std::string& object) const {
  return std::any_of(plan_.streams.begin(), plan_.streams.end(),
                     [&](const StreamPlan& stream) { return stream.object.name == object; });
}

std::vector<std::string> PortalSync::objects() const {
  std::vector<std::string> names;
  for (const StreamPlan& stream : plan_.streams) names.push_back(stream.object.name);
  return names;
}

void PortalSync::Poll(const std::string& object) {
  MutexLock lock(mutex_);
  const Instant now = ports_.clock.Now();
  hold_until_ = now;
  for (Stream* stream : Streams(object)) {
    stream->block_until = now;
    for (Task& task : stream->tasks) {
      task.RetryNow();
      if (task.kind() == JobKind::kChanges) task.DueAt(now);
    }
  }
}

void PortalSync::Pause(const std::string& object, bool paused) {
  MutexLock lock(mutex_);
  for (Stream* stream : Streams(object)) stream->paused = paused;
}

void PortalSync::Backfill(const std::string& object) {
  MutexLock lock(mutex_);
  for (Stream* stream : Streams(object)) stream->context->WantSweep("an operator asked for it");
}

void PortalSync::Resolve(const std::string& object, bool accept) {
  MutexLock lock(mutex_);
  for (Stream* stream : Streams(object)) {
    if (accept) stream->context->AcceptSuspicion();
    stream->context->NotePending();
  }
}

void PortalSync::Refresh(const std::string& object, RecordId id) {
  MutexLock lock(mutex_);
  for (Stream* stream : Streams(object)) stream->context->RequestRefresh(id);
}

void PortalSync::Force(Stream& stream, OperationKind kind, Instant now) {
  for (Task& task : stream.tasks) {
    if (!Forces(kind, task.kind())) continue;
    // A walk under way, or one that a restart would go on with, may have passed what changed
    // since: it begins again. Not the backfill.
    const bool walk = task.kind() == JobKind::kSweep || task.kind() == JobKind::kArchived ||
                      task.kind() == JobKind::kLinks;
    if (walk && stream.context->loaded() && task.running() == 0) {
      task.job().Restart();
      task.Reset(now);
    }
    if (task.kind() == JobKind::kCatalog) task.job().Restart();
    task.Force(now);
  }
}

PortalSync::Runs PortalSync::Start(OperationKind kind, const ControlTarget& target, bool repair) {
  MutexLock lock(mutex_);
  const Instant now = ports_.clock.Now();
  const std::string object = target.object.value_or("");
  Runs runs{.of_jobs = {}, .holds = hold_attempts_};
  if (kind == OperationKind::kPoll) {
    // A look that finds nothing writes nothing: that the database is there is seen apart.
    Task& heartbeat = portal_tasks_.front();
    heartbeat.DueAt(now);
    runs.heartbeat = heartbeat.cycles() + 1;
  }
  for (Stream* stream : Streams(object)) {
    Force(*stream, kind, now);
    if (kind == OperationKind::kSettle || kind == OperationKind::kResolve) {
      stream->context->NotePending();
    }
    if (kind == OperationKind::kBackfill) stream->context->WantSweep("an operator asked for it");
    if (kind == OperationKind::kRefresh) {
      stream->context->FollowRefresh(*target.id);
      stream->context->RequestRefresh(*target.id);
    }
    for (Task& task : stream->tasks) {
      if (kind == OperationKind::kBackfill && task.kind() == JobKind::kSweep) {
        runs.of_jobs[stream->context->key().object] = task.cycles() + 1;
      }
      if (kind != OperationKind::kVerify || task.kind() != JobKind::kVerify) continue;
      if (task.running() == 0) {
        task.job().Restart();
        task.Reset(now);
      }
      task.DueAt(now);
      runs.of_jobs[stream->context->key().object] = stream->verify->Want(repair);
    }
  }
  if (kind != OperationKind::kSettle || !object.empty()) return runs;
  for (size_t i = 1; i < portal_tasks_.size(); ++i) {
    portal_tasks_[i].job().Restart();
    portal_tasks_[i].Force(now);
  }
  return runs;
}

void PortalSync::End(OperationKind kind, const ControlTarget& target) {
  MutexLock lock(mutex_);
  for (Stream* stream : Streams(target.object.value_or(""))) {
    if (kind == OperationKind::kRefresh) stream->context->EndRefresh(*target.id);
    for (Task& task : stream->tasks) {
      if (Forces(kind, task.kind())) task.EndForce();
    }
  }
  if (kind != OperationKind::kSettle) return;
  for (Task& task : portal_tasks_) task.EndForce();
}

OperationProgress PortalSync::ProgressOf(OperationKind kind, const ControlTarget& target,
                                         const Runs& runs) {
  MutexLock lock(mutex_);
  const std::string object = target.object.value_or("");
  const Instant now = ports_.clock.Now();
  OperationProgress progress;
  for (Stream* stream : Streams(object)) NoteProgress(*stream, kind, runs, now, progress);
  if (kind == OperationKind::kPoll && progress.troubled.empty() &&
      portal_tasks_.front().cycles() < runs.heartbeat) {
    ++progress.jobs_left;
  }
  if (kind == OperationKind::kRefresh && progress.troubled.empty()) {
    for (Stream* stream : Streams(object))
      progress.found = stream->context->RefreshedAs(*target.id);
    progress.jobs_left = progress.found ? 0 : 1;
  }
  if (kind == OperationKind::kSettle && object.empty()) {
    for (size_t i = 1; i < portal_tasks_.size(); ++i) {
      if (portal_tasks_[i].forced()) ++progress.jobs_left;
    }
  }
  progress.done = progress.jobs_left == 0 && progress.pending == 0;
  return progress;
}

void PortalSync::NoteProgress(Stream& stream, OperationKind kind, const Runs& runs, Instant now,
                              OperationProgress& progress) {
  const std::string& object = stream.context->key().object;
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
  const StreamStatus status = StatusOf(stream, now);
  // Whoever asked looks at the status next: it must not be a second old then.
  ports_.observer.OnStreamStatus(stream.context->key(), status);
  // Who wants an answer now is told why there is none, once it was tried again for him.
  const bool at_once = kind == OperationKind::kPoll || kind == OperationKind::kRefresh;
  const bool closed = at_once && hold_ && hold_attempts_ > runs.holds;
  if (NeedsAPerson(status.state) || closed) {
    progress.troubled.push_back({.stream = stream.context->key(),
                                 .state = std::string(NameOf(status.state)),
                                 .reason = status.reason,
                                 .message = status.message});
    return;
  }
  if (kind == OperationKind::kVerify) {
    for (Task& task : stream.tasks) {
      // One that was under way before has ended meanwhile.
      if (task.kind() == JobKind::kVerify && !task.in_cycle()) task.DueAt(now);
    }
    ++progress.jobs_left;
    progress.checked += stream.verify->checked();
    progress.expected += std::max(stream.verify->checked(), stream.context->rows());
  } else if (kind == OperationKind::kBackfill) {
    const auto sweep = std::find_if(stream.tasks.begin(), stream.tasks.end(), [](const Task& task) {
      return task.kind() == JobKind::kSweep;
    });
    const bool ended = run == runs.of_jobs.end() || sweep->cycles() >= run->second;
    const WalkJob::Progress walk = stream.sweep->progress();
    if (!ended) ++progress.jobs_left;
    progress.checked += ended ? stream.context->rows() : walk.done;
    progress.expected += ended ? stream.context->rows() : std::max(walk.done, walk.expected);
  } else {
    NoteForced(stream, kind, now, progress);
  }
}

void PortalSync::NoteForced(Stream& stream, OperationKind kind, Instant now,
                            OperationProgress& progress) {
  const bool settle = kind == OperationKind::kSettle;
  for (Task& task : stream.tasks) {
    if (task.forced() && Forces(kind, task.kind())) ++progress.jobs_left;
    if (settle && task.kind() == JobKind::kRelink &&
        (task.in_cycle() || stream.context->links_due())) {
      ++progress.jobs_left;
      task.DueAt(now);
    }
    const bool resolves = settle || kind == OperationKind::kResolve;
    if (resolves && task.kind() == JobKind::kResolve && task.in_cycle()) ++progress.jobs_left;
  }
  if (settle && IsFilling(*stream.context)) ++progress.jobs_left;
  if (settle && stream.context->archived_walk_wanted()) ++progress.jobs_left;
  const MirrorTablePtr table = stream.context->table();
  if (kind == OperationKind::kApplySchema && table) {
    for (const MirrorColumn& column : table->columns) {
      if (column.blocked_by.empty()) continue;
      progress.blocked.push_back(table->name() + "." + column.property() + ": " +
                                 column.blocked_by);
    }
  }
  if (!settle && kind != OperationKind::kResolve) return;
  progress.pending += stream.context->pending_noted()
                          ? std::max<int64_t>(1, stream.context->pending())
                          : stream.context->pending();
}

OperationCost PortalSync::CostOf(OperationKind kind, const std::string& object) const {
  const PortalStatus portal = governor_->Status(ports_.clock.Now());
  OperationCost cost{.parts = {},
                     .daily_share = portal.daily_share,
                     .requests_today = portal.requests_today,
                     .at_least = {}};
  const auto add = [&cost](std::vector<OperationCost::Part> parts) {
    cost.parts.insert(cost.parts.end(), parts.begin(), parts.end());
  };
  {
    MutexLock lock(mutex_);
    for (const Stream& stream : streams_) {
      const StreamContext& context = *stream.context;
      if (!object.empty() && context.key().object != object) continue;
      add(CostOfOperation(kind, plan_, context.plan(),
                          {.rows = context.rows(), .pending = context.pending()}));
    }
  }
  if (object.empty()) add(CostBesideStreams(kind));
  constexpr int64_t kSmallestBurst = 100;
  const int64_t burst = portal.burst_limit.value_or(kSmallestBurst);
  cost.at_least = std::chrono::seconds(cost.requests() * 10 / std::max<int64_t>(1, burst));
  return cost;
}

std::vector<PortalJob::StateNote> PortalSync::ChangedStates() {
  MutexLock lock(mutex_);
  const Instant now = ports_.clock.Now();
  std::vector<PortalJob::StateNote> notes;
  for (Stream& stream : streams_) {
    const StreamStatus status = StatusOf(stream, now);
    if (status.state == stream.noted_state && status.reason == stream.noted_reason) continue;
    stream.noted_state = status.state;
    stream.noted_reason = status.reason;
    notes.push_back({stream.context->object(), status.state, status.reason, status.message});
  }
  return notes;
}

void PortalSync::LogState(Stream& stream, const StreamStatus& status) {
  if (stream.logged_state == status.state && stream.logged_reason == status.reason) return;
  // Until it is known what was loaded before, nothing has begun.
  const bool starting = status.state == StreamState::kBackfilling && !status.backfill_running;
  if (starting && !stream.logged_state) return;
  const auto before = std::exchange(stream.logged_state, status.state);
  stream.logged_reason = status.reason;
  // After a start all is well until something is said.
  if (!before && status.state == StreamState::kCurrent) return;
  LogLine line{.level = LogLevel::kNotice, .event = "stream.state"};
  switch (status.state) {
    case StreamState::kBlocked:
      line.level = LogLevel::kErr;
      break;
    case StreamState::kSuspicious:
      line.level = LogLevel::kErr;
      line.event = "stream.suspicious";
      break;
    case StreamState::kFailing:
    case StreamState::kLate:
      line.level = LogLevel::kWarning;
      break;
    case StreamState::kBackfilling:
      line.event = "backfill.started";
      break;
    case StreamState::kCurrent:
      if (before == StreamState::kBackfilling) line.event = "backfill.finished";
      break;
    default:
      break;
  }
  line.message = NameOf(status.state);
  if (!status.reason.empty()) line.message += "/" + status.reason;
  if (!status.message.empty()) line.message += ": " + status.message;
  line.fields = {
      {"PORTAL", plan_.key}, {"OBJECT", stream.context->key().object}, {"REASON", status.reason}};
  ports_.log.Write(line);
}

int64_t PortalSync::Report(Instant now) {
  std::vector<std::pair<StreamKey, StreamStatus>> statuses;
  PortalStatus portal;
  {
    MutexLock lock(mutex_);
    int64_t buffered = 0;
    for (Stream& stream : streams_) {
      statuses.emplace_back(stream.context->key(), StatusOf(stream, now));
      // Who asks in SQL should not wait for the next heartbeat to see a new state.
      const StreamStatus& status = statuses.back().second;
      LogState(stream, status);
      if (status.state != stream.noted_state || status.reason != stream.noted_reason) {
        portal_tasks_.front().DueAt(now);
      }
      buffered += stream.sweep->buffered_bytes() + stream.archived->buffered_bytes();
    }
    portal = governor_->Status(now);
    portal.portal_id = plan_.portal_id;
    portal.auth_valid = !hold_ || (hold_->reason != "auth" && hold_->reason != "secret");
    if (hold_) {
      portal.stopped_by = hold_->reason;
      portal.message = hold_message_;
    }
    portal.warnings = Warnings();
    portal.buffered_bytes = buffered;
    for (size_t i = 0; i < reference_jobs_.size(); ++i) {
      for (ReferenceStatus& status : reference_jobs_[i]->statuses()) {
        status.target =
            std::chrono::duration_cast<std::chrono::seconds>(portal_tasks_[i + 1].every());
        portal.reference.push_back(std::move(status));
      }
    }
  }
  for (const auto& [key, status] : statuses) ports_.observer.OnStreamStatus(key, status);
  ports_.observer.OnPortalStatus(plan_.key, portal);
  return portal.buffered_bytes;
}

std::vector<std::string> PortalSync::Warnings() {
  const std::vector<std::string> missing = ports_.sink->MissingReaders();
  std::vector<std::string> warnings;
  for (const std::string& role : missing) {
    warnings.push_back("readers: there is no role " + role +
                       " to let read: create it (CREATE ROLE \"" + role +
                       "\"), and it may read within seconds, or take it out of `readers`");
    const bool said = std::find(said_missing_readers_.begin(), said_missing_readers_.end(), role) !=
                      said_missing_readers_.end();
    if (said) continue;
    ports_.log.Write({.level = LogLevel::kWarning,
                      .event = "readers.missing",
                      .message = warnings.back(),
                      .fields = {{"PORTAL", plan_.key}}});
  }
  said_missing_readers_ = missing;
  return warnings;
}

StreamStatus PortalSync::StatusOf(Stream& stream, Instant now) {
  const StreamContext& context = *stream.context;
  // While the first load runs, a watermark says nothing about the table: what it was followed up to
  // is not all there yet.
  StreamStatus status{
      .verified_until = context.loaded() ? stream.changes->verified_until() : std::nullopt,
      .rows = context.rows_known() ? std::optional(context.rows()) : std::nullopt,
      .pending = context.pending(),
      .unproved = context.unproved(),
      .quarantined = context.quarantined(),
      .freshness_target =
          std::chrono::duration_cast<std::chrono::seconds>(context.plan().freshness_target)};
  const auto source_now = source_clock_->Now(now);
  const WalkJob::Progress walk = stream.sweep->progress();
  if (!opened_before_) {
    status.backfill_done = status.backfill_expected = context.rows();
  } else if (!context.loaded()) {
    status.backfill_running = true;
    status.backfill_done = walk.done;
    status.backfill_expected = walk.expected;
    if (stream.backfill_began == Instant{} && walk.running) {
      stream.backfill_began = now;
      stream.backfill_from = walk.done;
    }
    const double seconds = std::chrono::duration<double>(now - stream.backfill_began).count();
    const int64_t read = walk.done - stream.backfill_from;
    if (read > 0 && seconds > 1 && walk.expected > walk.done) {
      status.backfill_eta = std::chrono::seconds(static_cast<int64_t>(
          seconds * static_cast<double>(walk.expected - walk.done) / static_cast<double>(read)));
    }
  } else {
    stream.backfill_began = {};
    status.backfill_done = status.backfill_expected = context.rows();
  }
  for (const Task& task : stream.tasks) {
    JobStatus job{.last_complete_at = task.last_complete_at(),
                  .last_error = task.last_error(),
                  .last_error_at = task.last_error_at(),
                  .target = std::chrono::duration_cast<std::chrono::seconds>(task.every())};
    if (task.kind() == JobKind::kArchived && stream.archived_stretched) {
      job.target = std::chrono::duration_cast<std::chrono::seconds>(*stream.archived_stretched);
    }
    if (task.kind() == JobKind::kArchived && !context.has_archived_list()) job.target.reset();
    if (source_now && task.due() != Instant{}) {
      job.next_at = *source_now +
                    std::chrono::floor<std::chrono::milliseconds>(std::max(task.due(), now) - now);
    }
    status.jobs.emplace(task.kind(), std::move(job));
  }
  FillState(stream, now, status);
  const PortalStatus budget = governor_->Status(now);
  if (status.state == StreamState::kBackfilling && !budget.stopped_by.empty()) {
    status.reason = budget.stopped_by;
    status.message = budget.message;
    status.backfill_eta.reset();
  }
  // Somebody has to correct them; what follows only explains.
  if (status.message.empty()) status.message = context.names_complaint();
  if (status.message.empty() && stream.walked_every) {
    status.message =
        "HubSpot's search does not know this object type: what changed is found by "
        "walking the whole list every " +
        InWords(*stream.walked_every);
  }
  if (status.message.empty() && status.unproved > 0) {
    status.message =
        Counted(status.unproved, "record") +
        " that HubSpot shows neither as live nor as archived cannot be called deleted, "
        "since it has shown no archived record of this type yet: left out of the live "
        "views until it does, or until `hubmirror resolve " +
        context.key().portal + "/" + context.key().object + " --accept`";
  }
  if (status.message.empty() && !context.has_archived_list()) {
    status.message =
        "HubSpot has no archived list of this object type: who was archived is found by walking "
        "the live list every " +
        InWords(*status.jobs.at(JobKind::kSweep).target);
  }
  if (status.message.empty() && stream.archived_stretched) {
    status.message =
        "the archived list is walked every " + InWords(*stream.archived_stretched) +
        " instead of as often as configured: a tenth of the day's requests is its share";
  }
  if (status.message.empty()) status.message = context.distrust();
  if (status.message.empty()) {
    status.message = OneWayInWords(link_partners_.OneWayFrom(context.object()));
  }
  if (status.state == StreamState::kCurrent && status.verified_until && source_now &&
      *source_now - *status.verified_until > context.plan().freshness_target) {
    status.state = StreamState::kLate;
    status.reason = "freshness_target";
    status.message = budget.message.empty()
                         ? "older than its freshness target: look at quota and intervals"
                         : budget.message;
  }
  return status;
}

void PortalSync::FillState(const Stream& stream, Instant now, StreamStatus& status) const {
  const auto is = [&status](StreamState state, std::string reason, std::string message) {
    status.state = state;
    status.reason = std::move(reason);
    status.message = std::move(message);
  };
  if (stream.paused) {
    return is(StreamState::kPaused, "operator", "paused; `hubmirror resume` goes on");
  }
  if (hold_) return is(hold_->state, hold_->reason, hold_message_);
  if (!stream.blocks.empty()) {
    const auto blocked = std::find_if(
        stream.blocks.begin(), stream.blocks.end(),
        [](const auto& block) { return block.second.verdict.state == StreamState::kBlocked; });
    const auto& shown = blocked == stream.blocks.end() ? *stream.blocks.begin() : *blocked;
    return is(shown.second.verdict.state, shown.second.verdict.reason, shown.second.message);
  }
  for (const Brake brake : {Brake::kMassGone, Brake::kValuesLost}) {
    if (const std::string why = stream.context->suspicion(brake); !why.empty()) {
      return is(StreamState::kSuspicious, "mass_change", why);
    }
  }
  for (const Task& task : stream.tasks) {
    const bool matters = task.kind() == JobKind::kChanges || task.kind() == JobKind::kSweep ||
                         task.kind() == JobKind::kCatalog;
    // One bad answer is no state; it is retried within seconds.
    if (matters && task.trouble() && task.failures() >= 3) {
      return is(task.trouble()->state, task.trouble()->reason, task.last_error());
    }
    if (matters && task.wait() && now - task.wait()->since >= kWaitSaid) {
      return is(StreamState::kFailing, task.wait()->reason, task.wait()->message);
    }
  }
  is(stream.context->loaded() ? StreamState::kCurrent : StreamState::kBackfilling, "", "");
}

}  // namespace hubmirror
