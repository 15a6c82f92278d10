#include "telemetry/series/metric_table.h"

namespace hubmirror {
namespace {

using enum MetricKind;
using enum MetricId;
using Labels = std::array<std::string_view, 3>;

constexpr Labels kNoLabels{};
constexpr Labels kPortal{"portal"};
constexpr Labels kObject{"object"};
constexpr Labels kStream{"portal", "object"};

constexpr std::string_view kAtStart = "at start";
constexpr std::string_view kWithPortal = "with its portal";
constexpr std::string_view kWithFeed = "with the portal's change feed";
constexpr std::string_view kWithWebhook = "with the webhook";
constexpr std::string_view kWithWrite = "with the first look at the rows of its object";
constexpr std::string_view kWithStream = "with its stream";
constexpr std::string_view kOnUse = "on first use";

constexpr double kPollBuckets[] = {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300};
constexpr double kLatencyBuckets[] = {1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 14400};
constexpr double kWriteBuckets[] = {0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600, 14400};
constexpr double kLateFindBuckets[] = {1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200};
constexpr double kRequestBuckets[] = {0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 25};
constexpr double kTransactionBuckets[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                          0.25,  0.5,    1,     2.5,  5,     10};
constexpr double kPoolWaitBuckets[] = {0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5};
constexpr double kDelayBuckets[] = {0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60};

constexpr std::array<MetricDefinition, kMetricCount> kTable = {{
    {kBuildInfo,
     "hubmirror_build_info",
     kGauge,
     {"version", "revision", "compiler"},
     "1",
     "Constant 1; labels name the running build.",
     kAtStart},
    {kReady, "hubmirror_ready", kGauge, kNoLabels, "bool", "1 when /readyz would answer 200.",
     kAtStart},
    {kComponentUp,
     "hubmirror_component_up",
     kGauge,
     {"component"},
     "bool",
     "1 when the component's last check passed (api, database, scheduler, web).",
     kAtStart},
    {kConfigLastReloadSuccessful, "hubmirror_config_last_reload_successful", kGauge, kNoLabels,
     "bool", "1 when the last configuration load was accepted.", kAtStart},
    {kConfigLastReloadSuccessTimestamp, "hubmirror_config_last_reload_success_timestamp_seconds",
     kGauge, kNoLabels, "seconds", "Unix time of the last accepted configuration.",
     "when a configuration was accepted"},
    {kPortalsConfigured, "hubmirror_portals_configured", kGauge, kNoLabels, "portals",
     "Portals enabled.", kAtStart},
    {kStreamsConfigured, "hubmirror_streams_configured", kGauge, kPortal, "streams",
     "Object streams enabled for the portal.", kWithPortal},

    {kSyncWatermarkTimestamp, "hubmirror_sync_watermark_timestamp_seconds", kGauge, kStream,
     "seconds",
     "HubSpot's time of the first request of the last poll drained to its end; every change its "
     "index showed up to then is committed.",
     "after the first drained poll"},
    {kSyncTarget, "hubmirror_sync_target_seconds", kGauge, kStream, "seconds",
     "Freshness promised by the configuration for this stream.", kWithStream},
    {kSyncPaused, "hubmirror_sync_paused", kGauge, kStream, "bool",
     "1 while the stream is paused by the operator.", kWithStream},
    {kStreamState,
     "hubmirror_stream_state",
     kGauge,
     {"portal", "object", "state"},
     "bool",
     "1 for the stream's state of now.",
     "blocked and suspicious with the stream, the others while they are true"},
    {kJobLastCompleteTimestamp,
     "hubmirror_job_last_complete_timestamp_seconds",
     kGauge,
     {"portal", "object", "sync_job"},
     "seconds",
     "Unix time of the job's last finished walk (sweep, archived, catalog, links, lists, verify).",
     "after the job's first finished walk"},
    {kJobTarget,
     "hubmirror_job_target_seconds",
     kGauge,
     {"portal", "object", "sync_job"},
     "seconds",
     "How often the job (sweep, archived, catalog, links, lists, verify) is promised to finish.",
     kWithStream},
    {kPendingRecords, "hubmirror_pending_records", kGauge, kStream, "records",
     "Nominated, unseen or unconfirmed ids waiting for resolve.", kWithStream},
    {kQuarantineRecords, "hubmirror_quarantine_records", kGauge, kStream, "records",
     "Records in quarantine now.", kWithStream},
    {kVerifyDivergent, "hubmirror_verify_divergent_records", kGauge, kStream, "records",
     "Left different after the last comparison and its repair, not explained by newer changes.",
     kWithStream},
    {kVerifyRepaired, "hubmirror_verify_repaired_records_total", kCounter, kStream, "records",
     "Divergent records repaired.", kWithStream},
    {kMirrorRows, "hubmirror_mirror_rows", kGauge, kStream, "rows",
     "Live rows (an estimate between counts).", "once the database has told"},

    {kPolls, "hubmirror_polls_total", kCounter, kStream, "polls",
     "Poll cycles finished, good or bad.", kWithStream},
    {kPollFailures,
     "hubmirror_poll_failures_total",
     kCounter,
     {"portal", "object", "reason"},
     "polls",
     "Poll cycles that did not commit.",
     kOnUse},
    {kPollLastSuccessTimestamp, "hubmirror_poll_last_success_timestamp_seconds", kGauge, kStream,
     "seconds", "Unix time of the last committed poll cycle.", "after the first committed poll"},
    {kPollDuration, "hubmirror_poll_duration_seconds", kHistogram, kObject, "seconds",
     "First request to commit of a poll cycle.", kOnUse, kPollBuckets},
    {kChangeLatency, "hubmirror_change_latency_seconds", kHistogram, kObject, "seconds",
     "Source modification time to mirror commit, per changed record.", kOnUse, kLatencyBuckets},
    {kLateFind, "hubmirror_late_find_seconds", kHistogram, kObject, "seconds",
     "How late the source's index showed a change, found by looking back.", kOnUse,
     kLateFindBuckets},
    {kRecordsFetched, "hubmirror_records_fetched_total", kCounter, kStream, "records",
     "Records received from the API.", kWithStream},
    {kRecordsUnchanged, "hubmirror_records_unchanged_total", kCounter, kStream, "records",
     "Records received but equal to the mirror.", kWithStream},
    {kRecordsWritten,
     "hubmirror_records_written_total",
     kCounter,
     {"portal", "object", "operation"},
     "records",
     "Mirror rows changed (insert, update, archive, restore, merge, erase, purge).",
     kWithStream},
    {kRecordsQuarantined,
     "hubmirror_records_quarantined_total",
     kCounter,
     {"portal", "object", "reason"},
     "records",
     "Records set aside because they could not be stored (database: it refused the row).",
     kWithStream},
    {kValuesRejected, "hubmirror_values_rejected_total", kCounter, kStream, "values",
     "Values kept raw because they do not parse as their property's type.", kWithStream},
    {kValuesReplaced, "hubmirror_values_replaced_total", kCounter, kStream, "values",
     "Values with characters that PostgreSQL cannot hold, which were replaced; object "
     "`definitions` stands for properties, owners, lists, histories and the like.",
     kWithStream},
    {kBackfillRunning, "hubmirror_backfill_running", kGauge, kStream, "bool",
     "1 while a full load runs.", kWithStream},
    {kBackfillDone, "hubmirror_backfill_done_records", kGauge, kStream, "records",
     "Records loaded so far by the full load.", kWithStream},
    {kBackfillExpected, "hubmirror_backfill_expected_records", kGauge, kStream, "records",
     "Records the source reported when the full load began.", kWithStream},
    {kSchemaChanges,
     "hubmirror_schema_changes_total",
     kCounter,
     {"portal", "object", "change"},
     "changes",
     "Mirror DDL applied (create_table, add_column, retype_column, replace_view).",
     kOnUse},
    {kBrokenPromises, "hubmirror_broken_promises_total", kCounter, kPortal, "answers",
     "Answers that could be read but were not what was asked for; it was read in another way.",
     kWithPortal},

    {kApiRequests,
     "hubmirror_api_requests_total",
     kCounter,
     {"portal", "endpoint", "code"},
     "requests",
     "Requests finished, by HTTP status (0: no response).",
     kOnUse},
    {kApiRequestFailures,
     "hubmirror_api_request_failures_total",
     kCounter,
     {"portal", "endpoint", "reason"},
     "requests",
     "Requests without a usable answer.",
     kOnUse},
    {kApiRequestDuration,
     "hubmirror_api_request_duration_seconds",
     kHistogram,
     {"endpoint"},
     "seconds",
     "Sending of a request to the last byte of its answer.",
     kOnUse,
     kRequestBuckets},
    {kApiResponseBytes, "hubmirror_api_response_bytes_total", kCounter, kPortal, "bytes",
     "Bytes of answer bodies before decompression.", kWithPortal},
    {kApiRetries,
     "hubmirror_api_retries_total",
     kCounter,
     {"portal", "reason"},
     "requests",
     "Requests sent again.",
     kOnUse},
    {kApiQuotaLimit,
     "hubmirror_api_quota_limit_requests",
     kGauge,
     {"portal", "window"},
     "requests",
     "Quota size as HubSpot reports it (burst, daily).",
     "once HubSpot reported it"},
    {kApiQuotaRemaining,
     "hubmirror_api_quota_remaining_requests",
     kGauge,
     {"portal", "window"},
     "requests",
     "Rest of the quota as HubSpot reports it (burst, daily).",
     "once HubSpot reported it"},
    {kApiThrottle, "hubmirror_api_throttle_seconds_total", kCounter, kPortal, "seconds",
     "Time that requests waited for our own limits.", kWithPortal},
    {kAuthValid, "hubmirror_auth_valid", kGauge, kPortal, "bool",
     "0 after a 401 or a refused token refresh.", kWithPortal},
    {kPortalStopped,
     "hubmirror_portal_stopped",
     kGauge,
     {"portal", "reason"},
     "bool",
     "1 for what stops the portal as a whole: auth, secret, portal_id, database_privilege, "
     "foreign_schema, database, passive, quota, api, bug.",
     "while something does"},
    {kApiFailingSinceTimestamp, "hubmirror_api_failing_since_timestamp_seconds", kGauge, kPortal,
     "seconds",
     "Unix time of the first of the requests that got no answer, or none that makes sense (5xx, "
     "timeout, no connection), while none got another.",
     "while they fail"},
    {kTokenExpiryTimestamp, "hubmirror_token_expiry_timestamp_seconds", kGauge, kPortal, "seconds",
     "Unix time at which the access token expires.",
     "with the first refresh; never for static tokens"},
    {kTokenRefreshFailures, "hubmirror_token_refresh_failures_total", kCounter, kPortal,
     "refreshes", "Token refreshes refused or unanswered.", kWithPortal},

    {kFeedEntries,
     "hubmirror_feed_entries_total",
     kCounter,
     {"portal", "op"},
     "entries",
     "Entries written into the change feed, by what they say happened.",
     "with the first entry of its kind"},
    {kFeedOldestTimestamp, "hubmirror_feed_oldest_timestamp_seconds", kGauge, kPortal, "seconds",
     "Unix time at which the oldest entry of the change feed was written.", kWithFeed},
    {kFeedLastTimestamp, "hubmirror_feed_last_timestamp_seconds", kGauge, kPortal, "seconds",
     "Unix time at which the last entry of the change feed was written.", kWithFeed},
    {kFeedBytes, "hubmirror_feed_bytes", kGauge, kPortal, "bytes",
     "Size of the change feed, indexes included.", kWithFeed},
    {kFeedSizeMax, "hubmirror_feed_size_max_bytes", kGauge, kPortal, "bytes",
     "The size above which the oldest days of the change feed go (feed.size_max).", kWithFeed},
    {kFeedKeep, "hubmirror_feed_keep_seconds", kGauge, kPortal, "seconds",
     "How long entries of the change feed are kept for all (feed.keep).", kWithFeed},
    {kFeedConsumerTimestamp,
     "hubmirror_feed_consumer_timestamp_seconds",
     kGauge,
     {"portal", "consumer"},
     "seconds",
     "Unix time at which the first entry was written that the consumer has not acked; now when it "
     "has all.",
     "with the consumer; the first 8 by name, the worst of all others as other"},
    {kFeedConsumerLost,
     "hubmirror_feed_consumer_lost",
     kGauge,
     {"portal", "consumer"},
     "bool",
     "1 when entries are dropped that the consumer has not read.",
     "with the consumer"},
    {kWebhookRequests,
     "hubmirror_webhook_requests_total",
     kCounter,
     {"portal", "webhook", "outcome"},
     "requests",
     "Requests sent to the receiver of a webhook: ok, ill (it takes nothing now), refused (it does "
     "not take this).",
     kWithWebhook},
    {kWebhookRequestDuration, "hubmirror_webhook_request_duration_seconds", kHistogram, kNoLabels,
     "seconds", "A request to the receiver of a webhook, to the end of its answer.", kAtStart,
     kRequestBuckets},
    {kWebhookLastSuccessTimestamp,
     "hubmirror_webhook_last_success_timestamp_seconds",
     kGauge,
     {"portal", "webhook"},
     "seconds",
     "Unix time at which the receiver of a webhook last took something.",
     "once it did"},
    {kWebhookDeadEntries,
     "hubmirror_webhook_dead_entries",
     kGauge,
     {"portal", "webhook"},
     "entries",
     "Entries that the receiver of a webhook refused for good.",
     kWithWebhook},
    {kWebhookStopped,
     "hubmirror_webhook_stopped",
     kGauge,
     {"portal", "webhook"},
     "bool",
     "1 while nothing is sent to the receiver of a webhook: it is stopped, or has missed entries.",
     kWithWebhook},

    {kWriteRows,
     "hubmirror_write_rows",
     kGauge,
     {"portal", "object", "state"},
     "rows",
     "Rows of outbox that wait (queued, sending, written, unknown) or need a person (conflict, "
     "failed).",
     kWithWrite},
    {kWriteRowsEnded,
     "hubmirror_write_rows_total",
     kCounter,
     {"portal", "object", "outcome"},
     "rows",
     "Rows of outbox that ended, by how: done, unchanged (HubSpot had it), differs (HubSpot stored "
     "something else), dry (not sent, as it was a dry run), rejected (by our checks), failed, "
     "conflict.",
     kWithWrite},
    {kWriteOldestQueued, "hubmirror_write_oldest_queued_timestamp_seconds", kGauge, kStream,
     "seconds",
     "Unix time at which the oldest row was inserted that waits to be sent, and neither for its "
     "time nor for a person.",
     "while there is one"},
    {kWriteHeld, "hubmirror_write_held", kGauge, kStream, "bool",
     "1 while nothing of the object is sent until a person releases or resumes it.", kWithWrite},
    {kWriteLoops, "hubmirror_write_loops", kGauge, kStream, "records",
     "Records that are not written until a person releases them, for they were written again and "
     "again.",
     kWithWrite},
    {kWriteRequests,
     "hubmirror_write_requests_total",
     kCounter,
     {"portal", "op", "code"},
     "requests",
     "Requests that write, by what they write and by the answer: 2xx, 5xx, others by number, 0 for "
     "none.",
     kOnUse},
    {kWriteDoubts,
     "hubmirror_write_doubts_total",
     kCounter,
     {"portal", "end"},
     "rows",
     "Rows sent without a known outcome, by how that ended: found (HubSpot has it), again (sent "
     "again), other (conflict, failed), person (it waits for one).",
     kWithWrite},
    {kWriteEcho,
     "hubmirror_write_echo_total",
     kCounter,
     {"portal", "kind"},
     "values",
     "Values, links and archives that were written, by how the change feed met them: own (known as "
     "ours), near_miss (another value came while HubSpot's answer was awaited), expired (not seen "
     "for a day).",
     kWithWrite},
    {kWriteLatency, "hubmirror_write_latency_seconds", kHistogram, kObject, "seconds",
     "From the insert of a row, or the time before which it was not to be sent, to done.", kOnUse,
     kWriteBuckets},

    {kDbUp, "hubmirror_db_up", kGauge, kNoLabels, "bool",
     "1 when the last database round trip worked.", kAtStart},
    {kDbTransactions, "hubmirror_db_transactions_total", kCounter, kNoLabels, "transactions",
     "Database transactions ended, good or bad.", kAtStart},
    {kDbTransactionFailures,
     "hubmirror_db_transaction_failures_total",
     kCounter,
     {"sqlstate_class"},
     "transactions",
     "Database transactions rolled back, by SQLSTATE class.",
     kOnUse},
    {kDbTransactionDuration, "hubmirror_db_transaction_duration_seconds", kHistogram, kNoLabels,
     "seconds", "BEGIN to the answer of COMMIT.", kAtStart, kTransactionBuckets},
    {kDbPoolWait, "hubmirror_db_pool_wait_seconds", kHistogram, kNoLabels, "seconds",
     "Wait for a pool connection.", kAtStart, kPoolWaitBuckets},
    {kDbConnections,
     "hubmirror_db_connections",
     kGauge,
     {"state"},
     "connections",
     "Pool connections (idle, busy).",
     kAtStart},
    {kDbReconnects, "hubmirror_db_reconnects_total", kCounter, kNoLabels, "connections",
     "Connections opened after a loss.", kAtStart},

    {kQueueBytes,
     "hubmirror_queue_bytes",
     kGauge,
     {"stage"},
     "bytes",
     "Bytes waiting before the stage.",
     kOnUse},
    {kQueueLimit,
     "hubmirror_queue_limit_bytes",
     kGauge,
     {"stage"},
     "bytes",
     "The most bytes that may wait before the stage.",
     kOnUse},
    {kSchedulerDelay, "hubmirror_scheduler_delay_seconds", kHistogram, kNoLabels, "seconds",
     "Start of a poll minus the time it was due.", kAtStart, kDelayBuckets},
    {kSchedulerLastTickTimestamp, "hubmirror_scheduler_last_tick_timestamp_seconds", kGauge,
     kNoLabels, "seconds", "Unix time of the last scheduler turn.", "after the first turn"},
    {kLogMessages,
     "hubmirror_log_messages_total",
     kCounter,
     {"level"},
     "messages",
     "Log lines written.",
     kAtStart},
    {kLogSuppressed,
     "hubmirror_log_suppressed_total",
     kCounter,
     {"event"},
     "messages",
     "Log lines folded into one because they repeat.",
     "with the first line of an event"},
    {kWebRequests,
     "hubmirror_web_requests_total",
     kCounter,
     {"handler", "code"},
     "requests",
     "Requests to the local port that were answered.",
     kOnUse},
    {kWebRejected,
     "hubmirror_web_rejected_total",
     kCounter,
     {"reason"},
     "requests",
     "Requests to the local port that were refused (host, origin, method, size, rate, syntax, "
     "timeout).",
     kAtStart},
    {kProcessCpu, "process_cpu_seconds_total", kCounter, kNoLabels, "seconds",
     "Processor time used, user and system.", kAtStart},
    {kProcessResidentMemory, "process_resident_memory_bytes", kGauge, kNoLabels, "bytes",
     "Resident memory.", kAtStart},
    {kProcessOpenFds, "process_open_fds", kGauge, kNoLabels, "descriptors",
     "File descriptors open.", kAtStart},
    {kProcessMaxFds, "process_max_fds", kGauge, kNoLabels, "descriptors",
     "Most file descriptors that may be open.", kAtStart},
    {kProcessStartTime, "process_start_time_seconds", kGauge, kNoLabels, "seconds",
     "Unix time at which the process started.", kAtStart},
}};

constexpr bool InOrder() {
  for (size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<size_t>(kTable[i].id) != i) return false;
  }
  return true;
}
static_assert(InOrder(), "the table must name its metrics in the order of MetricId");

std::string_view NameOf(MetricKind kind) {
  switch (kind) {
    case kCounter:
      return "counter";
    case kGauge:
      return "gauge";
    case kHistogram:
      return "histogram";
  }
  return "gauge";
}

void AppendRow(const MetricDefinition& metric, std::string& page) {
  page.append("| `").append(metric.name).append("` | ").append(NameOf(metric.kind)).append(" | ");
  const char* separator = "";
  for (const std::string_view label : metric.labels()) {
    page.append(separator).append(label);
    separator = ", ";
  }
  page.append(metric.labels().empty() ? "–" : "").append(" | ").append(metric.unit).append(" | ");
  page.append(metric.help).append(" | ").append(metric.first_seen).append(" |\n");
}

}  // namespace

std::span<const std::string_view> MetricDefinition::labels() const {
  size_t count = 0;
  while (count < label_names.size() && !label_names[count].empty()) ++count;
  return std::span(label_names).first(count);
}

std::span<const MetricDefinition, kMetricCount> MetricTable() {
  return kTable;
}

const MetricDefinition& DefinitionOf(MetricId id) {
  return kTable[static_cast<size_t>(id)];
}

std::string MetricsPage() {
  std::string page =
      "# Metrics\n\n"
      "Served on `/metrics` of the local port in the Prometheus text format. Times are in seconds, "
      "sizes in bytes;\ninstants are Unix times, so an age is `time() - metric`. `portal` is the "
      "key of the configuration, `object` HubSpot's\nname of the object type. A stream has at most "
      "45 series and a portal 60 of its own, 36 of its change feed, 6 a webhook, 16 an object that "
      "is "
      "written\nand 30 for its requests that write; label values beyond that count as `other`. The "
      "series of a stream or portal go when it leaves the "
      "configuration.\n\n"
      "| Name | Type | Labels | Unit | Meaning | Its series appear |\n|---|---|---|---|---|---|\n";
  for (const MetricDefinition& metric : kTable) AppendRow(metric, page);
  return page;
}

}  // namespace hubmirror
