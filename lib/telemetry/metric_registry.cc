#include "telemetry/metric_registry.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <sstream>

#include "base/check.h"

namespace hubmirror {
namespace {

prometheus::Labels Named(const MetricDefinition& metric, const LabelValues& values) {
  const auto names = metric.labels();
  CHECK_THAT(names.size() == values.size());
  prometheus::Labels labels;
  for (size_t i = 0; i < names.size(); ++i) labels.emplace(names[i], values[i]);
  return labels;
}

}  // namespace

/// One family per row of the table; exactly one pointer of each row is set.
struct MetricRegistry::Families {
  prometheus::Registry registry;
  std::array<prometheus::Family<prometheus::Counter>*, kMetricCount> counters{};
  std::array<prometheus::Family<prometheus::Gauge>*, kMetricCount> gauges{};
  std::array<prometheus::Family<prometheus::Histogram>*, kMetricCount> histograms{};
};

MetricRegistry::MetricRegistry() : families_(std::make_unique<Families>()) {
  for (const MetricDefinition& metric : MetricTable()) {
    const auto row = static_cast<size_t>(metric.id);
    const std::string name(metric.name);
    const std::string help(metric.help);
    switch (metric.kind) {
      case MetricKind::kCounter:
        families_->counters[row] =
            &prometheus::BuildCounter().Name(name).Help(help).Register(families_->registry);
        break;
      case MetricKind::kGauge:
        families_->gauges[row] =
            &prometheus::BuildGauge().Name(name).Help(help).Register(families_->registry);
        break;
      case MetricKind::kHistogram:
        families_->histograms[row] =
            &prometheus::BuildHistogram().Name(name).Help(help).Register(families_->registry);
        break;
    }
  }
}

MetricRegistry::~MetricRegistry() = default;

prometheus::Counter& MetricRegistry::AddCounter(MetricId id, const LabelValues& labels) {
  auto* const family = families_->counters[static_cast<size_t>(id)];
  CHECK_THAT(family != nullptr);
  return family->Add(Named(DefinitionOf(id), labels));
}

prometheus::Gauge& MetricRegistry::AddGauge(MetricId id, const LabelValues& labels) {
  auto* const family = families_->gauges[static_cast<size_t>(id)];
  CHECK_THAT(family != nullptr);
  return family->Add(Named(DefinitionOf(id), labels));
}

prometheus::Histogram& MetricRegistry::AddHistogram(MetricId id, const LabelValues& labels) {
  auto* const family = families_->histograms[static_cast<size_t>(id)];
  CHECK_THAT(family != nullptr);
  const MetricDefinition& metric = DefinitionOf(id);
  return family->Add(Named(metric, labels), prometheus::Histogram::BucketBoundaries(
                                                metric.buckets.begin(), metric.buckets.end()));
}

void MetricRegistry::Remove(MetricId id, prometheus::Counter& counter) {
  families_->counters[static_cast<size_t>(id)]->Remove(&counter);
}

void MetricRegistry::Remove(MetricId id, prometheus::Gauge& gauge) {
  families_->gauges[static_cast<size_t>(id)]->Remove(&gauge);
}

void MetricRegistry::Remove(MetricId id, prometheus::Histogram& histogram) {
  families_->histograms[static_cast<size_t>(id)]->Remove(&histogram);
}

std::string MetricRegistry::Render() const {
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families_->registry.Collect());
  return std::move(text).str();
}

}  // namespace hubmirror
