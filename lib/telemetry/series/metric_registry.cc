#include "telemetry/series/metric_registry.h"

#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <sstream>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/digest.h"
#include "base/mutex.h"
#include "base/printable.h"
#include "telemetry/series/metric_number.h"

namespace hubmirror {
namespace {

/// The counters or gauges of one row of the table. Thread-safe.
class CellFamily {
 public:
  void Add(SeriesCell& cell) {
    MutexLock lock(mutex_);
    cell.place = cells_.size();
    cells_.push_back(&cell);
  }

  void Remove(SeriesCell& cell) {
    MutexLock lock(mutex_);
    cells_.back()->place = cell.place;
    cells_[cell.place] = cells_.back();
    cells_.pop_back();
  }

  void Render(const MetricDefinition& row, std::string& text) const {
    MutexLock lock(mutex_);
    if (cells_.empty()) return;
    text.append("# HELP ").append(row.name).append(" ").append(row.help);
    text.append("\n# TYPE ").append(row.name);
    text.append(row.kind == MetricKind::kCounter ? " counter\n" : " gauge\n");
    for (const SeriesCell* cell : cells_) {
      text.append(row.name);
      cell->labels.AppendTo(text);
      text.push_back(' ');
      AppendNumber(cell->value.load(std::memory_order_relaxed), text);
      text.push_back('\n');
    }
  }

 private:
  mutable Mutex mutex_;
  std::vector<SeriesCell*> cells_ GUARDED_BY(mutex_);
};

/// The histograms of one row of the table. Thread-safe.
class HistogramFamily {
 public:
  prometheus::Histogram& Add(const MetricDefinition& row, const LabelValues& labels) {
    auto metric = std::make_unique<prometheus::Histogram>(
        prometheus::Histogram::BucketBoundaries(row.buckets.begin(), row.buckets.end()));
    prometheus::Histogram& added = *metric;
    LabelValues shown = labels;
    for (std::string& label : shown) label = WithoutControls(label, '?');
    MutexLock lock(mutex_);
    series_.emplace(&added, Series{std::move(metric), std::move(shown)});
    return added;
  }

  void Remove(prometheus::Histogram& metric) {
    MutexLock lock(mutex_);
    series_.erase(&metric);
  }

  void Render(const MetricDefinition& row, std::string& text) const {
    std::vector<prometheus::MetricFamily> family(1);
    family[0].name = row.name;
    family[0].help = row.help;
    family[0].type = prometheus::MetricType::Histogram;
    Collect(row, family[0].metric);
    if (family[0].metric.empty()) return;
    std::ostringstream lines;
    prometheus::TextSerializer().Serialize(lines, family);
    text += std::move(lines).str();
  }

 private:
  struct Series {
    std::unique_ptr<prometheus::Histogram> metric;
    LabelValues labels;
  };

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

  mutable Mutex mutex_;
  std::unordered_map<const prometheus::Histogram*, Series> series_ GUARDED_BY(mutex_);
};

std::string LabelText(std::string_view name, std::string_view value) {
  std::string text(name);
  text += "=\"";
  // Names of object types are HubSpot's, and what is scraped is shown on terminals, too.
  for (const char c : WithoutControls(value, '?')) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

}  // namespace

/// A family per row and kind; those of the kinds that a row does not have stay empty.
struct MetricRegistry::Families {
  std::array<CellFamily, kMetricCount> cells;
  std::array<HistogramFamily, kMetricCount> histograms;
};

MetricRegistry::MetricRegistry() : families_(std::make_unique<Families>()) {}
MetricRegistry::~MetricRegistry() = default;

SeriesLabels MetricRegistry::Labels(MetricId id, const LabelValues& values) {
  const auto names = DefinitionOf(id).labels();
  CHECK_THAT(names.size() == values.size());
  const auto shared = [this](std::string text) {
    const uint64_t digest = Hash64(text);
    return texts_.Share(digest, std::make_shared<const std::string>(std::move(text)));
  };
  if (values.empty()) return {};
  std::string first;
  for (size_t i = 0; i + 1 < values.size(); ++i) first += LabelText(names[i], values[i]) + ',';
  return {shared(std::move(first)), shared(LabelText(names.back(), values.back()))};
}

void MetricRegistry::Add(MetricId id, SeriesCell& cell) {
  families_->cells[static_cast<size_t>(id)].Add(cell);
}

void MetricRegistry::Remove(MetricId id, SeriesCell& cell) {
  families_->cells[static_cast<size_t>(id)].Remove(cell);
}

prometheus::Histogram& MetricRegistry::AddHistogram(MetricId id, const LabelValues& labels) {
  const MetricDefinition& row = DefinitionOf(id);
  CHECK_THAT(row.kind == MetricKind::kHistogram);
  CHECK_THAT(row.labels().size() == labels.size());
  return families_->histograms[static_cast<size_t>(id)].Add(row, labels);
}

void MetricRegistry::Remove(MetricId id, prometheus::Histogram& histogram) {
  families_->histograms[static_cast<size_t>(id)].Remove(histogram);
}

std::string MetricRegistry::Render() const {
  std::string text;
  for (const MetricDefinition& row : MetricTable()) {
    const auto at = static_cast<size_t>(row.id);
    families_->cells[at].Render(row, text);
    families_->histograms[at].Render(row, text);
  }
  return text;
}

}  // namespace hubmirror
