#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "model/portal/portal_plan.h"
#include "model/portal/sync_observer.h"
#include "model/store/webhook.h"
#include "telemetry/log/log_tally.h"
#include "telemetry/page/status_board.h"
#include "telemetry/series/daemon_series.h"
#include "telemetry/series/metric_registry.h"
#include "telemetry/series/portal_series.h"
#include "telemetry/series/stream_series.h"

namespace hubmirror {

/// Turns what the daemon's parts report into metrics and a status that people and checks read.
/// Does no I/O except in RenderMetrics (/proc/self). Thread-safe.
///
/// A portal or stream has series from Configure or its first status until it is removed; other
/// reports about one that is not there are ignored, so a worker that finishes its page late cannot
/// bring back the series of a stream that left. (More than fifteen functions: those of the port,
/// one for each event.)
class Telemetry final : public SyncObserver, public WebhookObserver, public LogTally {
 public:
  /// `clock` must outlive it. Its wall time of now becomes the start time of the process.
  Telemetry(const Clock& clock, const BuildLabel& build);

  /// A configuration was accepted, at start or by a reload: portals and streams it does not name
  /// go, new ones appear with the series that alerts need.
  void Configure(const std::vector<PortalPlan>& portals);
  /// A reload was refused; the old configuration still holds.
  void RejectConfiguration();

  StatusSnapshot Snapshot() const { return board_.Snapshot(); }
  /// Body of /metrics: text format 0.0.4.
  std::string RenderMetrics();

  /// A request to the local port was answered. `path` is a route, never what the client wrote.
  void CountWebRequest(std::string_view path, int code);
  /// One was refused: host, origin, method, size, rate, syntax, timeout.
  void CountWebRejection(std::string_view reason);

  void OnExchange(const Exchange& exchange) override;
  void OnRecordsFetched(const StreamKey& stream, int64_t records, uint64_t values_rejected,
                        uint64_t values_replaced) override;
  void OnCommit(const StreamKey& stream, JobKind job, const CommitOutcome& outcome,
                TimePoint committed_at) override;
  void OnBrokenPromise(const StreamKey& stream, const std::string& promise) override;
  void OnLateFind(const StreamKey& stream, std::chrono::milliseconds late) override;
  void OnJobReport(const JobReport& report) override;
  void OnRequests(const StreamKey& stream, JobKind job, int requests) override;
  void OnVerify(const StreamKey& stream, const VerifyReport& report) override;
  void OnStreamStatus(const StreamKey& stream, const StreamStatus& status) override;
  void OnPortalStatus(const PortalKey& portal, const PortalStatus& status) override;
  void OnStreamRemoved(const StreamKey& stream) override;
  void OnPortalRemoved(const PortalKey& portal) override;

  void OnTransaction(std::chrono::microseconds duration,
                     const std::string& failed_sqlstate) override;
  void OnPoolWait(std::chrono::microseconds wait) override;
  void OnConnections(int idle, int busy) override;
  void OnReconnect() override;
  void OnDatabaseUp(bool up) override;
  void OnSchemaChange(const StreamKey& stream, const std::string& change) override;

  void OnThrottle(const PortalKey& portal, std::chrono::milliseconds waited) override;
  void OnRetry(const PortalKey& portal, const std::string& reason) override;
  void OnTokenExpiry(const PortalKey& portal, TimePoint expires_at) override;
  void OnEntries(const PortalKey& portal, const std::map<std::string, int64_t>& by_op) override;
  void OnEchoes(const PortalKey& portal, const std::map<std::string, int64_t>& by_kind) override;
  void OnWrites(const StreamKey& stream, const WriteCounts& counts) override;
  void OnTokenRefreshFailure(const PortalKey& portal) override;
  void OnSchedulerTick(TimePoint now) override;
  void OnSchedulerDelay(std::chrono::milliseconds delay) override;
  void OnQueue(const std::string& stage, int64_t bytes, int64_t limit) override;

  void OnWebhookRequest(const PortalKey& portal, const std::string& webhook,
                        const std::string& outcome, std::chrono::milliseconds took) override;

  void OnLogged(LogLevel level, std::string_view event) override;
  void OnLogFolded(std::string_view event) override;

 private:
  StreamSeries& AddStream(const StreamKey& stream) REQUIRES(mutex_);
  PortalSeries& AddPortal(const PortalKey& portal) REQUIRES(mutex_);
  StreamSeries* Find(const StreamKey& stream) REQUIRES(mutex_);
  PortalSeries* Find(const PortalKey& portal) REQUIRES(mutex_);

  const Clock& clock_;
  StatusBoard board_;
  MetricRegistry registry_;
  Mutex mutex_;
  DaemonSeries daemon_ GUARDED_BY(mutex_);
  std::map<StreamKey, StreamSeries> streams_ GUARDED_BY(mutex_);
  std::map<PortalKey, PortalSeries> portals_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror
