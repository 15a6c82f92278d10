#include "telemetry/series/stream_series.h"

#include "telemetry/series/seconds.h"

namespace hubmirror {
namespace {

// With the 38 fixed series, and one `other` in each set, these make 45.
constexpr size_t kFailureReasons = 3;
constexpr size_t kKindsOfSchemaChange = 2;

LabelValues Of(const StreamKey& stream) {
  return {stream.portal, stream.object};
}

LabelValues Of(const StreamKey& stream, std::string_view last) {
  return {stream.portal, stream.object, std::string(last)};
}

void Count(CounterSeries& counter, int64_t amount) {
  if (amount > 0) counter.Add(static_cast<double>(amount));
}

}  // namespace

StreamSeries::Walk::Walk(MetricRegistry& registry, const StreamKey& stream, JobKind kind)
    : job(kind),
      last_complete(registry, MetricId::kJobLastCompleteTimestamp, Of(stream, NameOf(kind))),
      target(registry, MetricId::kJobTarget, Of(stream, NameOf(kind))) {}

StreamSeries::StreamSeries(MetricRegistry& registry, const StreamKey& stream)
    : registry_(registry),
      stream_(stream),
      watermark_(registry, MetricId::kSyncWatermarkTimestamp, Of(stream)),
      target_(registry, MetricId::kSyncTarget, Of(stream)),
      paused_(registry, MetricId::kSyncPaused, Of(stream), 0),
      blocked_(registry, MetricId::kStreamState, Of(stream, NameOf(StreamState::kBlocked)), 0),
      suspicious_(registry, MetricId::kStreamState, Of(stream, NameOf(StreamState::kSuspicious)),
                  0),
      walks_{Walk(registry, stream, JobKind::kSweep), Walk(registry, stream, JobKind::kArchived),
             Walk(registry, stream, JobKind::kCatalog), Walk(registry, stream, JobKind::kLinks),
             Walk(registry, stream, JobKind::kVerify)},
      divergent_(registry, MetricId::kVerifyDivergent, Of(stream), 0),
      repaired_(registry, MetricId::kVerifyRepaired, Of(stream)),
      pending_(registry, MetricId::kPendingRecords, Of(stream), 0),
      quarantine_(registry, MetricId::kQuarantineRecords, Of(stream), 0),
      rows_(registry, MetricId::kMirrorRows, Of(stream)),
      polls_(registry, MetricId::kPolls, Of(stream)),
      poll_failures_(registry, MetricId::kPollFailures, Of(stream), kFailureReasons),
      poll_success_(registry, MetricId::kPollLastSuccessTimestamp, Of(stream)),
      fetched_(registry, MetricId::kRecordsFetched, Of(stream)),
      unchanged_(registry, MetricId::kRecordsUnchanged, Of(stream)),
      inserted_(registry, MetricId::kRecordsWritten, Of(stream, "insert")),
      updated_(registry, MetricId::kRecordsWritten, Of(stream, "update")),
      archived_(registry, MetricId::kRecordsWritten, Of(stream, "archive")),
      restored_(registry, MetricId::kRecordsWritten, Of(stream, "restore")),
      merged_(registry, MetricId::kRecordsWritten, Of(stream, "merge")),
      erased_(registry, MetricId::kRecordsWritten, Of(stream, "erase")),
      purged_(registry, MetricId::kRecordsWritten, Of(stream, "purge")),
      quarantined_(registry, MetricId::kRecordsQuarantined, Of(stream, "database")),
      rejected_(registry, MetricId::kValuesRejected, Of(stream)),
      replaced_(registry, MetricId::kValuesReplaced, Of(stream)),
      backfill_running_(registry, MetricId::kBackfillRunning, Of(stream), 0),
      backfill_done_(registry, MetricId::kBackfillDone, Of(stream), 0),
      backfill_expected_(registry, MetricId::kBackfillExpected, Of(stream), 0),
      schema_changes_(registry, MetricId::kSchemaChanges, Of(stream), kKindsOfSchemaChange) {}

void StreamSeries::SetTargets(const StreamPlan& plan) {
  target_.Set(Seconds(plan.freshness_target));
  WalkOf(JobKind::kSweep)->target.Set(Seconds(plan.sweep_every));
  WalkOf(JobKind::kArchived)->target.Set(Seconds(plan.archived_every));
  WalkOf(JobKind::kCatalog)->target.Set(Seconds(plan.catalog_every));
  WalkOf(JobKind::kLinks)->target.Set(Seconds(plan.links_every));
  WalkOf(JobKind::kVerify)->target.Set(Seconds(plan.verify_every));
}

void StreamSeries::SetStatus(const StreamStatus& status) {
  SetState(status.state);
  if (status.watermark) {
    watermark_.Set(UnixSeconds(*status.watermark));
  } else {
    watermark_.Clear();
  }
  target_.Set(Seconds(status.freshness_target));
  pending_.Set(static_cast<double>(status.pending));
  quarantine_.Set(static_cast<double>(status.quarantined));
  if (status.rows) rows_.Set(static_cast<double>(*status.rows));
  backfill_running_.Set(status.load_running ? 1 : 0);
  backfill_done_.Set(static_cast<double>(status.load_done));
  backfill_expected_.Set(static_cast<double>(status.load_expected));
  for (const auto& [kind, job] : status.jobs) {
    Walk* const walk = WalkOf(kind);
    if (walk == nullptr) continue;
    if (job.last_complete_at) walk->last_complete.Set(UnixSeconds(*job.last_complete_at));
    if (job.target) walk->target.Set(Seconds(*job.target));
  }
}

void StreamSeries::CountFetched(int64_t records, uint64_t values_rejected,
                                uint64_t values_replaced) {
  Count(fetched_, records);
  Count(rejected_, static_cast<int64_t>(values_rejected));
  Count(replaced_, static_cast<int64_t>(values_replaced));
}

void StreamSeries::CountCommit(const CommitOutcome& outcome) {
  Count(inserted_, outcome.inserted);
  Count(updated_, outcome.updated);
  Count(archived_, outcome.archived);
  Count(restored_, outcome.restored);
  Count(merged_, outcome.merged);
  Count(erased_, outcome.erased);
  Count(purged_, outcome.purged);
  Count(unchanged_, outcome.unchanged);
  Count(quarantined_, outcome.quarantined);
}

void StreamSeries::CountJob(const JobReport& report) {
  if (report.job == JobKind::kChanges) {
    polls_.Add();
    if (!report.failure.empty()) poll_failures_.At({report.failure}).Add();
    if (report.failure.empty() && report.complete_at) {
      poll_success_.Set(UnixSeconds(*report.complete_at));
    }
  } else if (Walk* const walk = WalkOf(report.job); walk != nullptr && report.complete_at) {
    walk->last_complete.Set(UnixSeconds(*report.complete_at));
  }
}

void StreamSeries::CountVerify(const VerifyReport& report) {
  divergent_.Set(static_cast<double>(report.left));
  Count(repaired_, report.found() - report.left);
}

void StreamSeries::CountSchemaChange(const std::string& change) {
  schema_changes_.At({change}).Add();
}

StreamSeries::Walk* StreamSeries::WalkOf(JobKind job) {
  for (Walk& walk : walks_) {
    if (walk.job == job) return &walk;
  }
  return nullptr;
}

void StreamSeries::SetState(StreamState state) {
  if (state_ == state) return;
  state_ = state;
  paused_.Set(state == StreamState::kPaused ? 1 : 0);
  blocked_.Set(state == StreamState::kBlocked ? 1 : 0);
  suspicious_.Set(state == StreamState::kSuspicious ? 1 : 0);
  other_state_.reset();
  if (state != StreamState::kBlocked && state != StreamState::kSuspicious) {
    other_state_ = std::make_unique<GaugeSeries>(registry_, MetricId::kStreamState,
                                                 Of(stream_, NameOf(state)), 1);
  }
}

}  // namespace hubmirror
