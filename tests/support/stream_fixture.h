#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "jobs/changes/changes_job.h"
#include "jobs/changes/resolve_job.h"
#include "jobs/reference/catalog_job.h"
#include "jobs/walk/fill_job.h"
#include "jobs/walk/walk_job.h"
#include "model/portal/sync_observer.h"
#include "support/fake_clock.h"
#include "support/fake_hubspot.h"
#include "support/fake_links.h"
#include "support/memory_history.h"
#include "support/memory_row_sink.h"
#include "support/no_references.h"
#include "support/step_once.h"

namespace hubmirror::testing {

/// Takes what sync tells and keeps what tests ask about.
class SilentObserver : public SyncObserver {
 public:
  std::vector<std::chrono::milliseconds> late_finds;
  std::vector<std::string> broken_promises;

  void OnExchange(const Exchange&) override {}
  void OnRecordsFetched(const StreamKey&, int64_t, uint64_t, uint64_t) override {}
  void OnCommit(const StreamKey&, JobKind, const CommitOutcome&, TimePoint) override {}
  void OnBrokenPromise(const StreamKey&, const std::string& promise) override {
    broken_promises.push_back(promise);
  }
  void OnLateFind(const StreamKey&, std::chrono::milliseconds late) override {
    late_finds.push_back(late);
  }
  void OnJobReport(const JobReport&) override {}
  void OnEntries(const PortalKey&, const std::map<std::string, int64_t>&) override {}
  void OnEchoes(const PortalKey&, const std::map<std::string, int64_t>&) override {}
  void OnWrites(const StreamKey&, const WriteCounts&) override {}
  void OnVerify(const StreamKey&, const VerifyReport&) override {}
  void OnStreamStatus(const StreamKey&, const StreamStatus&) override {}
  void OnPortalStatus(const PortalKey&, const PortalStatus&) override {}
  void OnStreamRemoved(const StreamKey&) override {}
  void OnPortalRemoved(const PortalKey&) override {}
  void OnTransaction(std::chrono::microseconds, const std::string&) override {}
  void OnPoolWait(std::chrono::microseconds) override {}
  void OnConnections(int, int) override {}
  void OnReconnect() override {}
  void OnDatabaseUp(bool) override {}
  void OnSchemaChange(const StreamKey&, const std::string&) override {}
  void OnRequests(const StreamKey&, JobKind, int) override {}
  void OnThrottle(const PortalKey&, std::chrono::milliseconds) override {}
  void OnRetry(const PortalKey&, const std::string&) override {}
  void OnTokenExpiry(const PortalKey&, TimePoint) override {}
  void OnTokenRefreshFailure(const PortalKey&) override {}
  void OnSchedulerTick(TimePoint) override {}
  void OnSchedulerDelay(std::chrono::milliseconds) override {}
  void OnQueue(const std::string&, int64_t, int64_t) override {}
};

/// Keeps what was said. Thread-safe.
class MemoryLog final : public Logger {
 public:
  void Write(const LogLine& line) override {
    MutexLock lock(mutex_);
    events_.emplace_back(line.event);
    messages_.push_back(line.message);
  }
  /// How many lines have been written, or those of one event.
  std::ptrdiff_t Count() const {
    MutexLock lock(mutex_);
    return std::ssize(events_);
  }
  std::ptrdiff_t Count(const std::string& event) const {
    MutexLock lock(mutex_);
    return std::ranges::count(events_, event);
  }
  std::vector<std::string> messages() const {
    MutexLock lock(mutex_);
    return messages_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> events_ GUARDED_BY(mutex_);
  std::vector<std::string> messages_ GUARDED_BY(mutex_);
};

/// One stream of companies between a portal in memory and a mirror in memory, with its jobs; the
/// verbs make a case a sentence.
class StreamFixture {
 public:
  explicit StreamFixture(std::string object = "companies")
      : object_name_(std::move(object)), hubspot(clock) {
    hubspot.definitions = {Defined("hs_object_id", "number"), Defined("name", "string"),
                           Defined("hs_lastmodifieddate", "datetime"),
                           Defined("hs_merged_object_ids", "string"), Defined("score", "number")};
    Restart();
  }

  static PropertyDefinition Defined(const std::string& name, const std::string& type) {
    return {.name = name, .label = name, .type = type, .data_sensitivity = "non_sensitive"};
  }

  /// Forgets everything but the database: what a kill does.
  void Restart() {
    StreamPlan plan;
    plan.object = *FindObjectType(object_name_);
    plan.selection = selection;
    plan.history = history;
    plan.columns = columns;
    plan.indexes = indexes;
    context = std::make_shared<StreamContext>(
        "acme", plan,
        StreamContext::Ports{
            PortalSource{hubspot, links, past, references, *source_clock},
            PortalStore{sink, links, past, references, sink, [this] { return hash_key; }}, observer,
            governor, clock, log});
    context->Load(sink.Load(plan.object));
    catalog = std::make_shared<CatalogJob>(context);
    changes = std::make_shared<ChangesJob>(context);
    resolve = std::make_shared<ResolveJob>(context);
    fill = std::make_shared<FillJob>(context);
    sweep = std::make_shared<WalkJob>(context, WalkJob::Options{});
    archived = std::make_shared<WalkJob>(context, WalkJob::Options{.archived = true});
  }

  /// Steps a job until its cycle ends, it fails, or it has nothing to do.
  StepOutcome Run(Job& job) {
    for (int i = 0; i < 10000; ++i) {
      if (!job.Next(clock.Now())) return StepOutcome::Unused();
      StepOutcome outcome = StepOnce(job, clock.Now());
      if (outcome.end != StepOutcome::End::kMore) return outcome;
    }
    return StepOutcome::Unused();
  }
  /// The first load: table, backfill, archived ones.
  void Load() {
    Run(*catalog);
    Run(*sweep);
    Run(*archived);
  }
  void Resolve() { Run(*resolve); }
  StreamFacts facts() const { return context->facts().Now(); }
  /// Resolve, wait as long as a confirmation takes, resolve again.
  void ResolveTwice() {
    Run(*resolve);
    clock.Advance(context->plan().confirm_after + std::chrono::seconds(1));
    Pass();
    Run(*resolve);
  }
  /// Lets time pass on HubSpot's side too: an answer tells it.
  void Pass(Duration by = std::chrono::seconds(1)) {
    clock.Advance(by);
    hubspot.Tell();
  }

 private:
  std::string object_name_;

 public:
  FakeClock clock;
  FakeHubSpot hubspot;
  MemoryRowSink sink;
  FakeLinks links;
  MemoryHistory past;
  NoReferences references;
  SilentObserver observer;
  std::shared_ptr<SourceClock> source_clock = hubspot.source_clock;
  RateGovernor governor{RateGovernor::Options{}, source_clock, clock.Now()};
  MemoryLog log;
  PropertySelection selection;       ///< counts from the next Restart on
  std::vector<std::string> history;  ///< the same
  std::vector<std::string> columns;  ///< the same
  std::vector<std::string> indexes;  ///< the same
  Result<Secret, std::string> hash_key = Secret("a key that is long enough");
  std::shared_ptr<StreamContext> context;
  std::shared_ptr<CatalogJob> catalog;
  std::shared_ptr<ChangesJob> changes;
  std::shared_ptr<ResolveJob> resolve;
  std::shared_ptr<FillJob> fill;
  std::shared_ptr<WalkJob> sweep;
  std::shared_ptr<WalkJob> archived;
};

}  // namespace hubmirror::testing
