#include "sync/supervisor.h"

#include <algorithm>
#include <cmath>

#include "base/named_thread.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

constexpr auto kTurn = 1s;
// A turn looks and asks nobody.
constexpr auto kLongestTurn = 30s;
// Seconds a poll keeps a worker busy, request and commit together.
constexpr double kPollSeconds = 0.3;
constexpr int kLoadWorkers = 24;

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<std::string> ObjectsOf(const PortalSync& portal) {
  std::vector<std::string> names;
  for (const StreamPlan& stream : portal.plan().streams) names.push_back(stream.object.name);
  return names;
}

bool Mirrors(const PortalSync& portal, const std::string& object) {
  return std::ranges::any_of(portal.plan().streams, [&](const StreamPlan& stream) {
    return stream.object.name == object;
  });
}

std::string NameOf(const ControlTarget& target) {
  std::string name = target.portal;
  if (target.object) name += "/" + *target.object;
  if (target.id) name += "/" + std::to_string(target.id->value);
  return name;
}

/// How long an operation may reasonably take.
std::chrono::milliseconds PatienceFor(OperationKind kind, const PortalPlan& plan) {
  if (kind == OperationKind::kVerify || kind == OperationKind::kBackfill) return 24h;
  std::chrono::milliseconds confirm{0};
  for (const StreamPlan& stream : plan.streams) confirm = std::max(confirm, stream.confirm_after);
  return 2 * confirm + 120s;
}

}  // namespace

int WorkersFor(const std::vector<PortalPlan>& plans) {
  double workers = 0;
  for (const PortalPlan& plan : plans) {
    workers += kLoadWorkers;
    for (const StreamPlan& stream : plan.streams) {
      const double seconds = std::chrono::duration<double>(stream.interval).count();
      workers += kPollSeconds / std::max(0.1, seconds);
    }
  }
  return std::clamp(static_cast<int>(std::ceil(workers)), 4, 128);
}

Supervisor::Supervisor(const Clock& clock, SyncObserver& observer, Options options)
    : clock_(clock), observer_(observer), options_(options), schedule_(clock) {}

Supervisor::~Supervisor() {
  Stop();
}

void Supervisor::Start() {
  workers_ = std::make_unique<WorkerPool>(schedule_, clock_, options_.workers);
  watch_ = StartThread("supervisor", [this](std::stop_token stop) { Watch(std::move(stop)); });
}

void Supervisor::Stop() {
  for (const auto& portal : schedule_.portals()) portal->Stop();
  if (workers_) workers_->Join();
  watch_ = {};
}

void Supervisor::Watch(std::stop_token stop) {
  do {
    const Instant now = clock_.Now();
    int64_t buffered = 0;
    for (const auto& portal : schedule_.portals()) {
      const PortalReport::Told told = portal->ReportNews(now);
      buffered += told.buffered_bytes;
      // For those who ask in SQL.
      if (told.to_write) schedule_.Wake(portal->key());
    }
    observer_.OnQueue("write", buffered, options_.memory_bytes);
    last_turn_ = now.time_since_epoch().count();
    observer_.OnSchedulerTick(clock_.WallNow());
  } while (clock_.SleepUntil(clock_.Now() + kTurn, stop));
}

bool Supervisor::Moves(Duration step_limit) const {
  const Instant now = clock_.Now();
  if (now - Instant{Instant::duration{last_turn_}} > kLongestTurn) return false;
  const auto oldest = workers_ ? workers_->OldestStep() : std::nullopt;
  return !oldest || now - *oldest <= step_limit;
}

void Supervisor::Put(std::shared_ptr<PortalSync> portal) {
  // The old one stays where it can be asked until the new one is there.
  if (const auto old = schedule_.Find(portal->key())) {
    old->Stop();
    WaitIdle(*old);
  }
  schedule_.Add(std::move(portal));
}

void Supervisor::Remove(const PortalKey& key) {
  const auto portal = schedule_.Remove(key);
  if (!portal) return;
  WaitIdle(*portal);
  for (const std::string& object : ObjectsOf(*portal)) observer_.OnStreamRemoved({key, object});
  observer_.OnPortalRemoved(key);
}

std::optional<std::vector<CustomType>> Supervisor::FoundTypes(const PortalKey& key) const {
  const auto portal = schedule_.Find(key);
  return portal ? portal->found_types() : std::nullopt;
}

void Supervisor::WaitIdle(const PortalSync& portal) const {
  // A step ends within its request's and its transaction's deadline.
  while (!portal.idle()) clock_.SleepUntil(clock_.Now() + 10ms, {});
}

std::shared_ptr<PortalSync> Supervisor::Find(const ControlTarget& target,
                                             ControlResult& result) const {
  auto portal = schedule_.Find(target.portal);
  if (!portal) {
    std::vector<std::string> known;
    for (const auto& other : schedule_.portals()) known.push_back(other->key());
    result = {.code = ControlCode::kUnknownTarget,
              .message = "there is no portal " + target.portal + "; configured: " + Joined(known),
              .next = "use one of these names"};
    return nullptr;
  }
  if (target.object && !Mirrors(*portal, *target.object)) {
    result = {.code = ControlCode::kUnknownTarget,
              .message = "portal " + target.portal + " mirrors no " + *target.object + "; it has " +
                         Joined(ObjectsOf(*portal)),
              .next = "use one of these names, or add the object to the configuration"};
    return nullptr;
  }
  return portal;
}

ControlResult Supervisor::Ask(const ControlTarget& target, const std::string& said,
                              const Wish& wish) {
  ControlResult result;
  const auto portal = Find(target, result);
  if (!portal) return result;
  wish(portal->operations(), target.object.value_or(""));
  schedule_.Wake(target.portal);
  // Whoever asked looks at the status next, which must not be a second old then.
  portal->Report(clock_.Now());
  result.message = NameOf(target) + " " + said;
  return result;
}

ControlResult Supervisor::Poll(const ControlTarget& target) {
  return Ask(target, "is polled now",
             [](PortalOperations& portal, const std::string& object) { portal.Poll(object); });
}

ControlResult Supervisor::Pause(const ControlTarget& target) {
  return Ask(target, "is paused", [](PortalOperations& portal, const std::string& object) {
    portal.Pause(object, true);
  });
}

ControlResult Supervisor::Resume(const ControlTarget& target) {
  return Ask(target, "is resumed", [](PortalOperations& portal, const std::string& object) {
    portal.Pause(object, false);
  });
}

ControlResult Supervisor::Backfill(const ControlTarget& target) {
  return Ask(target, "is loaded from the beginning",
             [](PortalOperations& portal, const std::string& object) { portal.Backfill(object); });
}

ControlResult Supervisor::Resolve(const ControlTarget& target, bool accept) {
  return Ask(target,
             accept ? "is released: vanished records will be marked gone" : "is resolved now",
             [accept](PortalOperations& portal, const std::string& object) {
               portal.Resolve(object, accept);
             });
}

ControlResult Supervisor::Refresh(const StreamKey& stream, RecordId id) {
  return Ask(
      {stream.portal, stream.object}, "record " + std::to_string(id.value) + " is read again",
      [id](PortalOperations& portal, const std::string& object) { portal.Refresh(object, id); });
}

OperationStart Supervisor::StartOperation(OperationKind kind, const ControlTarget& target,
                                          bool repair) {
  OperationStart start;
  const auto portal = Find(target, start.result);
  if (!portal) return start;
  PortalOperations::Runs runs = portal->operations().Start(kind, target, repair);
  schedule_.Wake(target.portal);
  start.patience = PatienceFor(kind, portal->plan());
  MutexLock lock(mutex_);
  start.ticket = next_ticket_++;
  operations_.emplace(start.ticket, Operation{kind, target, std::move(runs)});
  return start;
}

OperationProgress Supervisor::ProgressOf(uint64_t ticket) {
  Operation operation;
  {
    MutexLock lock(mutex_);
    const auto found = operations_.find(ticket);
    if (found == operations_.end()) return {.done = true};
    operation = found->second;
  }
  const auto portal = schedule_.Find(operation.target.portal);
  if (!portal) return {.done = true};
  return portal->operations().ProgressOf(operation.kind, operation.target, operation.runs);
}

void Supervisor::EndOperation(uint64_t ticket) {
  Operation operation;
  {
    MutexLock lock(mutex_);
    const auto found = operations_.find(ticket);
    if (found == operations_.end()) return;
    operation = found->second;
    operations_.erase(found);
  }
  if (const auto portal = schedule_.Find(operation.target.portal)) {
    portal->operations().End(operation.kind, operation.target);
  }
}

ControlResult Supervisor::CostOf(OperationKind kind, const ControlTarget& target,
                                 OperationCost& cost) const {
  ControlResult result;
  if (const auto portal = Find(target, result)) {
    cost = portal->operations().CostOf(kind, target.object.value_or(""));
  }
  return result;
}

}  // namespace hubmirror
