#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/ids.h"
#include "model/portal/portal_plan.h"
#include "model/portal/sync_observer.h"
#include "model/source/stream.h"
#include "model/store/row_sink.h"
#include "telemetry/series/metric_registry.h"
#include "telemetry/series/series.h"

namespace hubmirror {

/// The series of one stream, at most 45; they leave the registry with this object. Guarded by its
/// owner.
class StreamSeries {
 public:
  StreamSeries(MetricRegistry& registry, const StreamKey& stream);

  /// What the configuration promises.
  void SetTargets(const StreamPlan& plan);
  void SetStatus(const StreamStatus& status);
  void CountFetched(int64_t records, uint64_t values_rejected, uint64_t values_replaced);
  void CountCommit(const CommitOutcome& outcome);
  void CountJob(const JobReport& report);
  void CountVerify(const VerifyReport& report);
  void CountSchemaChange(const std::string& change);

 private:
  /// A job whose rhythm is promised to the outside.
  struct Walk {
    Walk(MetricRegistry& registry, const StreamKey& stream, JobKind kind);
    const JobKind job;
    GaugeSeries last_complete;
    GaugeSeries target;
  };

  Walk* WalkOf(JobKind job);
  void SetState(StreamState state);

  MetricRegistry& registry_;
  const StreamKey stream_;
  GaugeSeries watermark_;
  GaugeSeries target_;
  GaugeSeries paused_;
  GaugeSeries blocked_;
  GaugeSeries suspicious_;
  std::unique_ptr<GaugeSeries> other_state_;  ///< the state of now, unless one of the two above
  std::optional<StreamState> state_;
  std::array<Walk, 5> walks_;
  GaugeSeries divergent_;
  CounterSeries repaired_;
  GaugeSeries pending_;
  GaugeSeries quarantine_;
  GaugeSeries rows_;
  CounterSeries polls_;
  CounterSet poll_failures_;
  GaugeSeries poll_success_;
  CounterSeries fetched_;
  CounterSeries unchanged_;
  CounterSeries inserted_;
  CounterSeries updated_;
  CounterSeries archived_;
  CounterSeries restored_;
  CounterSeries merged_;
  CounterSeries erased_;
  CounterSeries purged_;
  CounterSeries quarantined_;
  CounterSeries rejected_;
  CounterSeries replaced_;
  GaugeSeries backfill_running_;
  GaugeSeries backfill_done_;
  GaugeSeries backfill_expected_;
  CounterSet schema_changes_;
};

}  // namespace hubmirror
