#pragma once

#include <memory>
#include <string>

#include "telemetry/series/metric_table.h"
#include "telemetry/series/series.h"

namespace hubmirror {

/// Holds the metrics of the table and writes them in the Prometheus text format 0.0.4. Only the
/// series classes add and remove; no two may have the same labels. Thread-safe; values may be
/// changed while it renders. Adding and removing take constant time: the families of prometheus-cpp
/// search all their series for the one to remove, which takes minutes for a thousand portals.
class MetricRegistry {
 public:
  MetricRegistry();
  ~MetricRegistry();
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  prometheus::Counter& AddCounter(MetricId id, const LabelValues& labels);
  prometheus::Gauge& AddGauge(MetricId id, const LabelValues& labels);
  prometheus::Histogram& AddHistogram(MetricId id, const LabelValues& labels);
  void Remove(MetricId id, prometheus::Counter& counter);
  void Remove(MetricId id, prometheus::Gauge& gauge);
  void Remove(MetricId id, prometheus::Histogram& histogram);

  std::string Render() const;

 private:
  struct Families;
  const std::unique_ptr<Families> families_;
};

}  // namespace hubmirror
