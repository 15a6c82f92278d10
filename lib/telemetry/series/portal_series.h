#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "model/portal/sync_observer.h"
#include "model/source/exchange.h"
#include "telemetry/series/feed_series.h"
#include "telemetry/series/metric_registry.h"
#include "telemetry/series/series.h"
#include "telemetry/series/write_series.h"

namespace hubmirror {

/// The series of one portal, at most 60 beside those of its change feed and of what is written
/// back; they leave the registry with this object. Guarded by its owner. (More than fifteen
/// functions: one for each event of a portal.)
class PortalSeries {
 public:
  PortalSeries(MetricRegistry& registry, const PortalKey& portal);

  void SetStreams(size_t configured);
  void SetAuthValid(bool valid);
  /// What stops the portal as a whole; empty: nothing does.
  void SetStoppedBy(const std::string& reason);
  /// Of the tables that are read together one stands for all: `owners` and `lists`.
  void SetReference(const std::vector<ReferenceStatus>& tables);
  /// nullopt: the portal has no change feed.
  void SetFeed(const std::optional<FeedStatus>& feed, TimePoint now);
  void CountEntries(const std::map<std::string, int64_t>& by_op);
  /// nullopt: nothing is written back, or nobody has looked yet.
  void SetWrite(const std::optional<WriteStatus>& write);
  void CountWrites(const std::string& object, const WriteCounts& counts);
  void CountEchoes(const std::map<std::string, int64_t>& by_kind);
  /// A request to the receiver of a webhook; not counted before there is a feed.
  void CountWebhook(const std::string& webhook, const std::string& outcome);
  void SetTokenExpiry(TimePoint expires_at);
  void CountExchange(const Exchange& exchange, TimePoint now);
  void CountThrottle(std::chrono::milliseconds waited);
  void CountRetry(const std::string& reason);
  void CountBrokenPromise();
  void CountTokenRefreshFailure();

 private:
  WriteSeries& Write();

  struct Cycle {
    Cycle(MetricRegistry& registry, const PortalKey& portal, const char* of, JobKind job);
    const std::string table;
    GaugeSeries last_complete;
    GaugeSeries target;
  };

  MetricRegistry& registry_;
  const PortalKey portal_;
  GaugeSeries streams_;
  Cycle cycles_[2];
  CounterSet requests_;
  CounterSet failures_;
  CounterSeries bytes_;
  std::unique_ptr<CounterSeries> replaced_;  ///< once there is something to count
  CounterSet retries_;
  CounterSeries broken_promises_;
  GaugeSeries burst_limit_;
  GaugeSeries burst_remaining_;
  GaugeSeries daily_limit_;
  GaugeSeries daily_remaining_;
  CounterSeries throttle_;
  GaugeSeries auth_valid_;
  GaugeSeries failing_since_;
  bool failing_ = false;
  std::string stopped_by_;
  std::unique_ptr<GaugeSeries> stopped_;
  GaugeSeries token_expiry_;
  CounterSeries refresh_failures_;
  CounterSet entries_;
  std::unique_ptr<FeedSeries> feed_;
  std::unique_ptr<WriteSeries> write_;  ///< once there is something of it
};

}  // namespace hubmirror
