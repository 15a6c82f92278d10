#include "telemetry/series/write_series.h"

#include <array>

#include "telemetry/series/seconds.h"

namespace hubmirror {
namespace {

// With an `other` for each op there may be, four ends of doubts and three kinds of echoes, these
// make 33.
constexpr size_t kWriteRequestSeries = 20;
/// As WriteCounts has them.
constexpr std::array<const char*, 4> kDoubtEnds = {"found", "again", "other", "person"};
/// As SyncObserver::OnEchoes has them.
constexpr std::array<const char*, 3> kEchoKinds = {"own", "near_miss", "expired"};

std::string CodeOf(int status) {
  if (status >= 200 && status < 300) return "2xx";
  return status >= 500 ? "5xx" : std::to_string(status);
}

}  // namespace

WriteSeries::Object::Object(MetricRegistry& registry, const PortalKey& portal,
                            const std::string& object)
    : oldest_queued(registry, MetricId::kWriteOldestQueued, {portal, object}),
      held(registry, MetricId::kWriteHeld, {portal, object}, 0),
      loops(registry, MetricId::kWriteLoops, {portal, object}, 0) {
  for (const std::string_view name : kOpenWriteStates) {
    const std::string state(name);
    rows.try_emplace(state, registry, MetricId::kWriteRows, LabelValues{portal, object, state}, 0);
  }
  for (const std::string_view name : kWriteOutcomes) {
    const std::string outcome(name);
    ended.try_emplace(outcome, registry, MetricId::kWriteRowsEnded,
                      LabelValues{portal, object, outcome});
  }
}

WriteSeries::WriteSeries(MetricRegistry& registry, const PortalKey& portal)
    : registry_(registry),
      portal_(portal),
      requests_(registry, MetricId::kWriteRequests, {portal}, kWriteRequestSeries),
      doubts_(registry, MetricId::kWriteDoubts, {portal}, kDoubtEnds.size()),
      echoes_(registry, MetricId::kWriteEcho, {portal}, kEchoKinds.size()) {}

WriteSeries::Object& WriteSeries::Of(const std::string& object) {
  // What can be counted begins at 0, so that its first change is seen.
  if (objects_.empty()) {
    for (const char* const end : kDoubtEnds) doubts_.At({end}).Add(0);
    for (const char* const kind : kEchoKinds) echoes_.At({kind}).Add(0);
  }
  return objects_.try_emplace(object, registry_, portal_, object).first->second;
}

void WriteSeries::Set(const WriteStatus& status) {
  for (const ObjectWriteStatus& one : status.objects) {
    Object& series = Of(one.object);
    for (auto& [state, gauge] : series.rows) gauge.Set(static_cast<double>(one.Rows(state)));
    series.held.Set(one.holds.empty() ? 0 : 1);
    series.loops.Set(static_cast<double>(one.loops));
    if (one.oldest_queued_at) {
      series.oldest_queued.Set(UnixSeconds(*one.oldest_queued_at));
    } else {
      series.oldest_queued.Clear();
    }
  }
}

void WriteSeries::Count(const std::string& object, const WriteCounts& counts) {
  Object& series = Of(object);
  for (const auto& [outcome, rows] : counts.ended) {
    const auto found = series.ended.find(outcome);
    if (found != series.ended.end()) found->second.Add(static_cast<double>(rows));
  }
  for (const auto& [end, rows] : counts.doubts) doubts_.At({end}).Add(static_cast<double>(rows));
}

void WriteSeries::CountEchoes(const std::map<std::string, int64_t>& by_kind) {
  for (const auto& [kind, count] : by_kind) echoes_.At({kind}).Add(static_cast<double>(count));
}

void WriteSeries::CountRequest(const Exchange& exchange) {
  const std::string_view op = WriteOpOf(exchange.endpoint);
  if (!op.empty()) requests_.At({std::string(op), CodeOf(exchange.status)}).Add();
}

}  // namespace hubmirror
