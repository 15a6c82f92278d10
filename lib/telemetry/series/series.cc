#include "telemetry/series/series.h"

#include <prometheus/histogram.h>

#include <algorithm>

#include "base/check.h"
#include "telemetry/series/metric_registry.h"

namespace hubmirror {

GaugeSeries::GaugeSeries(MetricRegistry& registry, MetricId id, const LabelValues& labels)
    : registry_(registry), id_(id) {
  CHECK_THAT(DefinitionOf(id).kind == MetricKind::kGauge);
  cell_.labels = registry.Labels(id, labels);
}

GaugeSeries::GaugeSeries(MetricRegistry& registry, MetricId id, const LabelValues& labels,
                         double value)
    : GaugeSeries(registry, id, labels) {
  Set(value);
}

GaugeSeries::~GaugeSeries() {
  Clear();
}

void GaugeSeries::Set(double value) {
  cell_.value.store(value, std::memory_order_relaxed);
  if (!present_) registry_.Add(id_, cell_);
  present_ = true;
}

void GaugeSeries::Clear() {
  if (present_) registry_.Remove(id_, cell_);
  present_ = false;
}

CounterSeries::CounterSeries(MetricRegistry& registry, MetricId id, const LabelValues& labels)
    : registry_(registry), id_(id) {
  CHECK_THAT(DefinitionOf(id).kind == MetricKind::kCounter);
  cell_.labels = registry.Labels(id, labels);
  registry.Add(id, cell_);
}

CounterSeries::~CounterSeries() {
  registry_.Remove(id_, cell_);
}

void CounterSeries::Add(double amount) {
  cell_.value.fetch_add(amount, std::memory_order_relaxed);
}

void CounterSeries::RaiseTo(double total) {
  const double missing = total - cell_.value.load(std::memory_order_relaxed);
  if (missing > 0) Add(missing);
}

HistogramSeries::HistogramSeries(MetricRegistry& registry, MetricId id, const LabelValues& labels)
    : registry_(registry), id_(id), histogram_(&registry.AddHistogram(id, labels)) {}

HistogramSeries::~HistogramSeries() {
  registry_.Remove(id_, *histogram_);
}

void HistogramSeries::Observe(double value) {
  histogram_->Observe(std::max(value, 0.0));
}

CounterSet::CounterSet(MetricRegistry& registry, MetricId id, LabelValues first_labels,
                       size_t limit)
    : registry_(registry), id_(id), first_labels_(std::move(first_labels)), limit_(limit) {}

CounterSeries& CounterSet::At(const LabelValues& last_labels) {
  if (const auto found = counters_.find(last_labels); found != counters_.end()) {
    return *found->second;
  }
  if (counters_.size() < limit_) return Make(last_labels);
  CHECK_THAT(!last_labels.empty());
  LabelValues other = last_labels;
  other.back() = "other";
  const auto found = counters_.find(other);
  return found == counters_.end() ? Make(other) : *found->second;
}

CounterSeries& CounterSet::Make(const LabelValues& last_labels) {
  LabelValues labels = first_labels_;
  labels.insert(labels.end(), last_labels.begin(), last_labels.end());
  return *counters_.emplace(last_labels, std::make_unique<CounterSeries>(registry_, id_, labels))
              .first->second;
}

}  // namespace hubmirror
