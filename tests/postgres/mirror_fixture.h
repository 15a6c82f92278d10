#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/store/database_error.h"
#include "postgres/portal_sink.h"
#include "support/fake_clock.h"
#include "support/temp_postgres.h"

namespace hubmirror::testing {

/// Remembers what it was told, as far as tests look.
class NotingObserver final : public SyncObserver {
 public:
  std::vector<std::string> schema_changes;
  std::vector<bool> database_up;
  std::vector<std::string> failed_transactions;
  std::map<std::string, int64_t> entries;  ///< of the change feed, by kind
  std::map<std::string, int64_t> writes;   ///< rows of the outbox, by how they ended
  std::map<std::string, int64_t> echoes;   ///< by kind
  std::map<std::string, int64_t> doubts;   ///< of theirs, by how they ended
  std::vector<std::chrono::milliseconds> latencies;
  int reconnects = 0;
  int waits = 0;

  void OnExchange(const Exchange&) override {}
  void OnRecordsFetched(const StreamKey&, int64_t, uint64_t, uint64_t) override {}
  void OnCommit(const StreamKey&, JobKind, const CommitOutcome&, TimePoint) override {}
  void OnBrokenPromise(const StreamKey&, const std::string&) override {}
  void OnLateFind(const StreamKey&, std::chrono::milliseconds) override {}
  void OnJobReport(const JobReport&) override {}
  void OnEntries(const PortalKey&, const std::map<std::string, int64_t>& by_op) override {
    MutexLock lock(mutex_);
    for (const auto& [op, count] : by_op) entries[op] += count;
  }
  void OnEchoes(const PortalKey&, const std::map<std::string, int64_t>& by_kind) override {
    MutexLock lock(mutex_);
    for (const auto& [kind, count] : by_kind) echoes[kind] += count;
  }
  void OnWrites(const StreamKey&, const WriteCounts& counts) override {
    MutexLock lock(mutex_);
    for (const auto& [outcome, rows] : counts.ended) writes[outcome] += rows;
    for (const auto& [end, rows] : counts.doubts) doubts[end] += rows;
    for (const auto latency : counts.latencies) latencies.push_back(latency);
  }
  void OnVerify(const StreamKey&, const VerifyReport&) override {}
  void OnStreamStatus(const StreamKey&, const StreamStatus&) override {}
  void OnPortalStatus(const PortalKey&, const PortalStatus&) override {}
  void OnStreamRemoved(const StreamKey&) override {}
  void OnPortalRemoved(const PortalKey&) override {}
  void OnTransaction(std::chrono::microseconds, const std::string& failed) override {
    MutexLock lock(mutex_);
    if (!failed.empty()) failed_transactions.push_back(failed);
  }
  void OnPoolWait(std::chrono::microseconds) override {
    MutexLock lock(mutex_);
    ++waits;
  }
  void OnConnections(int, int) override {}
  void OnReconnect() override {
    MutexLock lock(mutex_);
    ++reconnects;
  }
  void OnDatabaseUp(bool up) override {
    MutexLock lock(mutex_);
    if (database_up.empty() || database_up.back() != up) database_up.push_back(up);
  }
  void OnSchemaChange(const StreamKey&, const std::string& change) override {
    MutexLock lock(mutex_);
    schema_changes.push_back(change);
  }
  void OnRequests(const StreamKey&, JobKind, int) override {}
  void OnThrottle(const PortalKey&, std::chrono::milliseconds) override {}
  void OnRetry(const PortalKey&, const std::string&) override {}
  void OnTokenExpiry(const PortalKey&, TimePoint) override {}
  void OnTokenRefreshFailure(const PortalKey&) override {}
  void OnSchedulerTick(TimePoint) override {}
  void OnSchedulerDelay(std::chrono::milliseconds) override {}
  void OnQueue(const std::string&, int64_t, int64_t) override {}

 private:
  Mutex mutex_;
};

/// A record as a test tells it. Values are canonical texts, as a mapper would make them.
struct Told {
  int64_t id = 0;
  /// The modified property; also updatedAt.
  std::optional<TimePoint> modified = TimePoint(std::chrono::seconds(1'600'000'000));
  std::map<std::string, std::string> values;
  bool archived = false;
  std::vector<int64_t> merged_ids;
  std::map<std::string, std::string> rejected;
};

/// The server all tests of a program share; each test has a database of its own in it.
TempPostgres& SharedServer();

/// One daemon's view of one portal in a fresh database.
class MirrorFixture {
 public:
  MirrorFixture();

  /// Another daemon, or the same one after a restart, on the same database.
  std::unique_ptr<PortalSink> AnotherSink(const std::string& instance);
  std::unique_ptr<PortalSink> SinkFor(PortalPlan plan, const std::string& instance = "me");
  /// The sink of the fixture begins anew with another plan, role or dsn.
  void Open(PortalPlan plan, const std::string& dsn);
  void Open(PortalPlan plan) { Open(std::move(plan), dsn_); }

  PortalSink& sink() { return *sink_; }
  PortalPlan plan() const { return plan_; }
  const std::string& dsn() const { return dsn_; }
  const std::string& database() const { return database_; }
  ConnectionPool& pool() { return *pool_; }
  std::shared_ptr<ConnectionPool> shared_pool() { return pool_; }
  testing::FakeClock& clock() { return clock_; }
  NotingObserver& observer() { return observer_; }

  /// One value as superuser; "" for NULL or none.
  std::string Value(const std::string& sql) const { return superuser_.Run(sql); }
  /// What was set for the superuser in this database counts from the next Value() on.
  void LogInAgain() const { superuser_.Close(); }
  /// Every row of a query, values joined by `|`, rows by `;`.
  std::string List(const std::string& columns, const std::string& from_where_order) const;

  /// Claims the portal and makes the table of contacts with `properties` beside the modified one.
  MirrorTablePtr MakeContacts(const std::vector<MirrorColumn>& properties = {});
  MirrorTablePtr contacts() const { return contacts_; }
  void set_contacts(MirrorTablePtr table) { contacts_ = std::move(table); }

  /// The rows a whole read shows now, as a mapper would make them.
  RowBatch Batch(const std::vector<Told>& records) { return Batch(records, clock_.Now()); }
  RowBatch Batch(const std::vector<Told>& records, Instant sent_at);
  /// The same for a read that asked for these properties only.
  RowBatch PartialBatch(const std::vector<std::string>& asked, const std::vector<Told>& records);
  static RowBatch BatchOf(const MirrorTablePtr& table, const std::vector<std::string>& asked,
                          bool whole, const std::vector<Told>& records, Instant sent_at);

  /// One commit with one batch.
  CommitOutcome Write(const std::vector<Told>& records);
  CommitOutcome Write(RowBatch batch);
  Commit NewCommit() const { return Commit{.object = contacts_->object}; }

 private:
  const std::string database_;
  const std::string dsn_;
  mutable KeptSession superuser_{dsn_};
  testing::FakeClock clock_;
  NotingObserver observer_;
  PortalPlan plan_;
  std::shared_ptr<ConnectionPool> pool_;
  std::unique_ptr<PortalSink> sink_;
  MirrorTablePtr contacts_;
};

/// A property of the given type with a column of its own (or in `_overflow`).
MirrorColumn Property(const std::string& name, ColumnType type = ColumnType::kText,
                      Storage storage = Storage::kColumn);

TimePoint Second(int64_t second);

}  // namespace hubmirror::testing
