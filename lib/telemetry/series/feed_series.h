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

 private:
  struct Consumer {
    Consumer(MetricRegistry& registry, const PortalKey& portal, const std::string& name);
    GaugeSeries timestamp;
    GaugeSeries lost;
  };

  MetricRegistry& registry_;
  const PortalKey portal_;
  GaugeSeries oldest_;
  GaugeSeries last_;
  GaugeSeries bytes_;
  GaugeSeries size_max_;
  GaugeSeries keep_;
  std::map<std::string, Consumer> consumers_;
};

}  // namespace hubmirror
