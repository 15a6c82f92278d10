#include "telemetry/series/metric_registry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <sstream>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "base/printable.h"

namespace hubmirror {
namespace {

/// The series of one row of the table. Thread-safe.
template <typename Metric>
class Family {
 public:
  template <typename... Arguments>
  Metric& Add(const LabelValues& labels, const Arguments&... arguments) {
    auto metric = std::make_unique<Metric>(arguments...);
    Metric& added = *metric;
    // Names of object types are HubSpot's, and what is scraped is shown on terminals, too.
    LabelValues shown = labels;
    for (std::string& label : shown) label = WithoutControls(label, '?');
    MutexLock lock(mutex_);
    series_.emplace(&added, Series{std::move(metric), std::move(shown)});
    return added;
  }

  void Remove(Metric& metric) {
    MutexLock lock(mutex_);
    series_.erase(&metric);
  }

  void Collect(const MetricDefinition& row, std::vector<prometheus::ClientMetric>& out) const {
    const auto names = row.labels();
    MutexLock lock(mutex_);
    out.reserve(series_.size());
    for (const auto& [key, series] : series_) {
      prometheus::ClientMetric& metric = out.emplace_back(series.metric->Collect());
      for (size_t i = 0; i < names.size(); ++i) {
        metric.label.push_back({std::string(names[i]), series.labels[i]});
      }
    }
  }

 private:
  struct Series {
    std::unique_ptr<Metric> metric;
    LabelValues labels;
  };

  mutable Mutex mutex_;
  std::unordered_map<const Metric*, Series> series_ GUARDED_BY(mutex_);
};

prometheus::MetricType TypeOf(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
      return prometheus::MetricType::Counter;
    case MetricKind::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricKind::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

const MetricDefinition& RowOf(MetricId id, MetricKind kind, const LabelValues& labels) {
  const MetricDefinition& row = DefinitionOf(id);
  CHECK_THAT(row.kind == kind);
  CHECK_THAT(row.labels().size() == labels.size());
  return row;
}

}  // namespace

/// A family per row and kind; those of the kinds that a row does not have stay empty.
struct MetricRegistry::Families {
  std::array<Family<prometheus::Counter>, kMetricCount> counters;
  std::array<Family<prometheus::Gauge>, kMetricCount> gauges;
  std::array<Family<prometheus::Histogram>, kMetricCount> histograms;
};

MetricRegistry::MetricRegistry() : families_(std::make_unique<Families>()) {}
MetricRegistry::~MetricRegistry() = default;

prometheus::Counter& MetricRegistry::AddCounter(MetricId id, const LabelValues& labels) {
  RowOf(id, MetricKind::kCounter, labels);
  return families_->counters[static_cast<size_t>(id)].Add(labels);
}

prometheus::Gauge& MetricRegistry::AddGauge(MetricId id, const LabelValues& labels) {
  RowOf(id, MetricKind::kGauge, labels);
  return families_->gauges[static_cast<size_t>(id)].Add(labels);
}

prometheus::Histogram& MetricRegistry::AddHistogram(MetricId id, const LabelValues& labels) {
  const auto& buckets = RowOf(id, MetricKind::kHistogram, labels).buckets;
  return families_->histograms[static_cast<size_t>(id)].Add(
      labels, prometheus::Histogram::BucketBoundaries(buckets.begin(), buckets.end()));
}

void MetricRegistry::Remove(MetricId id, prometheus::Counter& counter) {
  families_->counters[static_cast<size_t>(id)].Remove(counter);
}

void MetricRegistry::Remove(MetricId id, prometheus::Gauge& gauge) {
  families_->gauges[static_cast<size_t>(id)].Remove(gauge);
}

void MetricRegistry::Remove(MetricId id, prometheus::Histogram& histogram) {
  families_->histograms[static_cast<size_t>(id)].Remove(histogram);
}

std::string MetricRegistry::Render() const {
  std::ostringstream text;
  for (const MetricDefinition& row : MetricTable()) {
    const auto at = static_cast<size_t>(row.id);
    std::vector<prometheus::MetricFamily> family(1);
    family[0].name = row.name;
    family[0].help = row.help;
    family[0].type = TypeOf(row.kind);
    families_->counters[at].Collect(row, family[0].metric);
    families_->gauges[at].Collect(row, family[0].metric);
    families_->histograms[at].Collect(row, family[0].metric);
    if (!family[0].metric.empty()) prometheus::TextSerializer().Serialize(text, family);
  }
  return std::move(text).str();
}

}  // namespace hubmirror
