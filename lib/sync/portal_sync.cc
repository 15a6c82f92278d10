#include "sync/portal_sync.h"

#include <algorithm>
#include <utility>

#include "budget/exchange_relay.h"
#include "jobs/changes/history_job.h"
#include "jobs/changes/resolve_job.h"
#include "jobs/links/relink_job.h"
#include "jobs/reference/catalog_job.h"
#include "jobs/walk/fill_job.h"
#include "jobs/write/write_job.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using Assignment = PortalSync::Assignment;
using Candidate = StepChooser::Candidate;

constexpr auto kHeartbeatEvery = 10s;
constexpr auto kFeedKeptEvery = 1min;
// A portal of which nothing was mirrored is loaded before anything else for so long: what comes
// round every quarter of an hour by default is not late before.
constexpr auto kHurry = 15min;
// How soon to look again when only another step's end can change anything; that end also wakes.
constexpr auto kLookAgain = 250ms;
// Without a step only time changes how things stand: somebody becomes late.
constexpr auto kTellAgain = 10s;
constexpr auto kFillLook = 5s;
constexpr auto kHistoryLook = 5s;
constexpr auto kOutboxLook = 1s;
// Of a stream without histories that is not written to.
constexpr size_t kUsualTasks = 9;

std::chrono::milliseconds InMilliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

}  // namespace

PortalSync::PortalSync(PortalPlan plan, std::shared_ptr<RateGovernor> governor, PortalSource source,
                       PortalStore store, Parts parts)
    : plan_(std::move(plan)),
      governor_(std::move(governor)),
      source_(std::move(source)),
      store_(std::move(store)),
      parts_(parts),
      timetable_(plan_, *governor_, parts_.random),
      state_(plan_.streams.size()),
      report_(plan_, *governor_, source_.clock,
              {store_.rows, store_.outbox, parts_.observer, parts_.log}),
      operations_(plan_, state_, report_, *governor_, parts_.observer, parts_.clock),
      chooser_(plan_.streams.size() + 1, plan_.write.share) {
  MutexLock lock(state_.mutex);
  AddOpening();
  AddReferenceJobs();
  AddFeedJob();
  for (const StreamPlan& stream : plan_.streams) AddStream(stream);
}

PortalSync::~PortalSync() = default;

void PortalSync::AddOpening() {
  portal_job_ = std::make_shared<PortalJob>(
      plan_.portal_id, PortalJob::Ports{source_.records, store_.rows, source_.clock, parts_.clock},
      PortalJob::Hooks{.on_account =
                           [this](const Account& account) {
                             governor_->SetUtcOffset(
                                 std::chrono::milliseconds(account.utc_offset_ms));
                           },
                       .on_open = [this] { OnOpen(); },
                       .on_closed = [this] { OnClosed(); },
                       .changed_states =
                           [this] {
                             MutexLock lock(state_.mutex);
                             return report_.ChangedStates(state_, parts_.clock.Now());
                           }});
  state_.portal_tasks.emplace_back(portal_job_, kHeartbeatEvery);
}

void PortalSync::AddReferenceJobs() {
  std::chrono::milliseconds directory_every = std::chrono::hours(1);
  for (const StreamPlan& plan : plan_.streams) {
    directory_every = std::min(directory_every, plan.catalog_every);
  }
  std::vector<ReferenceKind> lists = {ReferenceKind::kLists};
  if (plan_.list_memberships) lists.push_back(ReferenceKind::kListMemberships);
  lists.push_back(ReferenceKind::kMarketingEvents);
  const ReferenceJob::Parts parts{source_.references, store_.references, source_.clock,
                                  *governor_,         parts_.clock,      parts_.log,
                                  parts_.observer,    plan_.custom_asked};
  std::vector directory = {ReferenceKind::kOwners, ReferenceKind::kTeams,
                           ReferenceKind::kAccountUsers, ReferenceKind::kCurrencies};
  if (!plan_.custom_asked.empty()) directory.insert(directory.begin(), ReferenceKind::kObjectTypes);
  state_.reference_jobs.push_back(
      std::make_shared<ReferenceJob>(plan_.key, JobKind::kDirectory, std::move(directory), parts));
  state_.portal_tasks.emplace_back(state_.reference_jobs.back(), directory_every);
  state_.reference_jobs.push_back(
      std::make_shared<ReferenceJob>(plan_.key, JobKind::kLists, std::move(lists), parts));
  state_.portal_tasks.emplace_back(state_.reference_jobs.back(), plan_.lists_every);
}

void PortalSync::AddFeedJob() {
  if (store_.feed == nullptr) return;
  state_.feed_job = std::make_shared<FeedJob>(*store_.feed);
  state_.portal_tasks.emplace_back(state_.feed_job, kFeedKeptEvery);
}

void PortalSync::AddStream(const StreamPlan& plan) {
  SyncedStream stream;
  stream.context = std::make_shared<StreamContext>(
      plan_.key, plan,
      StreamContext::Ports{source_, store_, parts_.observer, *governor_, parts_.clock, parts_.log});
  stream.changes = std::make_shared<ChangesJob>(stream.context);
  stream.sweep = std::make_shared<WalkJob>(stream.context, WalkJob::Options{});
  stream.archived = std::make_shared<WalkJob>(stream.context, WalkJob::Options{.archived = true});
  stream.tasks.reserve(kUsualTasks);
  stream.tasks.emplace_back(std::make_shared<CatalogJob>(stream.context), plan.catalog_every);
  stream.tasks.emplace_back(stream.changes, timetable_.Interval(plan));
  stream.tasks.emplace_back(std::make_shared<ResolveJob>(stream.context), 60s);
  stream.tasks.emplace_back(stream.archived, plan.archived_every);
  stream.tasks.emplace_back(std::make_shared<FillJob>(stream.context), kFillLook);
  stream.tasks.emplace_back(stream.sweep, plan.sweep_every);
  if (!plan.history.empty()) {
    stream.tasks.emplace_back(std::make_shared<HistoryJob>(stream.context), kHistoryLook);
  }
  AddLinkJobs(stream);
  stream.verify = std::make_shared<VerifyJob>(
      stream.context, [changes = stream.changes] { return changes->watermark(); });
  stream.tasks.emplace_back(stream.verify, plan.verify_every);
  AddWriteJob(stream);
  state_.streams.push_back(std::move(stream));
}

void PortalSync::AddLinkJobs(SyncedStream& stream) {
  const StreamPlan& plan = stream.context->plan();
  LinkPartners& partners = state_.link_partners;
  partners.Add(plan.object, plan.associations);
  stream.context->facts().Tell([](StreamFacts& facts) { facts.links_followed = true; });
  stream.tasks.emplace_back(std::make_shared<LinksJob>(stream.context, partners), plan.links_every);
  stream.tasks.emplace_back(std::make_shared<RelinkJob>(stream.context, partners), plan.interval);
}

void PortalSync::AddWriteJob(SyncedStream& stream) {
  const StreamPlan& plan = stream.context->plan();
  if (store_.outbox == nullptr || source_.target == nullptr || !plan.write.any()) return;
  const auto rule = ConflictRuleOf(plan_.write.on_conflict).value_or(ConflictRule::kHold);
  std::map<std::string, ConflictRule> rules;
  for (const auto& [property, word] : plan.write.rules) {
    rules.emplace(property, ConflictRuleOf(word).value_or(ConflictRule::kHold));
  }
  const WriteJob::Shared shared{.target = *source_.target,
                                .outbox = *store_.outbox,
                                .partners = state_.link_partners,
                                .turns = state_.link_turns};
  stream.tasks.emplace_back(
      std::make_shared<WriteJob>(stream.context, shared,
                                 WriteJob::Terms{.update = plan.write.update,
                                                 .check = plan.write.check,
                                                 .give_up = plan_.write.give_up,
                                                 .key_property = plan.write.key_property,
                                                 .unguarded = plan.write.unguarded,
                                                 .create = plan.write.create,
                                                 .archive = plan.write.archives(),
                                                 .on_conflict = rule,
                                                 .associate = plan.write.associate,
                                                 .rules = std::move(rules)}),
      kOutboxLook);
}

std::variant<Assignment, Instant> PortalSync::Next(Instant now) {
  MutexLock lock(state_.mutex);
  if (stopping_) return now + 1h;
  if (const auto until = state_.standing.Waits(now)) return *until;
  auto heartbeat = NextOfPortal(now);
  if (!portal_job_->open() || std::holds_alternative<Assignment>(heartbeat)) return heartbeat;
  auto step = NextOfAll(now);
  if (const auto* wake = std::get_if<Instant>(&step)) {
    return std::min(*wake, std::get<Instant>(heartbeat));
  }
  return step;
}

std::variant<Assignment, Instant> PortalSync::NextOfPortal(Instant now) {
  Task& task = state_.opening();
  // Opening waits until nothing of the portal is under way: streams load what is stored.
  if (task.running() > 0 || (!portal_job_->open() && running_ > 0)) return now + kLookAgain;
  if (portal_job_->open() && !task.Ready(now)) return task.ready_at();
  const StepNeed need = *portal_job_->Next(now);
  if (const auto later = TakeSlot(need, task.traits().pace, now)) return *later;
  return Begin(state_.own_place(), 0, need, now);
}

std::variant<Assignment, Instant> PortalSync::NextOfAll(Instant now) {
  Instant wake = now + 1min;
  std::vector<Candidate> candidates = Offers(now, wake);
  const auto take_slots = [&](const Candidate& candidate) REQUIRES(state_.mutex) {
    return TakeSlot(candidate.need, candidate.pace, now);
  };
  const auto choice = chooser_.Choose(std::move(candidates), take_slots, wake);
  if (const auto* later = std::get_if<Instant>(&choice)) return *later;
  const auto& step = std::get<Candidate>(choice);
  const Task& task = state_.TaskAt(step.place, step.task);
  if (!task.in_cycle()) {
    const bool planned = task.due() != Instant{};
    parts_.observer.OnSchedulerDelay(
        InMilliseconds(planned ? std::max(Duration::zero(), now - task.due()) : Duration::zero()));
  }
  return Begin(step.place, step.task, step.need, now);
}

void PortalSync::Offer(size_t place, size_t index, Instant now, std::vector<Candidate>& candidates,
                       Instant& wake) {
  const Task& task = state_.TaskAt(place, index);
  if (!task.Ready(now)) {
    wake = std::min(wake, std::max(task.ready_at(), now + 1ms));
    return;
  }
  const auto need = task.job().Next(now);
  const auto beside = task.job().NextBeside(now);
  if (!need && !beside) {
    if (place < state_.own_place()) state_.standing.HasNothingToDo(place, index);
    // Between cycles only a step gives it something to do, and whoever has made one looks again.
    if (running_ > 0 || task.in_cycle()) wake = std::min(wake, now + kLookAgain);
    return;
  }
  for (const auto& one : {beside, need}) {
    if (!one) continue;
    candidates.push_back({.place = place,
                          .task = index,
                          .need = *one,
                          .pace = task.traits().pace,
                          .forced = task.forced(),
                          .lateness = task.Lateness(now)});
  }
}

std::vector<Candidate> PortalSync::Offers(Instant now, Instant& wake) {
  std::vector<Candidate> candidates;
  for (size_t j = 1; j < state_.portal_tasks.size(); ++j) {
    Offer(state_.own_place(), j, now, candidates, wake);
  }
  for (size_t i = 0; i < state_.streams.size(); ++i) {
    if (const auto until = state_.standing.StreamWaits(i, now)) {
      wake = std::min(wake, *until);
      continue;
    }
    for (size_t j = 0; j < state_.streams[i].tasks.size(); ++j) Offer(i, j, now, candidates, wake);
  }
  if (const auto loading = FirstToLoad(now); !loading.empty()) PutLoadFirst(candidates, loading);
  return candidates;
}

std::set<size_t> PortalSync::FirstToLoad(Instant now) const {
  std::set<size_t> loading;
  for (size_t i = 0; now < state_.hurries_until && i < state_.streams.size(); ++i) {
    const bool waits = state_.standing.StreamWaits(i, now).has_value();
    if (!waits && !state_.streams[i].facts().loaded()) loading.insert(i);
  }
  return loading;
}

std::optional<Instant> PortalSync::TakeSlot(const StepNeed& need, Pace pace, Instant now) {
  if (!need.lane) return std::nullopt;
  if (need.priority == Priority::kWholeLoad) pace = Pace::kAtOnce;
  const Slot slot = governor_->Take(*need.lane, need.cost, now, pace);
  if (!slot.open()) {
    state_.standing.Throttled(now);
    return std::max(slot.not_before(), now + 1ms);
  }
  if (const auto waited = state_.standing.Served(now)) {
    parts_.observer.OnThrottle(plan_.key, InMilliseconds(*waited));
  }
  return std::nullopt;
}

Assignment PortalSync::Begin(size_t place, size_t index, const StepNeed& need, Instant now) {
  Task& task = state_.TaskAt(place, index);
  task.Begin(now);
  ++running_;
  state_.told.stands = false;
  return {.job = &task.job(), .place = place, .task = index, .need = need, .began = now};
}

void PortalSync::Run(const Assignment& assignment) {
  ExchangeRelay::BeginStep();
  const bool loads = Loads(assignment);
  StepOutcome outcome;
  try {
    outcome = assignment.job->Step(assignment.began, assignment.need);
  } catch (const DatabaseError& error) {
    outcome = StepOutcome::Failed(error);
  } catch (const std::exception& error) {
    outcome = StepOutcome::Failed(BugOf(error));
  }
  {
    MutexLock lock(state_.mutex);
    // A cycle that has ended is not in a circle, and the portal is kept by asking the same.
    const bool goes_on =
        outcome.end == StepOutcome::End::kMore && !assignment.job->traits().opens_portal;
    Task& task = state_.TaskAt(assignment.place, assignment.task);
    if (goes_on && task.Circles(ExchangeRelay::AnsweredOfStep())) {
      outcome = StepOutcome::Failed(ApiError{
          .kind = ApiErrorKind::kDecode,
          .message = "HubSpot answers the same request again and again without moving on"});
    }
  }
  Ended(assignment, outcome, ExchangeRelay::RequestsOfStep());
  if (loads && !Loads(assignment)) TellLoaded();
}

bool PortalSync::Loads(const Assignment& assignment) const {
  if (assignment.job->kind() != JobKind::kSweep) return false;
  MutexLock lock(state_.mutex);
  return !state_.streams[assignment.place].facts().loaded();
}

void PortalSync::TellLoaded() {
  report_.Tell(state_, parts_.clock.Now());
  MutexLock lock(state_.mutex);
  // Who tells once a second may have looked earlier and have said it only now.
  state_.told.stands = false;
}

void PortalSync::Ended(const Assignment& assignment, const StepOutcome& outcome, int requests) {
  MutexLock lock(state_.mutex);
  const Instant now = parts_.clock.Now();
  --running_;
  state_.told.stands = false;
  if (assignment.need.lane) {
    for (int unused = requests; unused < assignment.need.cost; ++unused) {
      governor_->GiveBack(*assignment.need.lane);
    }
  }
  const bool of_stream = assignment.place < state_.own_place();
  if (of_stream && requests > 0) {
    parts_.observer.OnRequests(state_.streams[assignment.place].context->key(),
                               assignment.job->kind(), requests);
  }
  const auto take_erased = [](StreamFacts& facts) {
    return std::exchange(facts.erased_noted, false);
  };
  if (of_stream && state_.streams[assignment.place].context->facts().Tell(take_erased)) {
    for (const SyncedStream& stream : state_.streams) stream.context->facts().NotePending();
  }
  switch (outcome.end) {
    case StepOutcome::End::kUnused:
      state_.TaskAt(assignment.place, assignment.task).EndUnused();
      break;
    case StepOutcome::End::kMore: {
      Task& task = state_.TaskAt(assignment.place, assignment.task);
      task.EndStep(assignment.began, now);
      // While it counts failures, its cycle has yet to show that they are over.
      if (of_stream && task.failures().count() == 0) {
        state_.standing.Unblock(assignment.place, assignment.task, now);
      }
      break;
    }
    case StepOutcome::End::kCaughtUp:
      if (of_stream) state_.standing.Unblock(assignment.place, assignment.task, now);
      CycleEnded(assignment, outcome, now);
      break;
    case StepOutcome::End::kFailed:
      Failed(assignment, *outcome.failure, now);
      break;
  }
  if (!of_stream) return;
  AskRefusedAgain(assignment.place, now);
  timetable_.HastenPoll(state_.streams[assignment.place], now);
}

void PortalSync::AskRefusedAgain(size_t place, Instant now) {
  SyncedStream& ended = state_.streams[place];
  const bool stopped = state_.standing.CauseOf(place).has_value();
  if (!std::exchange(ended.stopped, stopped) || stopped) return;
  // Links that were refused with all the rest were left out, which is believed for an hour.
  const auto read_from = state_.link_partners.ForgetRefusals(ended.context->object().name);
  for (SyncedStream& stream : state_.streams) {
    if (!read_from.contains(stream.context->object().name)) continue;
    for (Task& task : stream.tasks) {
      if (task.kind() == JobKind::kLinks) task.DueAt(std::min(task.due(), now));
    }
  }
}

void PortalSync::CycleEnded(const Assignment& assignment, const StepOutcome& outcome, Instant now) {
  Task& task = state_.TaskAt(assignment.place, assignment.task);
  if (task.traits().opens_portal) return Opened(task, now);
  const bool of_stream = assignment.place < state_.own_place();
  SyncedStream* stream = of_stream ? &state_.streams[assignment.place] : nullptr;
  const Instant began = task.cycle_began().value_or(now);
  const Instant due = outcome.next_in ? now + *outcome.next_in
                                      : std::max(now, began + timetable_.Next(task, stream, now));
  const auto complete_at = source_.clock.Now(now);
  if (task.traits().period == PeriodRule::kArchivedList) timetable_.HastenSweep(*stream, now);
  task.EndCycle(now, due, complete_at);
  if (stream == nullptr) return;
  if (std::ranges::none_of(stream->tasks, &Task::in_cycle)) stream->context->table().Rest();
  parts_.observer.OnJobReport({.stream = stream->context->key(),
                               .job = task.kind(),
                               .duration = InMilliseconds(now - began),
                               .complete_at = complete_at,
                               .records = outcome.records});
}

void PortalSync::Opened(Task& opening, Instant now) {
  if (const auto held = state_.standing.Open()) {
    parts_.log.Write({.level = LogLevel::kNotice,
                      .event = held->reason == "database" ? "database.up" : "portal.resumed",
                      .message = "the portal is mirrored again",
                      .fields = {{"PORTAL", plan_.key}}});
  }
  opening.EndCycle(now, now + kHeartbeatEvery, source_.clock.Now(now));
}

void PortalSync::Failed(const Assignment& assignment, const Failure& failure, Instant now) {
  Task& task = state_.TaskAt(assignment.place, assignment.task);
  const bool opening = task.traits().opens_portal;
  const Attempt attempt = (opening ? state_.standing.holds() : task.failures()).Next(failure);
  const Verdict verdict = JudgeFailure(failure, attempt, parts_.random.Fraction());
  task.EndFailed(verdict, MessageOf(failure), now, source_.clock.Now(now));
  parts_.observer.OnRetry(plan_.key, verdict.reason);
  if (!verdict.counts_as_failure) return;
  const bool of_stream = assignment.place < state_.own_place();
  if (of_stream && verdict.scope == Verdict::Scope::kStream) {
    state_.standing.Block(assignment.place, assignment.task, verdict, MessageOf(failure), now);
  }
  SayFailed(assignment, failure, verdict, attempt.in_row);
  if (verdict.scope == Verdict::Scope::kPortal || opening) HoldPortal(verdict, failure, now);
}

void PortalSync::SayFailed(const Assignment& assignment, const Failure& failure,
                           const Verdict& verdict, int attempt) {
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
  } else if (const auto* database = std::get_if<DatabaseError>(&failure)) {
    line.fields.emplace_back("SQLSTATE", database->sqlstate());
  } else {
    line.level = LogLevel::kErr;
    line.event = "step.bug";
  }
  if (assignment.place < state_.own_place()) {
    const StreamKey& key = state_.streams[assignment.place].context->key();
    const JobKind job = assignment.job->kind();
    line.fields.emplace_back("OBJECT", key.object);
    line.fields.emplace_back("JOB", std::string(NameOf(job)));
    parts_.observer.OnJobReport(
        {.stream = key, .job = job, .failure = verdict.reason, .attempt = attempt});
  }
  parts_.log.Write(line);
}

void PortalSync::HoldPortal(const Verdict& verdict, const Failure& failure, Instant now) {
  using Held = PortalStanding::Held;
  const Held held = state_.standing.Hold(verdict, MessageOf(failure), now);
  if (held == Held::kAlready) return;
  if (held == Held::kForReason) SayHeld(verdict, failure);
  if (std::holds_alternative<ApiError>(failure)) {
    portal_job_->CheckAgain();
  } else {
    portal_job_->ClaimAgain();
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
  parts_.log.Write(line);
}

void PortalSync::OnOpen() {
  std::vector<StoredStream> stored;
  for (const StreamPlan& plan : plan_.streams) stored.push_back(store_.rows.Load(plan.object));
  const std::string budget = store_.rows.LoadBudget();
  std::vector<JobProgress> read;
  for (const auto& job : ReferenceJobs()) read.push_back(job->Recall());
  const Instant now = parts_.clock.Now();
  MutexLock lock(state_.mutex);
  if (!budget.empty()) governor_->Restore(budget);
  for (size_t i = 0; i < state_.streams.size(); ++i) {
    LoadStream(state_.streams[i], stored[i], now);
    state_.streams[i].unloaded = !state_.streams[i].facts().loaded();
    // A pause outlives a restart; later on we know better than what was saved.
    if (!state_.opened_before) {
      state_.standing.Pause(i, stored[i].paused, PortalStanding::Said::kBefore);
    }
  }
  const bool loads_whole = std::ranges::none_of(
      state_.streams, [](const SyncedStream& stream) { return stream.facts().loaded(); });
  state_.hurries_until = loads_whole ? now + kHurry : now;
  for (size_t i = 0; i < state_.reference_jobs.size(); ++i) {
    Task& task = state_.portal_tasks[i + 1];
    task.job().Load({});
    const bool finds_types = !plan_.custom_asked.empty() && task.traits().finds_types;
    task.Reset(finds_types ? now : DueAfter(read[i], task, now));
  }
  state_.opened_before = true;
}

void PortalSync::OnClosed() {
  {
    MutexLock lock(state_.mutex);
    const auto known = [](const SyncedStream& stream) { return stream.facts().rows_known; };
    if (std::all_of(state_.streams.begin(), state_.streams.end(), known)) return;
  }
  std::map<std::string, int64_t> rows;
  try {
    rows = store_.rows.LastKnownRows();
  } catch (const DatabaseError&) {
    // What cannot be read stays unknown; why is said by whoever needs the database.
    return;
  }
  MutexLock lock(state_.mutex);
  for (const SyncedStream& stream : state_.streams) {
    const auto known = rows.find(stream.context->key().object);
    if (known == rows.end()) continue;
    stream.context->facts().Tell([&](StreamFacts& facts) { facts.CountedRows(known->second); });
  }
}

std::optional<std::vector<CustomType>> PortalSync::found_types() const {
  MutexLock lock(state_.mutex);
  const auto& jobs = state_.reference_jobs;
  return jobs.empty() ? std::nullopt : jobs.front()->found_types();
}

std::vector<std::shared_ptr<ReferenceJob>> PortalSync::ReferenceJobs() const {
  MutexLock lock(state_.mutex);
  return state_.reference_jobs;
}

Instant PortalSync::DueAfter(const JobProgress& progress, Task& task, Instant now) const {
  const auto source_now = source_.clock.Now(now);
  if (!source_now || !progress.last_complete_at ||
      LiesAhead(*progress.last_complete_at, *source_now)) {
    return now;
  }
  // A restart makes nobody less late.
  task.RanBefore(now - (*source_now - *progress.last_complete_at));
  if (!progress.cursor.empty()) return now;
  task.set_last_complete_at(progress.last_complete_at);
  return std::max(now, now + (*progress.last_complete_at + task.every() - *source_now));
}

void PortalSync::LoadStream(SyncedStream& stream, const StoredStream& stored, Instant now) {
  stream.context->Load(stored);
  const auto sweep = stored.progress.find(JobKind::kSweep);
  const bool swept = sweep != stored.progress.end() && sweep->second.last_complete_at;
  for (Task& task : stream.tasks) {
    task.job().Load(stored);
    Instant due = now;
    const JobTraits& traits = task.traits();
    if (const auto found = stored.progress.find(task.kind()); found != stored.progress.end()) {
      if (traits.reads_everything) due = DueAfter(found->second, task, now);
    } else if (traits.proves_load) {
      due = swept ? DueAfter({.last_complete_at = sweep->second.last_complete_at}, task, now)
                  : now + task.every();
    }
    task.Reset(due);
  }
}

PortalReport::Told PortalSync::ReportNews(Instant now) {
  {
    MutexLock lock(state_.mutex);
    const bool stands = state_.told.stands && running_ == 0;
    if (stands && now - state_.told.at < kTellAgain) {
      return {.buffered_bytes = state_.told.buffered_bytes};
    }
  }
  return report_.Tell(state_, now);
}

void PortalSync::Stop() {
  MutexLock lock(state_.mutex);
  stopping_ = true;
}

bool PortalSync::idle() const {
  MutexLock lock(state_.mutex);
  return running_ == 0;
}

}  // namespace hubmirror
