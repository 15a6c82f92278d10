#include "telemetry/series/daemon_series.h"

#include "telemetry/series/seconds.h"

namespace hubmirror {
namespace {

// Bounds for sets whose values come from fixed tables that are smaller.
constexpr size_t kSqlstateClasses = 45;
constexpr size_t kLogLevels = 5;
constexpr size_t kMostEvents = 100;
constexpr size_t kWebAnswers = 60;
constexpr size_t kWebRejections = 10;

#if defined(__clang__)
constexpr const char* kCompiler = "clang " __clang_version__;
#else
constexpr const char* kCompiler = "g++ " __VERSION__;
#endif

}  // namespace

DaemonSeries::DaemonSeries(MetricRegistry& registry, const BuildLabel& build, TimePoint started_at)
    : registry_(registry),
      build_(registry, MetricId::kBuildInfo, {build.version, build.revision, kCompiler}, 1),
      ready_(registry, MetricId::kReady, {}, 0),
      api_up_(registry, MetricId::kComponentUp, {"api"}, 0),
      database_component_up_(registry, MetricId::kComponentUp, {"database"}, 0),
      scheduler_up_(registry, MetricId::kComponentUp, {"scheduler"}, 0),
      web_up_(registry, MetricId::kComponentUp, {"web"}, 1),
      reload_successful_(registry, MetricId::kConfigLastReloadSuccessful, {}, 0),
      reload_time_(registry, MetricId::kConfigLastReloadSuccessTimestamp),
      portals_(registry, MetricId::kPortalsConfigured, {}, 0),
      db_up_(registry, MetricId::kDbUp, {}, 0),
      transactions_(registry, MetricId::kDbTransactions),
      transaction_failures_(registry, MetricId::kDbTransactionFailures, {}, kSqlstateClasses),
      transaction_duration_(registry, MetricId::kDbTransactionDuration),
      pool_wait_(registry, MetricId::kDbPoolWait),
      idle_connections_(registry, MetricId::kDbConnections, {"idle"}, 0),
      busy_connections_(registry, MetricId::kDbConnections, {"busy"}, 0),
      reconnects_(registry, MetricId::kDbReconnects),
      scheduler_delay_(registry, MetricId::kSchedulerDelay),
      webhook_duration_(registry, MetricId::kWebhookRequestDuration),
      scheduler_turn_(registry, MetricId::kSchedulerLastTickTimestamp),
      log_lines_(registry, MetricId::kLogMessages, {}, kLogLevels),
      folded_lines_(registry, MetricId::kLogSuppressed, {}, kMostEvents),
      web_requests_(registry, MetricId::kWebRequests, {}, kWebAnswers),
      web_rejections_(registry, MetricId::kWebRejected, {}, kWebRejections),
      cpu_(registry, MetricId::kProcessCpu),
      resident_(registry, MetricId::kProcessResidentMemory, {}, 0),
      open_fds_(registry, MetricId::kProcessOpenFds, {}, 0),
      max_fds_(registry, MetricId::kProcessMaxFds, {}, 0),
      started_at_(registry, MetricId::kProcessStartTime, {}, UnixSeconds(started_at)) {
  for (const LogLevel level :
       {LogLevel::kErr, LogLevel::kWarning, LogLevel::kNotice, LogLevel::kInfo, LogLevel::kDebug}) {
    log_lines_.At({std::string(NameOf(level))});
  }
  for (const char* const reason :
       {"host", "origin", "method", "size", "rate", "syntax", "timeout"}) {
    web_rejections_.At({reason});
  }
}

void DaemonSeries::SetReady(bool ready) {
  ready_.Set(ready ? 1 : 0);
}

void DaemonSeries::SetPortals(size_t configured) {
  portals_.Set(static_cast<double>(configured));
}

void DaemonSeries::NoteConfiguration(bool accepted, TimePoint at) {
  reload_successful_.Set(accepted ? 1 : 0);
  if (accepted) reload_time_.Set(UnixSeconds(at));
}

void DaemonSeries::SetSchedulerUp(bool up) {
  scheduler_up_.Set(up ? 1 : 0);
}

void DaemonSeries::NoteSchedulerTurn(TimePoint at) {
  scheduler_turn_.Set(UnixSeconds(at));
}

void DaemonSeries::ObserveSchedulerDelay(std::chrono::milliseconds delay) {
  scheduler_delay_.Observe(Seconds(delay));
}

void DaemonSeries::SetDatabaseUp(bool up) {
  db_up_.Set(up ? 1 : 0);
  database_component_up_.Set(up ? 1 : 0);
}

void DaemonSeries::CountTransaction(std::chrono::microseconds duration,
                                    const std::string& failed_sqlstate) {
  transactions_.Add();
  transaction_duration_.Observe(Seconds(duration));
  if (!failed_sqlstate.empty()) transaction_failures_.At({failed_sqlstate.substr(0, 2)}).Add();
}

void DaemonSeries::ObservePoolWait(std::chrono::microseconds wait) {
  pool_wait_.Observe(Seconds(wait));
}

void DaemonSeries::SetConnections(int idle, int busy) {
  idle_connections_.Set(idle);
  busy_connections_.Set(busy);
}

void DaemonSeries::CountReconnect() {
  reconnects_.Add();
}

void DaemonSeries::SetQueue(const std::string& stage, int64_t bytes, int64_t limit) {
  const auto found = queues_.try_emplace(stage, registry_, stage).first;
  found->second.bytes.Set(static_cast<double>(bytes));
  found->second.limit.Set(static_cast<double>(limit));
}

void DaemonSeries::ObserveExchange(const Exchange& exchange) {
  const bool answered = exchange.status != 0;
  api_up_.Set(answered ? 1 : 0);
  Of(request_duration_, MetricId::kApiRequestDuration, std::string(NameOf(exchange.endpoint)))
      .Observe(Seconds(exchange.answered_at - exchange.sent_at));
}

void DaemonSeries::ObserveWebhook(std::chrono::milliseconds took) {
  webhook_duration_.Observe(Seconds(took));
}

void DaemonSeries::ObservePoll(const std::string& object, std::chrono::milliseconds duration) {
  Of(poll_duration_, MetricId::kPollDuration, object).Observe(Seconds(duration));
}

void DaemonSeries::ObserveChangeLatency(const std::string& object,
                                        std::chrono::milliseconds latency) {
  Of(change_latency_, MetricId::kChangeLatency, object).Observe(Seconds(latency));
}

void DaemonSeries::ObserveWrite(const std::string& object, std::chrono::milliseconds latency) {
  Of(write_latency_, MetricId::kWriteLatency, object).Observe(Seconds(latency));
}

void DaemonSeries::ObserveLateFind(const std::string& object, std::chrono::milliseconds late) {
  Of(late_find_, MetricId::kLateFind, object).Observe(Seconds(late));
}

void DaemonSeries::CountLogLine(LogLevel level, std::string_view event) {
  log_lines_.At({std::string(NameOf(level))}).Add();
  // Prometheus sees no increase in the first sample of a counter: it has to stand at 0 before.
  if (level != LogLevel::kDebug) folded_lines_.At({std::string(event)});
}

void DaemonSeries::CountFoldedLine(std::string_view event) {
  folded_lines_.At({std::string(event)}).Add();
}

void DaemonSeries::CountWebRequest(std::string_view path, int code) {
  web_requests_.At({std::string(path), std::to_string(code)}).Add();
}

void DaemonSeries::CountWebRejection(std::string_view reason) {
  web_rejections_.At({std::string(reason)}).Add();
}

void DaemonSeries::SetProcess(const ProcessUsage& usage) {
  cpu_.RaiseTo(usage.cpu_seconds);
  resident_.Set(static_cast<double>(usage.resident_bytes));
  open_fds_.Set(static_cast<double>(usage.open_fds));
  max_fds_.Set(static_cast<double>(usage.max_fds));
}

HistogramSeries& DaemonSeries::Of(Histograms& histograms, MetricId id, const std::string& label) {
  return histograms.try_emplace(label, registry_, id, LabelValues{label}).first->second;
}

}  // namespace hubmirror
