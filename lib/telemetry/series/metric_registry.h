#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "model/source/value_pool.h"
#include "telemetry/series/metric_table.h"
#include "telemetry/series/series.h"

namespace hubmirror {

/// Holds the metrics of the table and writes them in the Prometheus text format 0.0.4. Only the
/// series classes add and remove; no two may have the same labels. Thread-safe; values may be
/// changed while it renders. Adding and removing take constant time, rendering a line no memory but
/// its text, and a counter or gauge a few words: a thousand portals have a quarter of a million.
class MetricRegistry {
 public:
  MetricRegistry();
  ~MetricRegistry();
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  /// The labels of a series as they are written.
  SeriesLabels Labels(MetricId id, const LabelValues& values);

  /// A counter or a gauge; it stays where it is until it is removed.
  void Add(MetricId id, SeriesCell& cell);
  void Remove(MetricId id, SeriesCell& cell);

  prometheus::Histogram& AddHistogram(MetricId id, const LabelValues& labels);
  void Remove(MetricId id, prometheus::Histogram& histogram);

  std::string Render() const;

 private:
  struct Families;
  const std::unique_ptr<Families> families_;
  ValuePool<std::string> texts_;
};

}  // namespace hubmirror
