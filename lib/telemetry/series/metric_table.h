#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace hubmirror {

/// Every metric we expose, in the order of the table.
enum class MetricId : size_t {
  kBuildInfo,
  kReady,
  kComponentUp,
  kConfigLastReloadSuccessful,
  kConfigLastReloadSuccessTimestamp,
  kPortalsConfigured,
  kStreamsConfigured,
  kSyncWatermarkTimestamp,
  kSyncTarget,
  kSyncPaused,
  kStreamState,
  kJobLastCompleteTimestamp,
  kJobTarget,
  kPendingRecords,
  kQuarantineRecords,
  kVerifyDivergent,
  kVerifyRepaired,
  kMirrorRows,
  kPolls,
  kPollFailures,
  kPollLastSuccessTimestamp,
  kPollDuration,
  kChangeLatency,
  kLateFind,
  kRecordsFetched,
  kRecordsUnchanged,
  kRecordsWritten,
  kRecordsQuarantined,
  kValuesRejected,
  kValuesReplaced,
  kBackfillRunning,
  kBackfillDone,
  kBackfillExpected,
  kSchemaChanges,
  kBrokenPromises,
  kApiRequests,
  kApiRequestFailures,
  kApiRequestDuration,
  kApiResponseBytes,
  kApiRetries,
  kApiQuotaLimit,
  kApiQuotaRemaining,
  kApiThrottle,
  kAuthValid,
  kPortalStopped,
  kApiFailingSinceTimestamp,
  kTokenExpiryTimestamp,
  kTokenRefreshFailures,
  kFeedEntries,
  kFeedOldestTimestamp,
  kFeedLastTimestamp,
  kFeedBytes,
  kFeedSizeMax,
  kFeedKeep,
  kFeedConsumerTimestamp,
  kFeedConsumerLost,
  kWebhookRequests,
  kWebhookRequestDuration,
  kWebhookLastSuccessTimestamp,
  kWebhookDeadEntries,
  kWebhookStopped,
  kWriteRows,
  kWriteRowsEnded,
  kWriteOldestQueued,
  kWriteHeld,
  kWriteLoops,
  kWriteRequests,
  kWriteDoubts,
  kWriteEcho,
  kWriteLatency,
  kDbUp,
  kDbTransactions,
  kDbTransactionFailures,
  kDbTransactionDuration,
  kDbPoolWait,
  kDbConnections,
  kDbReconnects,
  kQueueBytes,
  kQueueLimit,
  kSchedulerDelay,
  kSchedulerLastTickTimestamp,
  kLogMessages,
  kLogSuppressed,
  kWebRequests,
  kWebRejected,
  kProcessCpu,
  kProcessResidentMemory,
  kProcessOpenFds,
  kProcessMaxFds,
  kProcessStartTime,
  kCount,  ///< how many there are; not a metric
};

inline constexpr size_t kMetricCount = static_cast<size_t>(MetricId::kCount);

enum class MetricKind { kCounter, kGauge, kHistogram };

/// What one metric is called and means. Names are public once released: add, never rename.
struct MetricDefinition {
  MetricId id = MetricId::kCount;
  std::string_view name;  ///< whole, with prefix and unit
  MetricKind kind = MetricKind::kGauge;
  std::array<std::string_view, 3> label_names;  ///< empty ones at the end
  std::string_view unit;
  std::string_view help;
  std::string_view first_seen;        ///< when its series appear, in words for the documentation
  std::span<const double> buckets{};  ///< upper bounds, histograms only

  /// The label names that are there.
  std::span<const std::string_view> labels() const;
};

/// The one table: the registry, the documentation and the tests come from it.
std::span<const MetricDefinition, kMetricCount> MetricTable();
const MetricDefinition& DefinitionOf(MetricId id);

/// The table as a Markdown page, docs/metrics.md.
std::string MetricsPage();

}  // namespace hubmirror
