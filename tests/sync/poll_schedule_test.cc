// Which portal's turn it is, with workers that the test steps.

#include "sync/poll_schedule.h"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/named_thread.h"
#include "support/portal_fixture.h"
#include "support/stepped_workers.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

const ApiError kTokenRefused{
    .kind = ApiErrorKind::kUnauthorized, .status = 530, .message = "HubSpot refuses the token"};

/// Portals in memory and two workers for them.
struct Office {
  FakeClock clock;
  PollSchedule schedule{clock};
  SteppedWorkers workers{schedule, clock, 2};

  std::unique_ptr<PortalFixture> Open(const std::string& key) {
    auto portal = std::make_unique<PortalFixture>(clock, PortalFixture::Options{.key = key});
    schedule.Add(portal->sync);
    return portal;
  }
};

TEST_CASE("schedule: a portal that loads for long keeps none from its turn") {
  Office office;
  const auto huge = office.Open("huge");
  const auto small = office.Open("small");
  huge->hubspot->page_size = 10;
  for (int64_t id = 1; id <= 10'000; ++id) huge->hubspot->Put(id);
  small->hubspot->Put(1);

  office.workers.WorkFor(20s);
  CHECK(huge->companies().state == StreamState::kBackfilling);
  CHECK(huge->hubspot->Count("list") > 50);
  CHECK(small->companies().state == StreamState::kCurrent);
  CHECK(office.workers.most_busy() == 2);
}

TEST_CASE("schedule: two that want every step get as many each") {
  Office office;
  const auto one = office.Open("one");
  const auto other = office.Open("other");
  for (const auto* portal : {one.get(), other.get()}) {
    portal->hubspot->page_size = 10;
    for (int64_t id = 1; id <= 10'000; ++id) portal->hubspot->Put(id);
  }
  office.workers.WorkFor(20s);
  const auto of_one = static_cast<double>(one->hubspot->requests.size());
  const auto of_other = static_cast<double>(other->hubspot->requests.size());
  CHECK(of_one > 50);
  CHECK(of_one == doctest::Approx(of_other).epsilon(0.1));
}

TEST_CASE("schedule: one portal is held while the others go on, and costs a request a minute") {
  Office office;
  const auto held = office.Open("held");
  const auto well = office.Open("well");
  held->hubspot->errors.assign(1000, kTokenRefused);
  well->hubspot->Put(1);
  office.workers.WorkFor(10min);

  CHECK(held->companies().state == StreamState::kBlocked);
  CHECK(held->hubspot->requests.size() <= 11);
  CHECK(held->observer.portal.stopped_by == "auth");
  CHECK(well->companies().state == StreamState::kCurrent);
  CHECK(well->hubspot->Count("search") >= 10);

  held->hubspot->errors.clear();
  office.workers.WorkFor(2min);
  CHECK(held->companies().state == StreamState::kCurrent);
}

TEST_CASE("schedule: a portal that was woken is asked before its time") {
  Office office;
  const auto acme = office.Open("acme");
  acme->hubspot->Put(1);
  office.workers.WorkFor(1min);
  // Nothing is due before some of the interval has passed.
  office.workers.WorkFor(2s);
  const auto later = office.schedule.TakeNow();
  REQUIRE(std::holds_alternative<Instant>(later));
  CHECK(std::get<Instant>(later) > office.clock.Now());

  acme->operations().Poll("");
  const auto searches = acme->hubspot->Count("search");
  office.schedule.Wake("acme");
  office.schedule.Wake("nobody");
  office.workers.WorkFor(1s);
  CHECK(acme->hubspot->Count("search") > searches);
}

TEST_CASE("schedule: one that is removed makes no new step, and its last one ends by itself") {
  Office office;
  const auto acme = office.Open("acme");
  auto taken = office.schedule.TakeNow();
  // The first slot after a start comes when the last ones of whoever was before are over.
  while (std::holds_alternative<Instant>(taken)) {
    office.clock.Advance(1s);
    taken = office.schedule.TakeNow();
  }
  auto& turn = std::get<PollSchedule::Turn>(taken);
  REQUIRE(turn.portal == acme->sync);
  CHECK(office.schedule.Find("acme") == acme->sync);

  CHECK(office.schedule.Remove("acme") == acme->sync);
  CHECK_FALSE(office.schedule.Remove("acme"));
  CHECK_FALSE(office.schedule.Find("acme"));
  CHECK(office.schedule.portals().empty());
  CHECK_FALSE(acme->sync->idle());
  turn.portal->Run(turn.assignment);
  office.schedule.Done(turn);
  CHECK(acme->sync->idle());
  CHECK(std::holds_alternative<Instant>(acme->sync->Next(office.clock.Now())));
  CHECK(std::holds_alternative<Instant>(office.schedule.TakeNow()));
}

TEST_CASE("schedule: a worker waits for work, takes it when it comes, and ends when asked to") {
  FakeClock clock(FakeClock::Sleepers::kWait);
  PollSchedule schedule(clock);
  std::atomic<int> taken{0};
  std::jthread worker = StartThread("worker", [&](const std::stop_token& stop) {
    while (const auto turn = schedule.Take(stop)) {
      ++taken;
      turn->portal->Run(turn->assignment);
      schedule.Done(*turn);
    }
  });
  PortalFixture acme(clock);
  schedule.Add(acme.sync);
  while (taken == 0) {
    clock.Advance(100ms);
    std::this_thread::yield();
  }
  worker.request_stop();
  worker.join();
  CHECK(acme.sync->idle());
}

/// Counts how often somebody begins to wait.
class CountingClock final : public Clock {
 public:
  explicit CountingClock(FakeClock& clock) : clock_(clock) {}
  Instant Now() const override { return clock_.Now(); }
  TimePoint WallNow() const override { return clock_.WallNow(); }
  bool SleepUntil(Instant deadline, std::stop_token stop) const override {
    return clock_.SleepUntil(deadline, std::move(stop));
  }
  void WaitUntil(std::condition_variable_any& changed, MutexLock& lock, Instant deadline,
                 std::stop_token stop, const std::function<bool()>& until) const override {
    ++waits;
    clock_.WaitUntil(changed, lock, deadline, std::move(stop), until);
  }
  mutable std::atomic<int> waits{0};

 private:
  FakeClock& clock_;
};

TEST_CASE("schedule: a portal that becomes due wakes one worker, however many are idle") {
  constexpr int kWorkers = 24;
  FakeClock clock(FakeClock::Sleepers::kWait);
  const CountingClock counting(clock);
  PollSchedule schedule(counting);
  std::atomic<int> taken{0};
  Mutex stepping;  // HubSpot in memory takes one request at a time
  std::vector<std::jthread> workers;
  for (int i = 0; i < kWorkers; ++i) {
    workers.push_back(StartThread("worker", [&](const std::stop_token& stop) {
      while (const auto turn = schedule.Take(stop)) {
        ++taken;
        {
          MutexLock lock(stepping);
          turn->portal->Run(turn->assignment);
        }
        schedule.Done(*turn);
      }
    }));
  }
  PortalFixture acme(clock);
  PortalFixture globex(clock, {.key = "globex"});
  schedule.Add(acme.sync);
  schedule.Add(globex.sync);
  while (taken < 100) {
    clock.Advance(1s);
    std::this_thread::sleep_for(2ms);
  }
  for (std::jthread& worker : workers) worker.request_stop();
  workers.clear();
  CHECK(acme.hubspot->Count("search") > 0);
  CHECK(globex.hubspot->Count("search") > 0);
  // Each turn wakes who takes it and who watches next; all of them were 24 a turn.
  const int waits = counting.waits;
  const int turns = taken;
  CHECK(waits <= kWorkers + 6 * turns);
}

}  // namespace
}  // namespace hubmirror::testing
