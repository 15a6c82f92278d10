#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "telemetry/series/metric_table.h"

namespace prometheus {
class Histogram;
}  // namespace prometheus

namespace hubmirror {

class MetricRegistry;

/// Values of a metric's labels, in the order of its table row.
using LabelValues = std::vector<std::string>;

/// Labels as they are written. Those before the last one are many series' in common, and the last
/// one's are few, so either text is kept once. Immutable.
class SeriesLabels {
 public:
  /// None.
  SeriesLabels() = default;
  /// `first` ends with a comma, or is empty.
  SeriesLabels(std::shared_ptr<const std::string> first, std::shared_ptr<const std::string> last)
      : first_(std::move(first)), last_(std::move(last)) {}

  void AppendTo(std::string& text) const {
    if (last_) text.append("{").append(*first_).append(*last_).append("}");
  }

 private:
  std::shared_ptr<const std::string> first_;
  std::shared_ptr<const std::string> last_;
};

/// A number under its labels, as a registry holds it by its address.
struct SeriesCell {
  std::atomic<double> value{0};
  SeriesLabels labels;
  size_t place = 0;  ///< the registry's
};

// Time series as objects: a series appears with its first use (a gauge) or its construction (a
// counter, a histogram) and leaves the registry with its object. The registry must outlive them.
// Not thread-safe against their own destruction: the owner sees to that.

/// One gauge; absent until first set.
class GaugeSeries {
 public:
  GaugeSeries(MetricRegistry& registry, MetricId id, const LabelValues& labels = {});
  /// The same, present at once.
  GaugeSeries(MetricRegistry& registry, MetricId id, const LabelValues& labels, double value);
  ~GaugeSeries();
  GaugeSeries(const GaugeSeries&) = delete;
  GaugeSeries& operator=(const GaugeSeries&) = delete;

  void Set(double value);
  /// Makes the series absent again.
  void Clear();

 private:
  MetricRegistry& registry_;
  const MetricId id_;
  bool present_ = false;
  SeriesCell cell_;
};

/// One counter, starting at 0.
class CounterSeries {
 public:
  CounterSeries(MetricRegistry& registry, MetricId id, const LabelValues& labels = {});
  ~CounterSeries();
  CounterSeries(const CounterSeries&) = delete;
  CounterSeries& operator=(const CounterSeries&) = delete;

  /// Adds `amount`, which is never negative.
  void Add(double amount = 1);
  /// Brings a counter that is kept elsewhere up to `total`; a smaller one changes nothing.
  void RaiseTo(double total);

 private:
  MetricRegistry& registry_;
  const MetricId id_;
  SeriesCell cell_;
};

/// One histogram over the buckets of its table row.
class HistogramSeries {
 public:
  HistogramSeries(MetricRegistry& registry, MetricId id, const LabelValues& labels = {});
  ~HistogramSeries();
  HistogramSeries(const HistogramSeries&) = delete;
  HistogramSeries& operator=(const HistogramSeries&) = delete;

  /// Negative values (clocks differ) count as 0.
  void Observe(double value);

 private:
  MetricRegistry& registry_;
  const MetricId id_;
  prometheus::Histogram* histogram_;
};

/// Counters that differ in their last labels only, made on first use. At most `limit` are; what
/// does not fit counts under the value `other` of the last label, so that the sum stays right.
class CounterSet {
 public:
  CounterSet(MetricRegistry& registry, MetricId id, LabelValues first_labels, size_t limit);

  /// The counter whose remaining labels are `last_labels`.
  CounterSeries& At(const LabelValues& last_labels);

 private:
  CounterSeries& Make(const LabelValues& last_labels);

  MetricRegistry& registry_;
  const MetricId id_;
  const LabelValues first_labels_;
  const size_t limit_;
  std::map<LabelValues, std::unique_ptr<CounterSeries>> counters_;
};

}  // namespace hubmirror
