// Workers and the supervisor with their threads, on a clock that the test moves.

#include "sync/supervisor.h"

#include <doctest/doctest.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/finally.h"
#include "base/named_thread.h"
#include "support/portal_fixture.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

std::string NameOfThisThread() {
  std::array<char, 16> name{};
  ::pthread_getname_np(::pthread_self(), name.data(), name.size());
  return name.data();
}

/// Holds up whoever comes through, until it is opened.
class Gate {
 public:
  void Pass() {
    ++waiting_;
    opened_.wait();
  }
  int waiting() const { return waiting_; }
  void Open() {
    if (!open_.exchange(true)) open_promise_.set_value();
  }
  ~Gate() { Open(); }

 private:
  std::promise<void> open_promise_;
  std::shared_future<void> opened_ = open_promise_.get_future().share();
  std::atomic<int> waiting_{0};
  std::atomic<bool> open_{false};
};

/// A supervisor with one worker, whose time passes while the test waits for something.
struct Daemon {
  Gate gate;
  FakeClock clock{FakeClock::Sleepers::kWait};
  Listener observer;
  std::vector<std::unique_ptr<PortalFixture>> portals;  ///< outlive the threads
  Supervisor supervisor{clock, observer, {.workers = 1, .memory_bytes = 1 << 20}};

  PortalFixture& Make() {
    portals.push_back(std::make_unique<PortalFixture>(clock));
    return *portals.back();
  }

  ~Daemon() {
    gate.Open();
    supervisor.Stop();
  }
  /// Lets time pass, a tenth of a second after the other, until `done`; false: it never is.
  bool Until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      clock.Advance(100ms);
      // Its time must not run away from a supervisor that the machine is slow to wake.
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }
  bool UntilCurrent(PortalFixture& portal) {
    return Until([&] { return portal.observer.Of("companies").state == StreamState::kCurrent; });
  }
};

TEST_CASE("workers: as many as polls keep busy, and 24 for each portal's first load") {
  PortalPlan plan;
  CHECK(WorkersFor({}) == 4);
  CHECK(WorkersFor({plan}) == 24);
  StreamPlan quick;
  quick.interval = 2s;
  plan.streams.assign(10, quick);
  CHECK(WorkersFor({plan}) == 26);
  CHECK(WorkersFor(std::vector(100, plan)) == 128);
}

TEST_CASE("workers: each makes a step of its own, under its own name, and says how old it is") {
  FakeClock clock(FakeClock::Sleepers::kWait);
  PollSchedule schedule(clock);
  Gate gate;
  PortalFixture one(clock, {.key = "one"});
  PortalFixture other(clock, {.key = "other"});
  std::array<std::string, 2> names;
  one.hubspot->on_request = [&](const std::string&) {
    names[0] = NameOfThisThread();
    gate.Pass();
  };
  other.hubspot->on_request = [&](const std::string&) {
    names[1] = NameOfThisThread();
    gate.Pass();
  };
  WorkerPool workers(schedule, clock, 2);
  CHECK_FALSE(workers.OldestStep());
  const auto wait_for = [&](int waiting) {
    while (gate.waiting() < waiting) {
      clock.Advance(100ms);
      std::this_thread::yield();
    }
  };
  schedule.Add(one.sync);
  wait_for(1);
  const auto oldest = workers.OldestStep();
  REQUIRE(oldest);
  clock.Advance(5s);
  schedule.Add(other.sync);
  wait_for(2);
  CHECK(workers.OldestStep() == oldest);

  workers.RequestStop();
  gate.Open();
  workers.Join();
  CHECK(std::set(names.begin(), names.end()) == std::set<std::string>{"worker-0", "worker-1"});
  CHECK_FALSE(workers.OldestStep());
  CHECK(one.hubspot->requests.size() == 1);
  CHECK(other.hubspot->requests.size() == 1);
}

TEST_CASE("workers: there are as many as there is work for, and one that watches") {
  FakeClock clock(FakeClock::Sleepers::kWait);
  PollSchedule schedule(clock);
  Gate gate;
  std::vector<std::unique_ptr<PortalFixture>> portals;
  for (const char* key : {"a", "b", "c", "d"}) {
    portals.push_back(std::make_unique<PortalFixture>(clock, PortalFixture::Options{.key = key}));
    portals.back()->hubspot->on_request = [&](const std::string&) { gate.Pass(); };
  }
  WorkerPool workers(schedule, clock, 100);
  CHECK(workers.size() == 1);
  for (const auto& portal : portals) schedule.Add(portal->sync);
  while (gate.waiting() < 4 || workers.size() <= gate.waiting()) {
    clock.Advance(100ms);
    std::this_thread::yield();
  }
  CHECK(workers.size() <= gate.waiting() + 2);

  for (const auto& portal : portals) schedule.Remove(portal->sync->key());
  gate.Open();
  // Those that are too many leave in the second minute that shows it.
  while (workers.size() > 1) {
    clock.Advance(100ms);
    std::this_thread::yield();
  }
  portals.push_back(std::make_unique<PortalFixture>(clock, PortalFixture::Options{.key = "e"}));
  std::atomic<bool> came{false};
  portals.back()->hubspot->on_request = [&](const std::string&) { came = true; };
  schedule.Add(portals.back()->sync);
  while (!came) {
    clock.Advance(100ms);
    std::this_thread::yield();
  }
  workers.Join();
  CHECK(workers.size() == 0);
}

TEST_CASE("supervisor: a stop waits for the step under way, and no other one begins") {
  Daemon daemon;
  PortalFixture& acme = daemon.Make();
  acme.hubspot->Put(1);
  acme.hubspot->on_request = [&](const std::string& what) {
    if (what == "list") daemon.gate.Pass();
  };
  daemon.supervisor.Put(acme.sync);
  daemon.supervisor.Start();
  REQUIRE(daemon.Until([&] { return daemon.gate.waiting() > 0; }));
  std::atomic<bool> stopped{false};
  std::jthread stopper = StartThread("stopper", [&](const std::stop_token&) {
    daemon.supervisor.Stop();
    stopped = true;
  });
  const int ticks = daemon.observer.ticks;
  REQUIRE(daemon.Until([&] { return daemon.observer.ticks >= ticks + 3; }));
  CHECK_FALSE(stopped);
  CHECK_FALSE(acme.sync->idle());

  daemon.gate.Open();
  stopper.join();
  CHECK(stopped);
  CHECK(acme.sync->idle());
  const size_t requests = acme.hubspot->requests.size();
  daemon.clock.Advance(1h);
  CHECK(std::holds_alternative<Instant>(acme.sync->Next(daemon.clock.Now())));
  CHECK(acme.hubspot->requests.size() == requests);
}

TEST_CASE("supervisor: a portal that is built anew begins when the old one's step has ended") {
  Daemon daemon;
  PortalFixture& before = daemon.Make();
  PortalFixture& after = daemon.Make();
  before.hubspot->Put(1);
  after.hubspot->Put(1);
  std::atomic<bool> anew{false};
  before.hubspot->on_request = [&](const std::string& what) {
    if (what == "list") daemon.gate.Pass();
  };
  std::atomic<bool> beside{false};
  after.hubspot->on_request = [&](const std::string&) {
    anew = true;
    if (!before.sync->idle()) beside = true;
  };
  daemon.supervisor.Put(before.sync);
  daemon.supervisor.Start();
  REQUIRE(daemon.Until([&] { return daemon.gate.waiting() > 0; }));

  std::atomic<bool> reloaded{false};
  std::jthread reload = StartThread("reload", [&](const std::stop_token&) {
    daemon.supervisor.Put(after.sync);
    reloaded = true;
  });
  const int ticks = daemon.observer.ticks;
  REQUIRE(daemon.Until([&] { return daemon.observer.ticks >= ticks + 3; }));
  CHECK_FALSE(anew);
  CHECK_FALSE(reloaded);
  // Whoever asks meanwhile is not told that there is no such portal.
  CHECK(daemon.supervisor.Poll({.portal = before.sync->key()}).code == ControlCode::kOk);

  daemon.gate.Open();
  CHECK(daemon.UntilCurrent(after));
  reload.join();
  CHECK(reloaded);
  daemon.supervisor.Stop();
  CHECK_FALSE(beside);
  CHECK(before.sync->idle());
  CHECK(after.sink->rows.contains(1));
}

TEST_CASE("supervisor: one that leaves the configuration is told to have left, with its streams") {
  Daemon daemon;
  PortalFixture& acme = daemon.Make();
  daemon.supervisor.Put(acme.sync);
  CHECK_FALSE(daemon.supervisor.FoundTypes("acme"));
  daemon.supervisor.Remove("acme");
  daemon.supervisor.Remove("acme");
  CHECK_FALSE(daemon.supervisor.FoundTypes("acme"));
  CHECK(daemon.observer.removed == std::vector<std::string>{"acme/companies", "acme"});
}

TEST_CASE("watchdog: a step that is older than it may be shows, while the schedule turns") {
  Daemon daemon;
  PortalFixture& acme = daemon.Make();
  acme.hubspot->on_request = [&](const std::string&) { daemon.gate.Pass(); };
  daemon.supervisor.Put(acme.sync);
  // The first slot after a start comes when the last ones of whoever was before are over.
  daemon.clock.Advance(30s);
  daemon.supervisor.Start();
  while (daemon.gate.waiting() == 0 || daemon.observer.ticks == 0) std::this_thread::yield();
  CHECK(daemon.supervisor.Moves(60s));
  const Instant later = daemon.clock.Now() + 61s;
  int ticks = 0;
  // Every turn is waited for: only the step is old.
  while (daemon.clock.Now() < later) {
    ticks = daemon.observer.ticks;
    REQUIRE(daemon.Until([&] { return daemon.observer.ticks > ticks; }));
  }
  CHECK_FALSE(daemon.supervisor.Moves(60s));
  CHECK(daemon.supervisor.Moves(10min));
}

TEST_CASE("watchdog: work that may take as long as it takes is not held against a step") {
  Gate second;  // Outlives the threads that stand at it.
  Daemon daemon;
  const Finally let_go([&] { second.Open(); });
  PortalFixture& acme = daemon.Make();
  acme.hubspot->on_request = [&](const std::string&) {
    {
      const Unhurried unhurried(daemon.clock);
      daemon.gate.Pass();
    }
    second.Pass();
  };
  daemon.supervisor.Put(acme.sync);
  daemon.clock.Advance(30s);
  daemon.supervisor.Start();
  while (daemon.gate.waiting() == 0 || daemon.observer.ticks == 0) std::this_thread::yield();
  const auto pass = [&](Duration time) {
    const Instant later = daemon.clock.Now() + time;
    while (daemon.clock.Now() < later) {
      const int ticks = daemon.observer.ticks;
      REQUIRE(daemon.Until([&] { return daemon.observer.ticks > ticks; }));
    }
  };
  pass(61s);
  CHECK(daemon.supervisor.Moves(60s));
  // Afterwards the step has all of its time again.
  daemon.gate.Open();
  while (second.waiting() == 0) std::this_thread::yield();
  pass(50s);
  CHECK(daemon.supervisor.Moves(60s));
  pass(11s);
  CHECK_FALSE(daemon.supervisor.Moves(60s));
}

TEST_CASE("watchdog: a schedule that does not turn for half a minute shows") {
  Daemon daemon;
  std::string name;
  daemon.observer.on_tick = [&] {
    name = NameOfThisThread();
    daemon.gate.Pass();
  };
  daemon.supervisor.Start();
  while (daemon.gate.waiting() == 0) std::this_thread::yield();
  CHECK(daemon.supervisor.Moves(60s));
  daemon.clock.Advance(31s);
  CHECK_FALSE(daemon.supervisor.Moves(60s));
  daemon.gate.Open();
  CHECK(daemon.Until([&] { return daemon.supervisor.Moves(60s); }));
  CHECK(name == "supervisor");
}

TEST_CASE("supervisor: who asks for what there is not is told what there is") {
  Daemon daemon;
  PortalFixture& acme = daemon.Make();
  daemon.supervisor.Put(acme.sync);
  const ControlResult portal = daemon.supervisor.Poll({.portal = "acmee"});
  CHECK(portal.code == ControlCode::kUnknownTarget);
  CHECK(portal.message == "there is no portal acmee; configured: acme");
  const ControlResult object = daemon.supervisor.Pause({.portal = "acme", .object = "deals"});
  CHECK(object.code == ControlCode::kUnknownTarget);
  CHECK(object.message == "portal acme mirrors no deals; it has companies");
  OperationCost cost;
  CHECK_FALSE(daemon.supervisor.CostOf(OperationKind::kSettle, {.portal = "globex"}, cost).ok());
  CHECK_FALSE(daemon.supervisor.StartOperation(OperationKind::kSettle, {.portal = "globex"}, false)
                  .result.ok());
  CHECK(daemon.supervisor.ProgressOf(7).done);
  daemon.supervisor.EndOperation(7);
}

TEST_CASE("supervisor: every wish is answered at once, and the status is of then") {
  Daemon daemon;
  PortalFixture& acme = daemon.Make();
  daemon.supervisor.Put(acme.sync);
  const ControlTarget companies{"acme", "companies"};
  Supervisor& ask = daemon.supervisor;
  CHECK(ask.Pause(companies).message == "acme/companies is paused");
  CHECK(acme.observer.Of("companies").state == StreamState::kPaused);
  CHECK(ask.Resume(companies).message == "acme/companies is resumed");
  CHECK(acme.observer.Of("companies").state == StreamState::kBackfilling);
  CHECK(ask.Poll({"acme"}).message == "acme is polled now");
  CHECK(ask.Backfill(companies).message == "acme/companies is loaded from the beginning");
  CHECK(ask.Resolve(companies, false).message == "acme/companies is resolved now");
  CHECK(ask.Resolve(companies, true).message.find("will be marked gone") != std::string::npos);
  CHECK(ask.Refresh({"acme", "companies"}, RecordId{5}).message ==
        "acme/companies record 5 is read again");
  OperationCost cost;
  CHECK(ask.CostOf(OperationKind::kSettle, {"acme"}, cost).ok());
  CHECK(cost.requests() > 0);
}

TEST_CASE("supervisor: an operation is followed to its end and given back") {
  Daemon daemon;
  PortalFixture& acme = daemon.Make();
  acme.hubspot->Put(1);
  daemon.supervisor.Put(acme.sync);
  daemon.supervisor.Start();
  REQUIRE(daemon.UntilCurrent(acme));
  const OperationStart start =
      daemon.supervisor.StartOperation(OperationKind::kSettle, {"acme"}, false);
  REQUIRE(start.result.ok());
  // Twice the longest confirmation, and two minutes.
  CHECK(start.patience == 22min);
  CHECK(daemon.Until([&] { return daemon.supervisor.ProgressOf(start.ticket).done; }));
  daemon.supervisor.EndOperation(start.ticket);
  CHECK(daemon.supervisor.ProgressOf(start.ticket).done);
  CHECK(daemon.supervisor.StartOperation(OperationKind::kVerify, {"acme"}, false).patience == 24h);

  const OperationStart left =
      daemon.supervisor.StartOperation(OperationKind::kPoll, {"acme"}, false);
  daemon.supervisor.Remove("acme");
  CHECK(daemon.supervisor.ProgressOf(left.ticket).done);
  daemon.supervisor.EndOperation(left.ticket);
}

}  // namespace
}  // namespace hubmirror::testing
