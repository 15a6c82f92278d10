#pragma once

#include <map>
#include <string>

#include "base/ids.h"
#include "model/source/exchange.h"
#include "model/store/write_status.h"
#include "telemetry/series/series.h"

namespace hubmirror {

/// The series of what is written back from one portal: 16 an object, and at most 33 of requests,
/// doubts and echoes. Guarded by its owner.
class WriteSeries {
 public:
  WriteSeries(MetricRegistry& registry, const PortalKey& portal);

  void Set(const WriteStatus& status);
  void Count(const std::string& object, const WriteCounts& counts);
  /// As SyncObserver::OnEchoes.
  void CountEchoes(const std::map<std::string, int64_t>& by_kind);
  /// A request that writes; others are not counted.
  void CountRequest(const Exchange& exchange);

 private:
  struct Object {
    Object(MetricRegistry& registry, const PortalKey& portal, const std::string& object);
    std::map<std::string, GaugeSeries> rows;
    std::map<std::string, CounterSeries> ended;
    GaugeSeries oldest_queued;
    GaugeSeries held;
    GaugeSeries loops;
  };
  Object& Of(const std::string& object);

  MetricRegistry& registry_;
  const PortalKey portal_;
  std::map<std::string, Object> objects_;
  CounterSet requests_;
  CounterSet doubts_;
  CounterSet echoes_;
};

}  // namespace hubmirror
