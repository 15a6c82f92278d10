#include "sync/portal_sync.h"

#include <algorithm>
#include <set>

#include "budget/exchange_relay.h"
#include "jobs/changes/history_job.h"
#include "jobs/changes/resolve_job.h"
#include "jobs/links/relink_job.h"
#include "jobs/reference/catalog_job.h"
#include "jobs/walk/fill_job.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using Assignment = PortalSync::Assignment;

constexpr auto kHeartbeatEvery = 10s;
// How soon to look again when only another step's end can change anything; that end also wakes.
constexpr auto kLookAgain = 250ms;
constexpr auto kFillLook = 5s;
constexpr auto kHistoryLook = 5s;
// https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
constexpr double kSmallestDaily = 250'000;
// Asking for more searches than this per second of one portal lengthens all intervals (R18).
constexpr double kSearchesPerSecond = 3.0;

double StretchFor(const PortalPlan& plan) {
  double searches = 0;
  for (const StreamPlan& stream : plan.streams) {
    searches += 1000.0 / static_cast<double>(std::max<int64_t>(1, stream.interval.count()));
  }
  return std::max(1.0, searches / kSearchesPerSecond);
}

Pace PaceOf(JobKind job) {
  const bool walks = job == JobKind::kSweep || job == JobKind::kArchived || job == JobKind::kFill ||
                     job == JobKind::kVerify;
  return walks ? Pace::kEvenly : Pace::kAtOnce;
}

std::chrono::milliseconds Times(std::chrono::milliseconds duration, double factor) {
  return std::chrono::milliseconds(
      static_cast<int64_t>(static_cast<double>(duration.count()) * factor));
}

}  // namespace

PortalSync::PortalSync(PortalPlan plan, std::shared_ptr<RateGovernor> governor,
                       std::shared_ptr<SourceClock> source_clock, Ports ports)
    : plan_(std::move(plan)),
      governor_(std::move(governor)),
      source_clock_(std::move(source_clock)),
      ports_(std::move(ports)) {
  MutexLock lock(mutex_);
  BuildStreams();
}

PortalSync::~PortalSync() = default;

void PortalSync::BuildStreams() {
  portal_job_ = std::make_shared<PortalJob>(
      plan_.portal_id, PortalJob::Ports{*ports_.source, *ports_.sink, *source_clock_, ports_.clock},
      PortalJob::Hooks{.on_account =
                           [this](const Account& account) {
                             governor_->SetUtcOffset(
                                 std::chrono::milliseconds(account.utc_offset_ms));
                           },
                       .on_open = [this] { OnOpen(); },
                       .on_closed = [this] { OnClosed(); },
                       .changed_states = [this] { return ChangedStates(); }});
  portal_tasks_.emplace_back(portal_job_, kHeartbeatEvery);
  AddReferenceJobs();
  const double stretch = StretchFor(plan_);
  for (const StreamPlan& plan : plan_.streams) {
    Stream stream;
    stream.context = std::make_shared<StreamContext>(
        plan_.key, plan,
        StreamContext::Ports{*ports_.source, *ports_.sink, ports_.observer, *source_clock_,
                             *governor_, ports_.clock, ports_.log, ports_.hash_key});
    stream.changes = std::make_shared<ChangesJob>(stream.context);
    stream.sweep = std::make_shared<WalkJob>(stream.context,
                                             WalkJob::Options{.flush_bytes = ports_.flush_bytes});
    stream.archived = std::make_shared<WalkJob>(
        stream.context, WalkJob::Options{.archived = true, .flush_bytes = ports_.flush_bytes});
    std::optional<ReferencePorts> reference;
    if (ports_.reference_source != nullptr) {
      reference.emplace(ReferencePorts{*ports_.reference_source, *ports_.reference_sink});
    }
    stream.tasks.emplace_back(std::make_shared<CatalogJob>(stream.context, reference),
                              plan.catalog_every);
    stream.tasks.emplace_back(stream.changes, Times(plan.interval, stretch));
    stream.tasks.emplace_back(std::make_shared<ResolveJob>(stream.context), 60s);
    stream.tasks.emplace_back(stream.archived, plan.archived_every);
    stream.tasks.emplace_back(std::make_shared<FillJob>(stream.context), kFillLook);
    stream.tasks.emplace_back(stream.sweep, plan.sweep_every);
    if (!plan.history.empty() && ports_.history_source != nullptr) {
      stream.tasks.emplace_back(
          std::make_shared<HistoryJob>(
              stream.context, HistoryJob::Ports{*ports_.history_source, *ports_.history_sink}),
          kHistoryLook);
    }
    if (ports_.link_source != nullptr) AddLinkJobs(stream);
    if (ports_.verify_sink != nullptr) {
      stream.verify = std::make_shared<VerifyJob>(
          stream.context, VerifyJob::Ports{*ports_.verify_sink, [changes = stream.changes] {
                                             return changes->verified_until();
                                           }});
      stream.tasks.emplace_back(stream.verify, plan.verify_every);
    }
    streams_.push_back(std::move(stream));
  }
}

void PortalSync::AddReferenceJobs() {
  if (ports_.reference_source == nullptr) return;
  std::chrono::milliseconds directory_every = std::chrono::hours(1);
  for (const StreamPlan& plan : plan_.streams) {
    directory_every = std::min(directory_every, plan.catalog_every);
  }
  std::vector<ReferenceKind> lists = {ReferenceKind::kLists};
  if (plan_.list_memberships) lists.push_back(ReferenceKind::kListMemberships);
  lists.push_back(ReferenceKind::kMarketingEvents);
  const ReferenceJob::Parts parts{{*ports_.reference_source, *ports_.reference_sink},
                                  *source_clock_,
                                  *governor_,
                                  ports_.clock,
                                  ports_.log,
                                  ports_.observer,
                                  plan_.custom_asked};
  std::vector directory = {ReferenceKind::kOwners, ReferenceKind::kTeams,
                           ReferenceKind::kAccountUsers, ReferenceKind::kCurrencies};
  if (!plan_.custom_asked.empty()) directory.insert(directory.begin(), ReferenceKind::kObjectTypes);
  reference_jobs_.push_back(
      std::make_shared<ReferenceJob>(plan_.key, JobKind::kCatalog, std::move(directory), parts));
  portal_tasks_.emplace_back(reference_jobs_.back(), directory_every);
  reference_jobs_.push_back(
      std::make_shared<ReferenceJob>(plan_.key, JobKind::kLists, std::move(lists), parts));
  portal_tasks_.emplace_back(reference_jobs_.back(), plan_.lists_every);
}

void PortalSync::AddLinkJobs(Stream& stream) {
  const StreamPlan& plan = stream.context->plan();
  const LinkPorts links{*ports_.link_source, *ports_.link_sink, link_partners_};
  link_partners_.Add(plan.object, plan.associations);
  stream.context->set_links_followed(true);
  stream.tasks.emplace_back(std::make_shared<LinksJob>(stream.context, links), plan.links_every);
  stream.tasks.emplace_back(std::make_shared<RelinkJob>(stream.context, links), plan.interval);
}

std::variant<Assignment, Instant> PortalSync::Next(Instant now) {
  MutexLock lock(mutex_);
  if (stopping_) return now + 1h;
  if (hold_ && now < hold_until_) return hold_until_;
  if (!portal_job_->open()) return NextOfPortal(now);
  auto heartbeat = NextOfPortal(now);
  if (std::holds_alternative<Assignment>(heartbeat)) return heartbeat;
  auto step = NextOfAll(now);
  if (const auto* wake = std::get_if<Instant>(&step)) {
    return std::min(*wake, std::get<Instant>(heartbeat));
  }
  return step;
}

std::variant<Assignment, Instant> PortalSync::NextOfPortal(Instant now) {
  Task& task = portal_tasks_.front();
  // Opening waits until nothing of the portal is under way: streams load what is stored.
  if (task.running() > 0 || (!portal_job_->open() && running_ > 0)) return now + kLookAgain;
  if (portal_job_->open() && !task.Ready(now)) return task.ready_at();
  const StepNeed need = *portal_job_->Next(now);
  if (const auto later = TakeSlot(need, Pace::kAtOnce, now)) return *later;
  task.Begin(now);
  ++running_;
  return Assignment{.job = portal_job_.get(), .need = need, .began = now};
}

void PortalSync::Offer(int stream, size_t index, Instant now, std::vector<Candidate>& candidates,
                       Instant& wake) {
  Task& task = TaskAt(stream, index);
  if (!task.Ready(now)) {
    wake = std::min(wake, std::max(task.ready_at(), now + 1ms));
    return;
  }
  const auto need = task.job().Next(now);
  if (!need) {
    // A job with nothing left to ask for is stopped by nothing.
    if (stream >= 0) streams_[static_cast<size_t>(stream)].blocks.erase(index);
    wake = std::min(wake, now + kLookAgain);
    return;
  }
  // The portal's own tables come after its streams.
  const size_t place = stream < 0 ? streams_.size() : static_cast<size_t>(stream);
  const size_t places = streams_.size() + 1;
  // A starved job's turn comes before everything else (R19).
  candidates.push_back({.priority = task.owed() ? Priority::kOperator : task.PriorityOf(*need),
                        .order = (place + places - turn_) % places,
                        .stream = stream,
                        .task = index,
                        .need = *need});
}

std::vector<PortalSync::Candidate> PortalSync::Offers(Instant now, Instant& wake) {
  std::vector<Candidate> candidates;
  for (size_t j = 1; j < portal_tasks_.size(); ++j) Offer(-1, j, now, candidates, wake);
  for (size_t i = 0; i < streams_.size(); ++i) {
    const Stream& stream = streams_[i];
    if (stream.paused) continue;
    if (now < stream.block_until) {
      wake = std::min(wake, stream.block_until);
      continue;
    }
    for (size_t j = 0; j < stream.tasks.size(); ++j) {
      Offer(static_cast<int>(i), j, now, candidates, wake);
    }
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) {
                     // What an operator wants at once is still done in the usual order.
                     return std::tie(a.priority, a.need.priority, a.order) <
                            std::tie(b.priority, b.need.priority, b.order);
                   });
  return candidates;
}

std::variant<Assignment, Instant> PortalSync::NextOfAll(Instant now) {
  Instant wake = now + 1min;
  const std::vector<Candidate> candidates = Offers(now, wake);
  std::set<Lane> full;
  for (const Candidate& candidate : candidates) {
    Task& task = TaskAt(candidate.stream, candidate.task);
    // Who needs two slots must not be overtaken for ever by those who need one.
    if (candidate.need.lane && full.contains(*candidate.need.lane)) continue;
    StepNeed need = candidate.need;
    need.priority = candidate.priority;
    if (const auto later = TakeSlot(need, PaceOf(task.kind()), now)) {
      wake = std::min(wake, *later);
      full.insert(*need.lane);
      continue;
    }
    if (!task.in_cycle())
      ports_.observer.OnSchedulerDelay(
          std::chrono::duration_cast<std::chrono::milliseconds>(std::max(
              Duration::zero(), task.due() == Instant{} ? Duration::zero() : now - task.due())));
    if (need.lane) {
      for (const Candidate& other : candidates) {
        Task& waiting = TaskAt(other.stream, other.task);
        if (&waiting == &task) {
          task.Served();
        } else if (other.need.lane) {
          waiting.Passed(now);
        }
      }
    }
    task.Begin(now);
    ++running_;
    const size_t place =
        candidate.stream < 0 ? streams_.size() : static_cast<size_t>(candidate.stream);
    turn_ = (place + 1) % (streams_.size() + 1);
    return Assignment{.job = &task.job(),
                      .stream = candidate.stream,
                      .task = candidate.task,
                      .need = need,
                      .began = now};
  }
  return wake;
}

std::optional<Instant> PortalSync::TakeSlot(const StepNeed& need, Pace pace, Instant now) {
  if (!need.lane) return std::nullopt;
  const Slot slot = governor_->Take(*need.lane, need.cost, now, pace);
  if (slot.open()) {
    if (throttled_since_) {
      ports_.observer.OnThrottle(plan_.key, std::chrono::duration_cast<std::chrono::milliseconds>(
                                                now - *throttled_since_));
      throttled_since_.reset();
    }
    return std::nullopt;
  }
  if (!throttled_since_) throttled_since_ = now;
  return std::max(slot.not_before(), now + 1ms);
}

Task& PortalSync::TaskAt(int stream, size_t index) {
  if (stream < 0) return portal_tasks_[index];
  return streams_[static_cast<size_t>(stream)].tasks[index];
}

bool PortalSync::IsOpening(const Assignment& assignment) const {
  return assignment.stream < 0 && assignment.task == 0;
}

void PortalSync::Run(const Assignment& assignment) {
  ExchangeRelay::BeginStep();
  StepOutcome outcome;
  try {
    outcome = assignment.job->Step(assignment.began);
  } catch (const DatabaseError& error) {
    outcome = StepOutcome::Failed(error);
  } catch (const std::exception& error) {
    outcome = StepOutcome::Failed(DatabaseError(DatabaseError::Kind::kOther, "", error.what()));
  }
  {
    MutexLock lock(mutex_);
    // A cycle that has ended is not in a circle, and the portal is kept by asking the same.
    const bool goes_on = outcome.end == StepOutcome::End::kMore && !IsOpening(assignment);
    if (goes_on &&
        TaskAt(assignment.stream, assignment.task).Circles(ExchangeRelay::AnsweredOfStep())) {
      outcome = StepOutcome::Failed(ApiError{
          .kind = ApiErrorKind::kDecode,
          .message = "HubSpot answers the same request again and again without moving on"});
    }
  }
  Ended(assignment, outcome, ExchangeRelay::RequestsOfStep());
}

void PortalSync::Ended(const Assignment& assignment, const StepOutcome& outcome, int requests) {
  MutexLock lock(mutex_);
  const Instant now = ports_.clock.Now();
  --running_;
  if (assignment.need.lane) {
    for (int unused = requests; unused < assignment.need.cost; ++unused) {
      governor_->GiveBack(*assignment.need.lane);
    }
  }
  switch (outcome.end) {
    case StepOutcome::End::kUnused:
      TaskAt(assignment.stream, assignment.task).EndStep();
      break;
    case StepOutcome::End::kMore:
      TaskAt(assignment.stream, assignment.task).EndStep();
      if (assignment.stream >= 0) EndBlock(assignment, now);
      break;
    case StepOutcome::End::kCaughtUp:
      CycleEnded(assignment, outcome, now);
      break;
    case StepOutcome::End::kFailed:
      Failed(assignment, *outcome.failure, now);
      break;
  }
}

void PortalSync::EndBlock(const Assignment& assignment, Instant now) {
  Stream& stream = streams_[static_cast<size_t>(assignment.stream)];
  stream.blocks.erase(assignment.task);
  stream.block_until = std::min(stream.block_until, now);
}

void PortalSync::CycleEnded(const Assignment& assignment, const StepOutcome& outcome, Instant now) {
  Task& task = TaskAt(assignment.stream, assignment.task);
  const Instant began = task.cycle_began().value_or(now);
  if (IsOpening(assignment)) {
    if (hold_) {
      const bool database = hold_->reason == "database";
      ports_.log.Write({.level = LogLevel::kNotice,
                        .event = database ? "database.up" : "portal.resumed",
                        .message = "the portal is mirrored again",
                        .fields = {{"PORTAL", plan_.key}}});
    }
    hold_.reset();
    hold_message_.clear();
    hold_attempts_ = 0;
    task.EndCycle(now, now + kHeartbeatEvery, source_clock_->Now(now));
    return;
  }
  if (assignment.stream < 0) {
    const auto& job = static_cast<const ReferenceJob&>(task.job());
    // Members of lists may be any number, and an OAuth app is not told its quota.
    std::optional<int64_t> smallest;
    if (task.kind() == JobKind::kLists) {
      smallest = static_cast<int64_t>(kSmallestDaily * plan_.quota_share);
    }
    const Duration period = Affordable(task.every(), job.last_cycle_requests(), smallest);
    task.EndCycle(now, std::max(now, began + Early(period)), source_clock_->Now(now));
    return;
  }
  Stream& stream = streams_[static_cast<size_t>(assignment.stream)];
  EndBlock(assignment, now);
  const Instant due =
      outcome.next_in ? now + *outcome.next_in : std::max(now, began + NextPeriod(stream, task));
  const auto complete_at = source_clock_->Now(now);
  if (task.kind() == JobKind::kArchived) HastenSweep(stream, now);
  task.EndCycle(now, due, complete_at);
  ports_.observer.OnJobReport(
      {.stream = stream.context->key(),
       .job = task.kind(),
       .duration = std::chrono::duration_cast<std::chrono::milliseconds>(now - began),
       .complete_at = complete_at,
       .records = outcome.records});
}

void PortalSync::Failed(const Assignment& assignment, const Failure& failure, Instant now) {
  Task& task = TaskAt(assignment.stream, assignment.task);
  const int attempt = IsOpening(assignment) ? hold_attempts_ + 1 : task.failures() + 1;
  const Verdict verdict = JudgeFailure(failure, attempt, ports_.random.Fraction());
  task.EndFailed(verdict, MessageOf(failure), now, source_clock_->Now(now));
  ports_.observer.OnRetry(plan_.key, verdict.reason);
  if (!verdict.counts_as_failure) return;
  LogLine line{
      .level = verdict.state == StreamState::kBlocked ? LogLevel::kErr : LogLevel::kWarning,
      .event = "poll.failed",
      .message = MessageOf(failure),
      .fields = {
          {"PORTAL", plan_.key}, {"REASON", verdict.reason}, {"ATTEMPT", std::to_string(attempt)}}};
  if (const auto* api = std::get_if<ApiError>(&failure)) {
    if (api->status != 0) line.fields.emplace_back("HTTP_STATUS", std::to_string(api->status));
    if (!api->correlation_id.empty()) {
      line.fields.emplace_back("CORRELATION_ID", api->correlation_id);
    }
  } else {
    line.fields.emplace_back("SQLSTATE", std::get<DatabaseError>(failure).sqlstate());
  }
  if (assignment.stream >= 0) {
    Stream& stream = streams_[static_cast<size_t>(assignment.stream)];
    line.fields.emplace_back("OBJECT", stream.context->key().object);
    line.fields.emplace_back("JOB", std::string(NameOf(task.kind())));
    ports_.observer.OnJobReport({.stream = stream.context->key(),
                                 .job = task.kind(),
                                 .failure = verdict.reason,
                                 .attempt = attempt});
    if (verdict.scope == Verdict::Scope::kStream) {
      stream.blocks[assignment.task] = {.verdict = verdict, .message = MessageOf(failure)};
      stream.block_until = now + verdict.delay;
    }
  }
  ports_.log.Write(line);
  if (verdict.scope == Verdict::Scope::kPortal || IsOpening(assignment)) {
    HoldPortal(verdict, failure, now);
  }
}

void PortalSync::SayHeld(const Verdict& verdict, const Failure& failure) const {
  LogLine line{
      .level = verdict.state == StreamState::kBlocked ? LogLevel::kErr : LogLevel::kWarning,
      .event = "portal.held",
      .message = MessageOf(failure),
      .fields = {{"PORTAL", plan_.key}, {"REASON", verdict.reason}}};
  if (verdict.reason == "database") line.event = "database.down";
  if (verdict.state == StreamState::kPassive) line.event = "portal.passive";
  ports_.log.Write(line);
}

void PortalSync::HoldPortal(const Verdict& verdict, const Failure& failure, Instant now) {
  // Steps under way fail for the same cause; the first one has said it.
  if (hold_ && now < hold_until_) return;
  if (!hold_ || hold_->reason != verdict.reason) SayHeld(verdict, failure);
  hold_ = verdict;
  hold_message_ = MessageOf(failure);
  hold_until_ = now + verdict.delay;
  ++hold_attempts_;
  if (std::holds_alternative<ApiError>(failure)) {
    portal_job_->CheckAgain();
  } else {
    portal_job_->ClaimAgain();
  }
}

void PortalSync::OnOpen() {
  std::vector<StoredStream> stored;
  for (const StreamPlan& plan : plan_.streams) stored.push_back(ports_.sink->Load(plan.object));
  const std::string budget = ports_.sink->LoadBudget();
  std::vector<JobProgress> read;
  for (const auto& job : ReferenceJobs()) read.push_back(job->Recall());
  const Instant now = ports_.clock.Now();
  MutexLock lock(mutex_);
  if (!budget.empty()) governor_->Restore(budget);
  for (size_t i = 0; i < streams_.size(); ++i) {
    LoadStream(streams_[i], stored[i], now);
    // A pause outlives a restart; later on we know better than what was saved.
    if (!opened_before_ && stored[i].paused) streams_[i].paused = true;
  }
  for (size_t i = 0; i < reference_jobs_.size(); ++i) {
    Task& task = portal_tasks_[i + 1];
    task.job().Load({});
    // Which types there are is not known from before.
    const bool finds_types = !plan_.custom_asked.empty() && task.kind() == JobKind::kCatalog;
    task.Reset(finds_types ? now : DueAfter(read[i], task, now));
  }
  opened_before_ = true;
}

void PortalSync::OnClosed() {
  {
    MutexLock lock(mutex_);
    const auto known = [](const Stream& stream) { return stream.context->rows_known(); };
    if (std::all_of(streams_.begin(), streams_.end(), known)) return;
  }
  std::map<std::string, int64_t> rows;
  try {
    rows = ports_.sink->LastKnownRows();
  } catch (const DatabaseError&) {
    // What cannot be read stays unknown; why is said by whoever needs the database.
    return;
  }
  MutexLock lock(mutex_);
  for (const Stream& stream : streams_) {
    const auto known = rows.find(stream.context->key().object);
    if (known != rows.end()) stream.context->set_rows(known->second);
  }
}

std::optional<std::vector<CustomType>> PortalSync::found_types() const {
  MutexLock lock(mutex_);
  return reference_jobs_.empty() ? std::nullopt : reference_jobs_.front()->found_types();
}

std::vector<std::shared_ptr<ReferenceJob>> PortalSync::ReferenceJobs() const {
  MutexLock lock(mutex_);
  return reference_jobs_;
}

Instant PortalSync::DueAfter(const JobProgress& progress, Task& task, Instant now) const {
  const auto source_now = source_clock_->Now(now);
  if (!source_now || !progress.cursor.empty() || !progress.last_complete_at ||
      LiesAhead(*progress.last_complete_at, *source_now)) {
    return now;
  }
  task.set_last_complete_at(progress.last_complete_at);
  return std::max(now, now + (*progress.last_complete_at + task.every() - *source_now));
}

void PortalSync::LoadStream(Stream& stream, const StoredStream& stored, Instant now) {
  StreamContext& context = *stream.context;
  context.AdoptStored(stored.table);
  context.set_rows(stored.rows);
  context.set_pending(stored.pending);
  context.set_quarantined(stored.quarantined);
  context.NotePending();
  const auto sweep = stored.progress.find(JobKind::kSweep);
  const bool swept = sweep != stored.progress.end() && sweep->second.last_complete_at;
  context.set_loaded(swept);
  if (swept) {
    context.set_last_sweep(
        std::to_string(sweep->second.last_complete_at->time_since_epoch().count()));
  }
  if (const auto changes = stored.progress.find(JobKind::kChanges);
      changes != stored.progress.end()) {
    if (const auto cursor = ParseChangesCursor(changes->second.cursor)) {
      context.set_changes_from(cursor->followed_to);
    }
  }
  for (Task& task : stream.tasks) {
    task.job().Load(stored);
    Instant due = now;
    const auto found = stored.progress.find(task.kind());
    const bool walks = task.kind() == JobKind::kSweep || task.kind() == JobKind::kArchived ||
                       task.kind() == JobKind::kVerify;
    if (walks && found != stored.progress.end()) due = DueAfter(found->second, task, now);
    // A load needs no proof at once.
    if (task.kind() == JobKind::kVerify && found == stored.progress.end()) {
      due = swept ? DueAfter({.last_complete_at = sweep->second.last_complete_at}, task, now)
                  : now + task.every();
    }
    task.Reset(due);
  }
}

void PortalSync::Stop() {
  MutexLock lock(mutex_);
  stopping_ = true;
}

bool PortalSync::idle() const {
  MutexLock lock(mutex_);
  return running_ == 0;
}

}  // namespace hubmirror
