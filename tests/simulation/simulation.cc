#include "simulation/simulation.h"

#include <algorithm>
#include <set>

#include "compare/json.h"

namespace hubmirror::simulation {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto kLookEvery = 30s;
constexpr auto kFollowEvery = 10min;
// Of what people do: create, update, archive, restore, merge, erase, purge, calculate, link,
// unlink, relabel.
constexpr decltype(simulated_portal::ScriptSettings::weights) kWeights = {20, 50, 10, 6, 6, 2,
                                                                          1,  4,  6,  3, 2};

// What goes on complaining has been heard.
constexpr size_t kComplaintsMost = 20;

simulated_portal::PortalSettings SettingsOf(const Setup& setup) {
  simulated_portal::PortalSettings settings = simulated_portal::PlainPortal(setup.seed, 0);
  settings.records.fill(0);
  settings.properties.fill(0);
  for (const std::string& object : setup.objects) {
    const size_t type = simulated_portal::FindObjectType(object);
    settings.records[type] = setup.records / setup.objects.size();
    settings.properties[type] = setup.properties;
  }
  settings.reference = {.owners = 2, .lists = 0, .events = 0, .members = 0};
  settings.live.index = setup.index;
  settings.live.removal_delay_given = true;
  return settings;
}

/// The records that a question or an answer names, the first of many.
std::string IdsIn(std::string_view text) {
  constexpr std::string_view kId = "\"id\":\"";
  constexpr size_t kMost = 12;
  std::string ids;
  size_t count = 0;
  for (size_t at = text.find(kId); at != text.npos; at = text.find(kId, at)) {
    at += kId.size();
    if (++count <= kMost) ids.append(" ").append(text.substr(at, text.find('"', at) - at));
  }
  if (count > kMost) ids += " and " + std::to_string(count - kMost) + " more";
  return ids;
}

}  // namespace

class Simulation::Observer final : public testing::SilentObserver {
 public:
  explicit Observer(Judge& judge) : judge_(judge) {}
  void OnJobReport(const JobReport& report) override { judge_.NoteJob(report); }
  void OnCommit(const StreamKey& stream, JobKind, const CommitOutcome& outcome,
                TimePoint) override {
    if (outcome.changed() > 0) judge_.NoteChange(stream.object);
  }
  void OnStreamStatus(const StreamKey& stream, const StreamStatus& status) override {
    if (status.state == StreamState::kBlocked) {
      blocked_.insert(stream.object);
    } else {
      blocked_.erase(stream.object);
    }
  }
  /// Which streams wait for a person.
  const std::set<std::string>& blocked() const { return blocked_; }

 private:
  Judge& judge_;
  std::set<std::string> blocked_;
};

class Simulation::Log final : public Logger {
 public:
  explicit Log(Simulation& simulation) : simulation_(simulation) {}
  void Write(const LogLine& line) override {
    if (line.event == "step.bug") simulation_.Complain(line.message);
    if (!simulation_.narrator_) return;
    std::string text = "log " + std::string(line.event) + ": " + line.message;
    for (const auto& [name, value] : line.fields) {
      if (name != "PORTAL") text.append(" ").append(name).append("=").append(value);
    }
    simulation_.Tell(text);
  }

 private:
  Simulation& simulation_;
};

Simulation::Simulation(const Story& story, Narrator narrator, Database database)
    : story_(story),
      setup_(story.setup),
      narrator_(std::move(narrator)),
      database_(std::move(database)),
      random_(story.setup.seed, "order"),
      crew_(story.setup.workers),
      turns_(story.setup.workers),
      starts_at_(clock_.Now()),
      asks_at_(clock_.Now()),
      ticks_at_(clock_.Now()),
      looks_at_(clock_.Now()),
      follows_at_(clock_.Now()) {
  if (database_.time != nullptr) database_.time->Set(clock_);
  hubspot_ = std::make_unique<HubSpot>(SettingsOf(setup_), clock_);
  judge_ = std::make_unique<Judge>(*hubspot_, clock_, setup_,
                                   [this](const std::string& what) { Complain(what); });
  observer_ = std::make_unique<Observer>(*judge_);
  if (!dsn_.empty()) follower_.emplace(dsn_, "acme");
  log_ = std::make_unique<Log>(*this);
  if (setup_.write.enabled) {
    for (const std::string& object : setup_.objects) {
      const std::string key = WritingOf(object, setup_).key_property;
      if (key.empty()) continue;
      hubspot_->Change("mutate", R"({"object":")" + object + R"(","kind":"property_add","name":")" +
                                     key +
                                     R"(","type":"string","field_type":"text","unique":true})");
    }
    applications_ = std::make_unique<Applications>(database_, *hubspot_, setup_,
                                                   [this](const std::string& what) { Tell(what); });
    outbox_judge_ = std::make_unique<OutboxJudge>(
        database_, *hubspot_, setup_, [this](const std::string& what) { Complain(what); });
  }
  wires_ = std::make_unique<Wires>(
      *hubspot_, clock_, setup_.latency, setup_.seed,
      [this](const ClientRequest& request, const simulated_portal::HttpResponse& response) {
        ++outcome_.requests;
        if (outbox_judge_) outbox_judge_->NoteRequest(request);
        outcome_.faults += response.status < 200 || response.status >= 300 ||
                           response.delivery != simulated_portal::Delivery::kWhole;
        if (request.target.ends_with("/search")) {
          for (const std::string& object : setup_.objects) judge_->LookAtIndex(object);
        }
        if (!narrator_) return;
        std::string text = request.body.empty() ? "GET " : "POST ";
        text += request.target.substr(0, request.target.find("properties="));
        text += IdsIn(request.body) + " -> " + std::to_string(response.status);
        Tell(text + IdsIn(response.body));
      });
}

Simulation::~Simulation() {
  crew_.Kill();
}

void Simulation::Complain(const std::string& what) {
  Tell("!! " + what);
  if (outcome_.complaints.size() < kComplaintsMost) {
    outcome_.complaints.push_back(std::to_string(Since().count()) + "ms: " + what);
  }
}

void Simulation::Tell(const std::string& what) const {
  if (narrator_) narrator_(Since(), what);
}

milliseconds Simulation::Since() const {
  return std::chrono::floor<milliseconds>(clock_.Now() - VirtualClock::kStart);
}

Outcome Simulation::Run() {
  GoOnUntil(VirtualClock::kStart + setup_.hours);
  Calm();
  const Instant calm = clock_.Now();
  GoOnUntil(calm + setup_.quiet);
  CompareAll();
  judge_->LookAtJobs(calm);
  judge_->LookAtLimits();
  outcome_.simulated = Since();
  outcome_.commits = disk_.commits;
  outcome_.faults += trouble_.struck;
  return std::move(outcome_);
}

void Simulation::GoOnUntil(Instant end) {
  while (clock_.Now() < end && outcome_.complaints.size() < kComplaintsMost) {
    MoveClockTo(std::min(end, std::max(Turn(end), clock_.Now())));
  }
}

void Simulation::MoveClockTo(Instant at) {
  clock_.MoveTo(at);
  if (database_.time != nullptr) database_.time->Set(clock_);
}

Instant Simulation::Turn(Instant end) {
  const auto& events = story_.events;
  while (next_event_ < events.size() &&
         VirtualClock::kStart + events[next_event_].at <= clock_.Now()) {
    Happen(events[next_event_++]);
  }
  if (!daemon_ && clock_.Now() >= starts_at_) StartDaemon();
  ResumeWorkers();
  if (daemon_ && clock_.Now() >= ticks_at_) Tick();
  if (reloads_ && !AnybodyBusy()) KillDaemon(0ms);
  if (daemon_ && !reloads_ && clock_.Now() >= asks_at_) TakeSteps();

  Instant next = end;
  if (next_event_ < events.size()) {
    next = std::min(next, VirtualClock::kStart + Duration(events[next_event_].at));
  }
  if (!daemon_) return std::min(next, starts_at_);
  next = std::min(next, ticks_at_);
  bool idle = false;
  for (size_t i = 0; i < crew_.size(); ++i) {
    if (crew_.busy(i)) {
      next = std::min(next, crew_.wakes(i));
    } else {
      idle = true;
    }
  }
  return idle && !reloads_ ? std::min(next, asks_at_) : next;
}

bool Simulation::AnybodyBusy() const {
  for (size_t i = 0; i < crew_.size(); ++i) {
    if (crew_.busy(i)) return true;
  }
  return false;
}

void Simulation::ResumeWorkers() {
  for (;;) {
    std::vector<size_t> due;
    for (size_t i = 0; i < crew_.size(); ++i) {
      if (crew_.busy(i) && crew_.wakes(i) <= clock_.Now()) due.push_back(i);
    }
    if (due.empty()) return;
    const size_t worker = due[random_.Below(due.size())];
    crew_.Resume(worker);
    if (Struck()) return;
    if (crew_.busy(worker)) continue;
    daemon_->schedule().Done(*turns_[worker]);
    turns_[worker].reset();
    asks_at_ = clock_.Now();
  }
}

void Simulation::TakeSteps() {
  for (size_t worker = 0; worker < crew_.size(); ++worker) {
    while (!crew_.busy(worker)) {
      auto taken = daemon_->schedule().TakeNow();
      if (const auto* later = std::get_if<Instant>(&taken)) {
        asks_at_ = std::max(*later, clock_.Now() + Laziness());
        return;
      }
      turns_[worker] = std::get<PollSchedule::Turn>(std::move(taken));
      const PollSchedule::Turn& turn = *turns_[worker];
      const size_t place = turn.assignment.place;
      const std::string lane = place < setup_.objects.size() ? setup_.objects[place] : "";
      if (narrator_) Tell(lane + " " + std::string(NameOf(turn.assignment.job->kind())));
      crew_.Start(worker, lane, [&turn] { turn.portal->Run(turn.assignment); });
      if (Struck()) return;
      if (crew_.busy(worker)) break;
      daemon_->schedule().Done(turn);
      turns_[worker].reset();
    }
  }
  asks_at_ = clock_.Now() + Laziness();
}

milliseconds Simulation::Laziness() const {
  // Nobody inserts rows any more, and each look for some costs SQL.
  constexpr milliseconds kCalm = 15s;
  return calm_ && applications_ ? std::max(kCalm, setup_.laziness) : setup_.laziness;
}

void Simulation::Tick() {
  ticks_at_ = clock_.Now() + setup_.tick;
  daemon_->portal().Report(clock_.Now());
  daemon_->schedule().Wake(daemon_->portal().key());
  asks_at_ = std::min(asks_at_, clock_.Now());
  if (clock_.Now() < looks_at_) return;
  looks_at_ = clock_.Now() + kLookEvery;
  if (calm_) {
    // A scope that is missing is asked for once a day at last: whoever grants it says so.
    for (const std::string& object : observer_->blocked()) {
      daemon_->portal().operations().Poll(object);
    }
    if (applications_) applications_->Help();
  }
  for (const std::string& object : setup_.objects) {
    judge_->LookAtIndex(object);
    if (dsn_.empty()) judge_->LookAtVerified(object, disk_.objects[object]);
  }
  if (clock_.Now() < follows_at_) return;
  follows_at_ = clock_.Now() + kFollowEvery;
  FollowFeed();
}

void Simulation::StartDaemon() {
  ++lives_;
  const std::string instance = taken_over_ ? "the other one" : "simulation";
  const auto compare_rows = [this](const std::string& object) {
    if (!object.empty() && dsn_.empty()) judge_->LookAtRows(object, disk_.objects[object]);
    if (narrator_) Tell("commit " + std::to_string(disk_.commits) + " of " + object);
  };
  daemon_ = std::make_unique<DaemonLife>(DaemonLife::Parts{
      .setup = setup_,
      .clock = clock_,
      .transport = *wires_,
      .disk = disk_,
      .dsn = dsn_,
      .trouble = trouble_,
      .observer = *observer_,
      .log = *log_,
      .hooks = {.before_commit = [](const std::string&) {}, .after_commit = compare_rows},
      .token = hubspot_->token,
      .portal_id = PortalId{hubspot_->portal().settings.portal_id},
      .seed = setup_.seed * 1000 + lives_,
      .instance = instance,
      .epoch = epochs_[instance]});
  Tell("the daemon starts" + (taken_over_ ? ", " + instance : ""));
  asks_at_ = ticks_at_ = clock_.Now();
}

bool Simulation::Struck() {
  if (!kill_ || --kill_->turns > 0) return false;
  ++outcome_.kills;
  Tell("the daemon is killed");
  if (kill_->takes_over) taken_over_ = !taken_over_;
  KillDaemon(kill_->away);
  kill_.reset();
  return true;
}

void Simulation::KillDaemon(milliseconds away) {
  crew_.Kill();
  for (auto& turn : turns_) turn.reset();
  daemon_.reset();
  reloads_ = false;
  starts_at_ = clock_.Now() + away;
}

void Simulation::Happen(const Event& event) {
  Tell(InWords(event));
  ++outcome_.events;
  switch (event.kind) {
    case EventKind::kChange:
      return Change(event);
    case EventKind::kImport:
    case EventKind::kProperty:
      hubspot_->Change("mutate", event.what);
      return;
    case EventKind::kApiFault:
      hubspot_->Change("faults", "{\"faults\":[" + event.what + "]}");
      return;
    case EventKind::kCommitFault:
      for (int64_t i = 0; i < event.count; ++i) {
        trouble_.next.push_back(static_cast<CommitFault>(event.seed % 3));
      }
      return;
    case EventKind::kDatabaseAway:
      trouble_.away_until = clock_.Now() + event.lasts;
      ++outcome_.faults;
      return;
    case EventKind::kSnapshot:
      standby_ = disk_;
      return;
    case EventKind::kRewind:
      return Rewind(event);
    case EventKind::kKill:
      kill_ = Kill{.turns = event.count, .away = event.lasts};
      return;
    case EventKind::kReload:
      if (daemon_) {
        daemon_->portal().Stop();
        reloads_ = true;
      }
      return;
    case EventKind::kWallJump:
      clock_.ShiftWall(event.lasts);
      ++outcome_.faults;
      return;
    case EventKind::kPortalJump:
      wires_->MisdateNext(event.count, event.lasts);
      outcome_.faults += event.count;
      return;
    case EventKind::kOperator:
      return Ask(event);
    case EventKind::kTableUser:
      return UseTable(event);
    case EventKind::kTakeOver:
      kill_ = Kill{.turns = event.count, .away = event.lasts, .takes_over = true};
      return;
    case EventKind::kRows:
      return applications_->Insert(event);
    case EventKind::kRivals:
      return applications_->ChangeThere(event);
    case EventKind::kDecide:
      return applications_->Decide(event);
  }
}

void Simulation::Rewind(const Event& event) {
  if (!standby_ || !dsn_.empty()) return;
  ++outcome_.faults;
  disk_ = *standby_;
  standby_.reset();
  for (const std::string& object : setup_.objects) judge_->Forget(object);
  // Behind a pooler our session may live on, and nobody tells us.
  if (event.what == "session lost") trouble_.next = {CommitFault::kLost};
}

void Simulation::Ask(const Event& event) {
  if (!daemon_) return;
  simulated_portal::Random random(event.seed);
  PortalOperations& operations = daemon_->portal().operations();
  const std::string object = setup_.objects[random.Below(setup_.objects.size())];
  const ControlTarget target{daemon_->portal().key(), object};
  if (event.what == "poll") operations.Poll(object);
  if (event.what == "pause") operations.Pause(object, true);
  if (event.what == "resume") operations.Pause("", false);
  if (event.what == "backfill") operations.Backfill(object);
  if (event.what == "resolve") operations.Resolve(object, false);
  if (event.what == "verify") operations.Start(OperationKind::kVerify, target, true);
  if (event.what == "refresh") {
    auto& records = hubspot_->portal().objects[simulated_portal::FindObjectType(object)].records;
    const auto* record = records.DrawRecord(random, simulated_portal::RecordState::kLive);
    if (record != nullptr) operations.Refresh(object, RecordId{record->id});
  }
  daemon_->schedule().Wake(daemon_->portal().key());
  asks_at_ = clock_.Now();
}

void Simulation::UseTable(const Event& event) {
  if (!dsn_.empty()) return;
  simulated_portal::Random random(event.seed);
  const std::string object = setup_.objects[random.Below(setup_.objects.size())];
  StoredObject& stored = disk_.objects[object];
  if (!stored.exists) return;
  ++outcome_.faults;
  if (event.what == "lock") trouble_.locked_until[object] = clock_.Now() + event.lasts;
  if (event.what == "drop table") {
    stored.exists = false;
    stored.rows.clear();
    stored.columns.clear();
    stored.dropped.clear();
    judge_->Forget(object);
  }
  if (event.what == "drop column") {
    const MirrorColumn& column = stored.columns[random.Below(stored.columns.size())];
    const std::string property = column.property();
    // The stamp of a row has a place of its own here.
    if (property == FindObjectType(object)->modified_property) return;
    judge_->NoteDropped(object, column.column_name);
    stored.dropped.insert(property);
    for (auto& [id, row] : stored.rows) row.values.erase(property);
  }
}

void Simulation::Change(const Event& event) {
  simulated_portal::Portal& portal = hubspot_->portal();
  simulated_portal::ScriptSettings settings{
      .events = event.count, .seed = event.seed, .weights = kWeights};
  for (const std::string& object : setup_.objects) {
    settings.objects.push_back(simulated_portal::FindObjectType(object));
  }
  simulated_portal::MutationScript script(std::move(settings), hubspot_->Now());
  script.Step(portal.objects, portal.mutator, hubspot_->Now());
  if (narrator_) TellChanges();
}

void Simulation::TellChanges() const {
  for (const std::string& object : setup_.objects) {
    auto& records = hubspot_->portal().objects[simulated_portal::FindObjectType(object)].records;
    for (const auto& [id, record] : records.all()) {
      if (record.changed_at != hubspot_->Now()) continue;
      std::string text = "  " + object + " " + std::to_string(id) + " " +
                         std::string(record.last_change) + ", stamp " +
                         simulated_portal::FormatInstant(record.version->stamp);
      if (record.merged_into != 0) text += ", into " + std::to_string(record.merged_into);
      Tell(text);
    }
  }
}

void Simulation::Calm() {
  hubspot_->portal().faults.Clear();
  trouble_.next.clear();
  trouble_.away_until = {};
  trouble_.locked_until.clear();
  clock_.ShiftWall(0ms);
  wires_->MisdateNext(0, 0ms);
  kill_.reset();
  standby_.reset();
  if (!daemon_) StartDaemon();
  Ask({.kind = EventKind::kOperator, .what = "resume"});
  calm_ = true;
  ArchiveOneOfEach();
  Tell("all is calm from now on");
}

void Simulation::ArchiveOneOfEach() {
  simulated_portal::Random random(setup_.seed);
  for (const std::string& object : setup_.objects) {
    auto& type = hubspot_->portal().objects[simulated_portal::FindObjectType(object)];
    auto* record = type.records.DrawRecord(random, simulated_portal::RecordState::kLive);
    if (record != nullptr) hubspot_->portal().mutator.Archive(type, *record, hubspot_->Now());
  }
}

void Simulation::CompareAll() {
  std::optional<compare::MirrorReader> mirror;
  if (!dsn_.empty()) mirror.emplace(dsn_, "acme");
  for (const std::string& object : setup_.objects) {
    const StoredObject& stored = disk_.objects[object];
    TableCopy copy = mirror ? TableOf(object, *mirror) : TableOf(object, stored);
    outcome_.values += judge_->Compare(copy);
    outcome_.rows += static_cast<int64_t>(copy.table.size());
    outcome_.tables[object] = std::move(copy);
    for (const auto& [id, pending] : stored.pending) {
      Complain(object + " " + std::to_string(id) + " still waits, " +
               std::string(NameOf(pending.record.cause)));
    }
    if (!mirror) continue;
    mirror->ReportLeftovers(object, [this](const compare::Difference& difference) {
      Complain(compare::ToLine(difference));
    });
  }
  CompareLinks(mirror ? &*mirror : nullptr);
  if (outbox_judge_) {
    outbox_judge_->Look();
    outcome_.asked = applications_->rows();
    outcome_.written = outbox_judge_->written();
    outcome_.ends = outbox_judge_->ends();
  }
  FollowFeed();
  if (follower_) {
    const std::string differences = follower_->Differences();
    if (!differences.empty())
      Complain("whoever followed the feed has something else:\n" + differences);
  }
}

void Simulation::FollowFeed() {
  if (!follower_ || testing::RunSql(dsn_, "SELECT to_regclass('acme.changes')").empty()) return;
  try {
    outcome_.entries += follower_->Follow();
  } catch (const std::runtime_error& error) {
    Complain(std::string("the feed: ") + error.what());
    follower_.reset();
  }
}

std::vector<Judge::Line> Simulation::LinksIn(compare::MirrorReader* mirror,
                                             const LinkPair& pair) const {
  std::vector<Judge::Line> lines;
  if (mirror != nullptr) {
    for (const compare::LinkLine& line : mirror->Links(pair.from.name, pair.to.name)) {
      lines.emplace_back(line.from, line.to, line.category, line.type_id, line.label);
    }
    return lines;
  }
  const auto live = [this](const std::string& object, int64_t id) {
    const auto& rows = disk_.objects.at(object).rows;
    const auto row = rows.find(id);
    return row != rows.end() && row->second.live();
  };
  for (const auto& [key, link] : disk_.links) {
    if (key.from_type != pair.from.name || key.to_type != pair.to.name || link.removed) continue;
    if (!live(key.from_type, key.from) || !live(key.to_type, key.to)) continue;
    lines.emplace_back(key.from, key.to, key.category, std::to_string(key.type_id), link.label);
  }
  return lines;
}

void Simulation::CompareLinks(compare::MirrorReader* mirror) {
  for (size_t i = 0; i < setup_.objects.size(); ++i) {
    for (size_t j = i; j < setup_.objects.size(); ++j) {
      const LinkPair pair =
          PairOf(*FindObjectType(setup_.objects[i]), *FindObjectType(setup_.objects[j]));
      judge_->CompareLinks(pair.from.name, pair.to.name, LinksIn(mirror, pair));
    }
  }
}

}  // namespace hubmirror::simulation
