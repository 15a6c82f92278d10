#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "model/source/exchange.h"
#include "telemetry/page/status_board.h"
#include "telemetry/series/metric_registry.h"
#include "telemetry/series/process_usage.h"
#include "telemetry/series/series.h"

namespace hubmirror {

/// The series that belong to no portal: database, scheduler, queues, log, local port, process, and
/// the histograms that all portals share. Guarded by its owner. (More than fifteen functions: one
/// for each event.)
class DaemonSeries {
 public:
  DaemonSeries(MetricRegistry& registry, const BuildLabel& build, TimePoint started_at);

  void SetReady(bool ready);
  void SetPortals(size_t configured);
  void NoteConfiguration(bool accepted, TimePoint at);
  void SetSchedulerUp(bool up);
  void NoteSchedulerTurn(TimePoint at);
  void ObserveSchedulerDelay(std::chrono::milliseconds delay);

  void SetDatabaseUp(bool up);
  /// `failed_sqlstate` is empty for a commit.
  void CountTransaction(std::chrono::microseconds duration, const std::string& failed_sqlstate);
  void ObservePoolWait(std::chrono::microseconds wait);
  void SetConnections(int idle, int busy);
  void CountReconnect();
  void SetQueue(const std::string& stage, int64_t bytes, int64_t limit);

  void ObserveExchange(const Exchange& exchange);
  void ObserveWebhook(std::chrono::milliseconds took);
  void ObservePoll(const std::string& object, std::chrono::milliseconds duration);
  void ObserveChangeLatency(const std::string& object, std::chrono::milliseconds latency);
  void ObserveWrite(const std::string& object, std::chrono::milliseconds latency);
  void ObserveLateFind(const std::string& object, std::chrono::milliseconds late);

  void CountLogLine(LogLevel level, std::string_view event);
  void CountFoldedLine(std::string_view event);
  void CountWebRequest(std::string_view path, int code);
  void CountWebRejection(std::string_view reason);
  void SetProcess(const ProcessUsage& usage);

 private:
  using Histograms = std::map<std::string, HistogramSeries>;
  HistogramSeries& Of(Histograms& histograms, MetricId id, const std::string& label);

  struct Queue {
    Queue(MetricRegistry& registry, const std::string& stage)
        : bytes(registry, MetricId::kQueueBytes, {stage}),
          limit(registry, MetricId::kQueueLimit, {stage}) {}
    GaugeSeries bytes;
    GaugeSeries limit;
  };

  MetricRegistry& registry_;
  GaugeSeries build_;
  GaugeSeries ready_;
  GaugeSeries api_up_;
  GaugeSeries database_component_up_;
  GaugeSeries scheduler_up_;
  GaugeSeries web_up_;
  GaugeSeries reload_successful_;
  GaugeSeries reload_time_;
  GaugeSeries portals_;
  GaugeSeries db_up_;
  CounterSeries transactions_;
  CounterSet transaction_failures_;
  HistogramSeries transaction_duration_;
  HistogramSeries pool_wait_;
  GaugeSeries idle_connections_;
  GaugeSeries busy_connections_;
  CounterSeries reconnects_;
  std::map<std::string, Queue> queues_;
  HistogramSeries scheduler_delay_;
  HistogramSeries webhook_duration_;
  GaugeSeries scheduler_turn_;
  Histograms poll_duration_;
  Histograms change_latency_;
  Histograms late_find_;
  Histograms write_latency_;
  Histograms request_duration_;
  CounterSet log_lines_;
  CounterSet folded_lines_;
  CounterSet web_requests_;
  CounterSet web_rejections_;
  CounterSeries cpu_;
  GaugeSeries resident_;
  GaugeSeries open_fds_;
  GaugeSeries max_fds_;
  GaugeSeries started_at_;
};

}  // namespace hubmirror
