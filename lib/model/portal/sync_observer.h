#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "model/source/exchange.h"
#include "model/source/stream.h"
#include "model/store/feed.h"
#include "model/store/row_sink.h"
#include "model/store/verify.h"
#include "model/store/write_status.h"

namespace hubmirror {

/// One finished cycle of a job.
struct JobReport {
  StreamKey stream;
  JobKind job = JobKind::kChanges;
  std::string failure;  ///< reason word; empty: the cycle committed
  std::chrono::milliseconds duration{0};
  std::optional<TimePoint> complete_at;  ///< HubSpot's clock, when it committed
  int64_t records = 0;
  int attempt = 0;
};

/// How a table of model/reference.h stands, for people.
struct ReferenceStatus {
  std::string table;
  JobKind job = JobKind::kDirectory;
  std::optional<TimePoint> last_complete_at;
  std::string last_error;  ///< why it is not read, empty when it is
  std::chrono::seconds target{0};
};

/// What is known of a portal, for people.
struct PortalStatus {
  PortalId portal_id;
  bool auth_valid = true;
  std::string message;  ///< why the whole portal waits, empty when it does not
  /// What a person should see to while the portal is mirrored all the same.
  std::vector<std::string> warnings;
  std::optional<int64_t> burst_limit;
  std::optional<int64_t> burst_remaining;
  std::optional<int64_t> daily_limit;
  std::optional<int64_t> daily_remaining;
  int64_t requests_today = 0;
  std::optional<int64_t> used_by_others;  ///< of the account's day, where HubSpot tells
  std::optional<int64_t> daily_share;     ///< requests a day we may make
  int64_t buffered_bytes = 0;             ///< rows read and not yet committed
  std::vector<ReferenceStatus> reference;
  std::optional<FeedStatus> feed;    ///< nullopt: there is none, or nobody has looked yet
  std::optional<WriteStatus> write;  ///< the same of writing back
  /// What stops the portal as a whole: auth, secret, portal_id, database_privilege, foreign_schema,
  /// database, passive, quota, api, bug; empty when nothing does.
  std::string stopped_by;
};

/// What sync reports to the outside; telemetry implements it. Called on the worker that did the
/// work. Thread-safe and quick: no I/O. (More than fifteen functions: one for each event.)
class SyncObserver : public ExchangeObserver {
 public:
  virtual void OnRecordsFetched(const StreamKey& stream, int64_t records, uint64_t values_rejected,
                                uint64_t values_replaced) = 0;
  virtual void OnCommit(const StreamKey& stream, JobKind job, const CommitOutcome& outcome,
                        TimePoint committed_at) = 0;
  /// An answer that could be read was not what was asked for: `promise` says which rule it broke
  /// (order, cursor, total, limit, window, unasked, unanswered).
  virtual void OnBrokenPromise(const StreamKey& stream, const std::string& promise) = 0;
  virtual void OnLateFind(const StreamKey& stream, std::chrono::milliseconds late) = 0;
  virtual void OnJobReport(const JobReport& report) = 0;
  /// A step has ended, in which a job of a stream made so many requests.
  virtual void OnRequests(const StreamKey& stream, JobKind job, int requests) = 0;
  /// Entries of the change feed were committed, by what they say happened.
  virtual void OnEntries(const PortalKey& portal, const std::map<std::string, int64_t>& by_op) = 0;
  /// What was written from here was seen again, or was not: see FeedWritten::echoes, and `expired`.
  virtual void OnEchoes(const PortalKey& portal, const std::map<std::string, int64_t>& by_kind) = 0;
  /// Something happened to rows of `outbox`, and is committed.
  virtual void OnWrites(const StreamKey& stream, const WriteCounts& counts) = 0;
  /// A comparison with the portal has ended.
  virtual void OnVerify(const StreamKey& stream, const VerifyReport& report) = 0;
  virtual void OnStreamStatus(const StreamKey& stream, const StreamStatus& status) = 0;
  virtual void OnPortalStatus(const PortalKey& portal, const PortalStatus& status) = 0;
  /// A portal or stream left the configuration: its series go.
  virtual void OnStreamRemoved(const StreamKey& stream) = 0;
  virtual void OnPortalRemoved(const PortalKey& portal) = 0;

  virtual void OnTransaction(std::chrono::microseconds duration,
                             const std::string& failed_sqlstate) = 0;
  virtual void OnPoolWait(std::chrono::microseconds wait) = 0;
  virtual void OnConnections(int idle, int busy) = 0;
  virtual void OnReconnect() = 0;
  virtual void OnDatabaseUp(bool up) = 0;
  virtual void OnSchemaChange(const StreamKey& stream, const std::string& change) = 0;

  virtual void OnThrottle(const PortalKey& portal, std::chrono::milliseconds waited) = 0;
  virtual void OnRetry(const PortalKey& portal, const std::string& reason) = 0;
  virtual void OnTokenExpiry(const PortalKey& portal, TimePoint expires_at) = 0;
  virtual void OnTokenRefreshFailure(const PortalKey& portal) = 0;
  virtual void OnSchedulerTick(TimePoint now) = 0;
  virtual void OnSchedulerDelay(std::chrono::milliseconds delay) = 0;
  virtual void OnQueue(const std::string& stage, int64_t bytes, int64_t limit) = 0;
};

}  // namespace hubmirror
