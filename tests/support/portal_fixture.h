#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "budget/exchange_relay.h"
#include "support/links_fixture.h"
#include "support/stream_fixture.h"
#include "sync/portal_sync.h"

namespace hubmirror::testing {

/// Keeps what sync tells of portals and their streams.
class Listener final : public SilentObserver {
 public:
  std::map<std::string, StreamStatus> streams;
  PortalStatus portal;
  std::vector<std::string> removed;  ///< portals, and streams as `portal/object`
  std::vector<std::string> retries;  ///< reasons
  std::vector<JobReport> reports;
  Duration throttled{};
  std::atomic<int> ticks{0};
  /// Held up by the test.
  std::function<void()> on_tick;

  void OnStreamStatus(const StreamKey& stream, const StreamStatus& status) override {
    MutexLock lock(mutex_);
    streams[stream.object] = status;
  }
  void OnPortalStatus(const PortalKey&, const PortalStatus& status) override {
    MutexLock lock(mutex_);
    portal = status;
  }
  void OnStreamRemoved(const StreamKey& stream) override {
    MutexLock lock(mutex_);
    removed.push_back(stream.portal + "/" + stream.object);
  }
  void OnPortalRemoved(const PortalKey& key) override {
    MutexLock lock(mutex_);
    removed.push_back(key);
  }
  void OnRetry(const PortalKey&, const std::string& reason) override {
    MutexLock lock(mutex_);
    retries.push_back(reason);
  }
  void OnJobReport(const JobReport& report) override {
    MutexLock lock(mutex_);
    reports.push_back(report);
  }
  void OnThrottle(const PortalKey&, std::chrono::milliseconds waited) override {
    MutexLock lock(mutex_);
    throttled += waited;
  }
  void OnSchedulerTick(TimePoint) override {
    if (on_tick) on_tick();
    ++ticks;
  }
  /// As last told; backfilling when nothing was.
  StreamStatus Of(const std::string& object) {
    MutexLock lock(mutex_);
    return streams[object];
  }
  bool Retried(const std::string& reason) const {
    return std::ranges::find(retries, reason) != retries.end();
  }

 private:
  Mutex mutex_;
};

/// Owners, lists and the like of a portal that has none; a refused kind is answered by 403.
class NoReferences final : public ReferenceSource, public ReferenceSink {
 public:
  std::map<ReferenceKind, int> asked;
  std::vector<CustomType> types;  ///< that HubSpot shows
  JobProgress progress;           ///< as stored of each

  Result<ReferencePage, ApiError> ReadReference(const ReferenceRequest& request) override {
    ++asked[request.kind];
    ReferencePage page;
    page.batches = {{request.kind, {}}};
    if (request.kind != ReferenceKind::kObjectTypes) return page;
    for (const CustomType& type : types) {
      ReferenceRow row;
      row.values.resize(TableOf(ReferenceKind::kObjectTypes).columns.size());
      row.values[0] = type.type_id;
      row.values[1] = "";
      row.values[2] = type.name;
      row.values[3] = type.full_name;
      page.batches[0].rows.push_back(std::move(row));
    }
    return page;
  }
  void WriteReference(const std::vector<ReferenceCommit>&, const std::string&, JobKind,
                      const std::optional<JobProgress>&, const std::string&) override {}
  JobProgress LoadReferenceProgress(const std::string&, JobKind) override { return progress; }
  std::map<std::string, std::string> LoadTypeTables() override { return {}; }
};

/// Histories of records that never changed.
class NoHistory final : public HistorySource, public HistorySink {
 public:
  int prepared = 0;

  Result<HistoryPage, ApiError> ReadHistory(const ObjectType&, const HistoryRequest&) override {
    return HistoryPage{};
  }
  bool PrepareHistory(const ObjectType&) override { return prepared++ > 0; }
  void BeginHistory(const ObjectType&, const JobProgress&) override {}
  std::vector<RecordId> HistoryBlock(const ObjectType&, bool, std::optional<RecordId>,
                                     size_t) override {
    return {};
  }
  HistoryDue DueHistory(const ObjectType&, size_t) override { return {}; }
  HistoryOutcome WriteHistory(const HistoryCommit&) override { return {}; }
};

/// Finds that every record is as it should be.
class AllIsWell final : public VerifySink {
 public:
  int repairs = 0;
  VerifyReport Verify(const Commit& page, const VerifyRequest& request, CommitOutcome&) override {
    if (request.repair) ++repairs;
    VerifyReport report;
    for (const RowBatch& batch : page.rows) {
      report.checked += static_cast<int64_t>(batch.rows.size());
    }
    return report;
  }
};

/// A portal in memory, of companies unless told otherwise; the daemon's turns are the test's.
struct PortalFixture {
  struct Options {
    std::string key = "acme";
    std::vector<std::string> objects = {"companies"};
    std::function<void(PortalPlan&)> plan = {};  ///< changes what is planned
    std::function<void(StreamPlan&)> stream = {};
    RateGovernor::Options budget = {};
    bool everything = false;    ///< also links, histories, comparisons and references
    bool counts_slots = false;  ///< requests are told to the governor, as a client does
  };

  PortalFixture() : PortalFixture(Options{}) {}
  explicit PortalFixture(const Options& options) : PortalFixture(own_clock, options) {}
  explicit PortalFixture(FakeClock& its_clock) : PortalFixture(its_clock, Options{}) {}
  PortalFixture(FakeClock& its_clock, const Options& options) : clock(its_clock) {
    auto source = std::make_unique<FakeHubSpot>(clock);
    hubspot = source.get();
    hubspot->definitions = {StreamFixture::Defined("hs_object_id", "number"),
                            StreamFixture::Defined("name", "string"),
                            StreamFixture::Defined("hs_lastmodifieddate", "datetime"),
                            StreamFixture::Defined("hs_merged_object_ids", "string")};
    auto rows = std::make_unique<MemoryRowSink>();
    sink = rows.get();
    PortalPlan plan;
    plan.key = options.key;
    plan.portal_id = hubspot->portal_id;
    for (const std::string& object : options.objects) {
      StreamPlan stream;
      stream.object = *FindObjectType(object);
      if (options.stream) options.stream(stream);
      plan.streams.push_back(stream);
    }
    if (options.plan) options.plan(plan);
    governor = std::make_shared<RateGovernor>(options.budget, hubspot->source_clock, clock.Now());
    PortalSync::Ports ports{.source = std::move(source),
                            .sink = std::move(rows),
                            .observer = observer,
                            .clock = clock,
                            .log = log,
                            .random = random};
    if (options.everything) {
      ports.link_source = &links;
      ports.link_sink = &links;
      ports.history_source = &history;
      ports.history_sink = &history;
      ports.reference_source = &references;
      ports.reference_sink = &references;
      ports.verify_sink = &verify;
    }
    if (options.counts_slots) CountSlots();
    sync = std::make_shared<PortalSync>(plan, governor, hubspot->source_clock, std::move(ports));
  }

  /// Does what is due now, and no more.
  void Work() {
    for (int step = 0; step < 1000; ++step) {
      const auto next = sync->Next(clock.Now());
      if (!std::holds_alternative<PortalSync::Assignment>(next)) return;
      sync->Run(std::get<PortalSync::Assignment>(next));
    }
  }
  void WorkFor(Duration time) {
    for (const Instant end = clock.Now() + time; clock.Now() < end;
         clock.Advance(std::chrono::milliseconds(250))) {
      Work();
    }
    sync->Report(clock.Now());
  }
  StreamStatus companies() {
    sync->Report(clock.Now());
    return observer.streams.at("companies");
  }
  PortalOperations& operations() { return sync->operations(); }
  OperationProgress Refresh(int64_t id) {
    const ControlTarget target{sync->key(), "companies", RecordId{id}};
    const auto runs = operations().Start(OperationKind::kRefresh, target, false);
    WorkFor(std::chrono::seconds(5));
    return operations().ProgressOf(OperationKind::kRefresh, target, runs);
  }
  int64_t Logged(const std::string& event) const {
    return std::count(log.events.begin(), log.events.end(), event);
  }

  FakeClock own_clock;
  FakeClock& clock;
  Listener observer;
  MemoryLog log;
  Random random{1};
  FakeLinks links;
  NoHistory history;
  NoReferences references;
  AllIsWell verify;
  FakeHubSpot* hubspot = nullptr;
  MemoryRowSink* sink = nullptr;
  std::shared_ptr<RateGovernor> governor;
  std::shared_ptr<PortalSync> sync;

 private:
  void CountSlots() {
    relay = std::make_unique<ExchangeRelay>(governor, observer);
    hubspot->on_request = [this](const std::string& what) {
      static const std::map<std::string, Endpoint> kEndpoints = {
          {"list", Endpoint::kList},
          {"archived", Endpoint::kArchivedList},
          {"search", Endpoint::kSearch},
          {"batch", Endpoint::kBatchRead},
          {"account", Endpoint::kAccount},
          {"archived_batch", Endpoint::kBatchRead},
          {"properties", Endpoint::kProperties}};
      const auto endpoint = kEndpoints.find(what);
      Exchange exchange{
          .portal = sync->key(),
          .endpoint = endpoint == kEndpoints.end() ? Endpoint::kReference : endpoint->second,
          .request = ++asked,
          .status = 200};
      exchange.sent_at = exchange.answered_at = clock.Now();
      relay->OnExchange(exchange);
    };
  }

  size_t asked = 0;
  std::unique_ptr<ExchangeRelay> relay;
};

}  // namespace hubmirror::testing
