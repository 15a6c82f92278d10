#include "telemetry/telemetry.h"

#include <set>

#include "telemetry/page/readiness.h"
#include "telemetry/series/process_usage.h"

namespace hubmirror {

Telemetry::Telemetry(const Clock& clock, const BuildLabel& build)
    : clock_(clock), board_(clock, build), daemon_(registry_, build, clock.WallNow()) {}

void Telemetry::Configure(const std::vector<PortalPlan>& portals) {
  board_.Configure(portals);
  std::set<PortalKey> named_portals;
  std::set<StreamKey> named_streams;
  MutexLock lock(mutex_);
  for (const PortalPlan& plan : portals) {
    named_portals.insert(plan.key);
    AddPortal(plan.key).SetStreams(plan.streams.size());
    for (const StreamPlan& stream : plan.streams) {
      const StreamKey key{plan.key, stream.object.name};
      named_streams.insert(key);
      AddStream(key).SetTargets(stream);
    }
  }
  std::erase_if(streams_, [&](const auto& entry) { return !named_streams.contains(entry.first); });
  std::erase_if(portals_, [&](const auto& entry) { return !named_portals.contains(entry.first); });
  daemon_.SetPortals(portals.size());
  daemon_.NoteConfiguration(true, clock_.WallNow());
}

void Telemetry::RejectConfiguration() {
  board_.RejectConfiguration();
  MutexLock lock(mutex_);
  daemon_.NoteConfiguration(false, clock_.WallNow());
}

std::string Telemetry::RenderMetrics() {
  const StatusSnapshot snapshot = Snapshot();
  const bool ready = CheckReadiness(snapshot).ready();
  const ProcessUsage usage = ReadProcessUsage();
  {
    MutexLock lock(mutex_);
    daemon_.SetReady(ready);
    daemon_.SetSchedulerUp(IsAlive(snapshot));
    daemon_.SetProcess(usage);
  }
  return registry_.Render();
}

void Telemetry::CountWebRequest(std::string_view path, int code) {
  MutexLock lock(mutex_);
  daemon_.CountWebRequest(path, code);
}

void Telemetry::CountWebRejection(std::string_view reason) {
  MutexLock lock(mutex_);
  daemon_.CountWebRejection(reason);
}

void Telemetry::OnExchange(const Exchange& exchange) {
  MutexLock lock(mutex_);
  daemon_.ObserveExchange(exchange);
  if (PortalSeries* const series = Find(exchange.portal))
    series->CountExchange(exchange, clock_.WallNow());
}

void Telemetry::OnRecordsFetched(const StreamKey& stream, int64_t records, uint64_t values_rejected,
                                 uint64_t values_replaced) {
  MutexLock lock(mutex_);
  if (StreamSeries* const series = Find(stream)) {
    series->CountFetched(records, values_rejected, values_replaced);
  }
}

void Telemetry::OnCommit(const StreamKey& stream, JobKind job, const CommitOutcome& outcome,
                         TimePoint committed_at) {
  if (job == JobKind::kChanges) board_.NoteChangeCost(stream.portal, 0, outcome.changed());
  MutexLock lock(mutex_);
  StreamSeries* const series = Find(stream);
  if (series == nullptr) return;
  series->CountCommit(outcome);
  // Other jobs write records whose age says nothing about how soon a change is found.
  if (job != JobKind::kChanges) return;
  for (const TimePoint stamp : outcome.written_stamps) {
    daemon_.ObserveChangeLatency(stream.object, committed_at - stamp);
  }
}

void Telemetry::OnBrokenPromise(const StreamKey& stream, const std::string&) {
  MutexLock lock(mutex_);
  if (PortalSeries* const series = Find(stream.portal)) series->CountBrokenPromise();
}

void Telemetry::OnLateFind(const StreamKey& stream, std::chrono::milliseconds late) {
  MutexLock lock(mutex_);
  daemon_.ObserveLateFind(stream.object, late);
}

void Telemetry::OnJobReport(const JobReport& report) {
  const bool is_poll = report.job == JobKind::kChanges;
  if (is_poll) board_.NotePoll(report.stream, !report.failure.empty());
  MutexLock lock(mutex_);
  StreamSeries* const series = Find(report.stream);
  if (series == nullptr) return;
  series->CountJob(report);
  if (is_poll) daemon_.ObservePoll(report.stream.object, report.duration);
}

void Telemetry::OnRequests(const StreamKey& stream, JobKind job, int requests) {
  if (job == JobKind::kChanges) board_.NoteChangeCost(stream.portal, requests, 0);
}

void Telemetry::OnVerify(const StreamKey& stream, const VerifyReport& report) {
  MutexLock lock(mutex_);
  AddStream(stream).CountVerify(report);
}

void Telemetry::OnStreamStatus(const StreamKey& stream, const StreamStatus& status) {
  board_.SetStream(stream, status);
  MutexLock lock(mutex_);
  AddStream(stream).SetStatus(status);
}

void Telemetry::OnPortalStatus(const PortalKey& portal, const PortalStatus& status) {
  board_.SetPortal(portal, status);
  MutexLock lock(mutex_);
  PortalSeries& series = AddPortal(portal);
  series.SetAuthValid(status.auth_valid);
  series.SetStoppedBy(status.stopped_by);
  series.SetReference(status.reference);
  series.SetFeed(status.feed, clock_.WallNow());
  series.SetWrite(status.write);
}

void Telemetry::OnStreamRemoved(const StreamKey& stream) {
  board_.RemoveStream(stream);
  MutexLock lock(mutex_);
  streams_.erase(stream);
}

void Telemetry::OnPortalRemoved(const PortalKey& portal) {
  board_.RemovePortal(portal);
  MutexLock lock(mutex_);
  portals_.erase(portal);
  std::erase_if(streams_, [&](const auto& entry) { return entry.first.portal == portal; });
}

void Telemetry::OnTransaction(std::chrono::microseconds duration,
                              const std::string& failed_sqlstate) {
  MutexLock lock(mutex_);
  daemon_.CountTransaction(duration, failed_sqlstate);
}

void Telemetry::OnPoolWait(std::chrono::microseconds wait) {
  MutexLock lock(mutex_);
  daemon_.ObservePoolWait(wait);
}

void Telemetry::OnConnections(int idle, int busy) {
  MutexLock lock(mutex_);
  daemon_.SetConnections(idle, busy);
}

void Telemetry::OnReconnect() {
  MutexLock lock(mutex_);
  daemon_.CountReconnect();
}

void Telemetry::OnDatabaseUp(bool up) {
  board_.SetDatabaseUp(up);
  MutexLock lock(mutex_);
  daemon_.SetDatabaseUp(up);
}

void Telemetry::OnSchemaChange(const StreamKey& stream, const std::string& change) {
  MutexLock lock(mutex_);
  if (StreamSeries* const series = Find(stream)) series->CountSchemaChange(change);
}

void Telemetry::OnThrottle(const PortalKey& portal, std::chrono::milliseconds waited) {
  MutexLock lock(mutex_);
  if (PortalSeries* const series = Find(portal)) series->CountThrottle(waited);
}

void Telemetry::OnWebhookRequest(const PortalKey& portal, const std::string& webhook,
                                 const std::string& outcome, std::chrono::milliseconds took) {
  MutexLock lock(mutex_);
  daemon_.ObserveWebhook(took);
  if (PortalSeries* const series = Find(portal)) series->CountWebhook(webhook, outcome);
}

void Telemetry::OnRetry(const PortalKey& portal, const std::string& reason) {
  MutexLock lock(mutex_);
  if (PortalSeries* const series = Find(portal)) series->CountRetry(reason);
}

void Telemetry::OnTokenExpiry(const PortalKey& portal, TimePoint expires_at) {
  MutexLock lock(mutex_);
  if (PortalSeries* const series = Find(portal)) series->SetTokenExpiry(expires_at);
}

void Telemetry::OnTokenRefreshFailure(const PortalKey& portal) {
  MutexLock lock(mutex_);
  if (PortalSeries* const series = Find(portal)) series->CountTokenRefreshFailure();
}

void Telemetry::OnWrites(const StreamKey& stream, const WriteCounts& counts) {
  MutexLock lock(mutex_);
  for (const auto latency : counts.latencies) daemon_.ObserveWrite(stream.object, latency);
  if (PortalSeries* const series = Find(stream.portal)) series->CountWrites(stream.object, counts);
}

void Telemetry::OnEchoes(const PortalKey& portal, const std::map<std::string, int64_t>& by_kind) {
  MutexLock lock(mutex_);
  if (PortalSeries* const series = Find(portal)) series->CountEchoes(by_kind);
}

void Telemetry::OnEntries(const PortalKey& portal, const std::map<std::string, int64_t>& by_op) {
  MutexLock lock(mutex_);
  if (PortalSeries* const series = Find(portal)) series->CountEntries(by_op);
}

void Telemetry::OnSchedulerTick(TimePoint now) {
  board_.NoteSchedulerTurn();
  MutexLock lock(mutex_);
  daemon_.NoteSchedulerTurn(now);
}

void Telemetry::OnSchedulerDelay(std::chrono::milliseconds delay) {
  MutexLock lock(mutex_);
  daemon_.ObserveSchedulerDelay(delay);
}

void Telemetry::OnQueue(const std::string& stage, int64_t bytes, int64_t limit) {
  MutexLock lock(mutex_);
  daemon_.SetQueue(stage, bytes, limit);
}

void Telemetry::OnLogged(LogLevel level, std::string_view event) {
  MutexLock lock(mutex_);
  daemon_.CountLogLine(level, event);
}

void Telemetry::OnLogFolded(std::string_view event) {
  MutexLock lock(mutex_);
  daemon_.CountFoldedLine(event);
}

StreamSeries& Telemetry::AddStream(const StreamKey& stream) {
  return streams_.try_emplace(stream, registry_, stream).first->second;
}

PortalSeries& Telemetry::AddPortal(const PortalKey& portal) {
  return portals_.try_emplace(portal, registry_, portal).first->second;
}

StreamSeries* Telemetry::Find(const StreamKey& stream) {
  const auto found = streams_.find(stream);
  return found == streams_.end() ? nullptr : &found->second;
}

PortalSeries* Telemetry::Find(const PortalKey& portal) {
  const auto found = portals_.find(portal);
  return found == portals_.end() ? nullptr : &found->second;
}

}  // namespace hubmirror
