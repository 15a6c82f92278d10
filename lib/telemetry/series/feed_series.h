#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "model/store/feed.h"
#include "telemetry/series/series.h"

namespace hubmirror {

/// The series of one portal's change feed. Names of consumers come from SQL, where anybody whom the
/// operator lets may make them: the first 8 by name have a label of their own, the worst of the
/// rest stands for it under `other`. Guarded by its owner.
class FeedSeries {
 public:
  FeedSeries(MetricRegistry& registry, const PortalKey& portal);

  void Set(const FeedStatus& feed, TimePoint now);
  void CountWebhook(const std::string& webhook, const std::string& outcome);

 private:
  struct Webhook {
    Webhook(MetricRegistry& registry, const PortalKey& portal, const std::string& name);
    CounterSeries ok;
    CounterSeries ill;
    CounterSeries refused;
    GaugeSeries last_success;
    GaugeSeries dead;
    GaugeSeries stopped;
    bool known = false;  ///< a status named it
  };

  struct Consumer {
    Consumer(MetricRegistry& registry, const PortalKey& portal, const std::string& name);
    GaugeSeries timestamp;
    GaugeSeries lost;
  };

  Webhook& Of(const std::string& webhook);

  MetricRegistry& registry_;
  const PortalKey portal_;
  GaugeSeries oldest_;
  GaugeSeries last_;
  GaugeSeries bytes_;
  GaugeSeries size_max_;
  GaugeSeries keep_;
  std::map<std::string, Consumer> consumers_;
  std::map<std::string, Webhook> webhooks_;
};

}  // namespace hubmirror
