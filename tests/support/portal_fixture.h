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

/// A portal in memory, of companies unless told otherwise; the daemon's turns are the test's.
struct PortalFixture {
  struct Options {
    std::string key = "acme";
    std::vector<std::string> objects = {"companies"};
    std::function<void(PortalPlan&)> plan = {};  ///< changes what is planned
    std::function<void(StreamPlan&)> stream = {};
    RateGovernor::Options budget = {};
    FeedKeeper* feed = nullptr;
    bool counts_slots = false;  ///< requests are told to the governor, as a client does
  };

  PortalFixture() : PortalFixture(Options{}) {}
  explicit PortalFixture(const Options& options) : PortalFixture(own_clock, options) {}
  explicit PortalFixture(FakeClock& its_clock) : PortalFixture(its_clock, Options{}) {}
  PortalFixture(FakeClock& its_clock, const Options& options) : clock(its_clock) {
    hubspot->definitions = {StreamFixture::Defined("hs_object_id", "number"),
                            StreamFixture::Defined("name", "string"),
                            StreamFixture::Defined("hs_lastmodifieddate", "datetime"),
                            StreamFixture::Defined("hs_merged_object_ids", "string")};
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
    if (options.counts_slots) CountSlots();
    sync = std::make_shared<PortalSync>(
        plan, governor, PortalSource{*hubspot, links, history, references, *hubspot->source_clock},
        PortalStore{
            *sink, links, history, references, *sink, NoHashKey, kMostFlushBytes, {}, options.feed},
        PortalSync::Parts{observer, clock, log, random});
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
  int64_t Logged(const std::string& event) const { return log.Count(event); }

  FakeClock own_clock;
  FakeClock& clock;
  Listener observer;
  MemoryLog log;
  Random random{1};
  FakeLinks links;
  MemoryHistory history;
  NoReferences references;
  std::unique_ptr<FakeHubSpot> hubspot = std::make_unique<FakeHubSpot>(clock);
  std::unique_ptr<MemoryRowSink> sink = std::make_unique<MemoryRowSink>();
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
