#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include "budget/exchanges.h"
#include "budget/rate_governor.h"
#include "support/portal_fixture.h"
#include "support/stepped_workers.h"
#include "sync/step_chooser.h"

// R19: more important work goes first, but a job that is later than its period gets a tenth of the
// slots it waits for, one later than two periods a quarter.

using namespace hubmirror;
using namespace hubmirror::testing;
using namespace std::chrono_literals;

namespace {

/// Changes that want every slot, and one job beside them whose last cycle began so many periods
/// ago: how many of 1,000 slots it gets.
int SlotsBesideChanges(double lateness) {
  StepChooser chooser(2);
  const std::vector<StepChooser::Candidate> wanting = {
      {.place = 0, .need = {.lane = Lane::kBurst, .priority = Priority::kChanges}},
      {.place = 1,
       .need = {.lane = Lane::kBurst, .priority = Priority::kSweep},
       .lateness = lateness}};
  int slots = 0;
  for (int slot = 0; slot < 1000; ++slot) {
    const auto chosen = chooser.Choose(
        wanting, [](const StepChooser::Candidate&) { return std::nullopt; }, kStart);
    if (std::get<StepChooser::Candidate>(chosen).place == 1) ++slots;
  }
  return slots;
}

}  // namespace

TEST_CASE("R19: changes come before resolve, links, archived, backfill and sweep") {
  // Each wants one step; each gets it in its turn.
  std::vector<Priority> served;
  std::vector<StepChooser::Candidate> wanting;
  for (const Priority priority :
       {Priority::kSweep, Priority::kFirstLoad, Priority::kArchived, Priority::kLinks,
        Priority::kResolve, Priority::kCatalog, Priority::kChanges}) {
    wanting.push_back(
        {.task = wanting.size(), .need = {.lane = Lane::kBurst, .priority = priority}});
  }
  StepChooser chooser(2);
  while (!wanting.empty()) {
    const auto chosen = std::get<StepChooser::Candidate>(chooser.Choose(
        wanting, [](const StepChooser::Candidate&) { return std::nullopt; }, kStart));
    served.push_back(chosen.need.priority);
    std::erase_if(wanting, [&](const auto& other) { return other.task == chosen.task; });
  }
  CHECK(served == std::vector{Priority::kChanges, Priority::kCatalog, Priority::kResolve,
                              Priority::kLinks, Priority::kArchived, Priority::kFirstLoad,
                              Priority::kSweep});
}

TEST_CASE("R19: a job within its period is owed nothing") {
  CHECK(SlotsBesideChanges(0.98) == 0);
}

TEST_CASE("R19: a job older than its period gets about a tenth of the slots") {
  CHECK(SlotsBesideChanges(1.5) >= 80);
  CHECK(SlotsBesideChanges(1.5) <= 110);
}

TEST_CASE("R19: a job older than twice its period gets about a quarter") {
  CHECK(SlotsBesideChanges(3) >= 190);
  CHECK(SlotsBesideChanges(3) <= 260);
}

namespace {

/// A walk takes every slot it can get for a minute, with a pause of some seconds in it as when the
/// database is slow; the longest a change then waited for a slot that came up at any moment.
Duration LongestWaitForASlot(Pace walk_pace) {
  const auto latency = 100ms;
  RateGovernor governor({.burst = 190}, ClockFromNoon(), kStart);
  std::deque<Instant> sent;
  std::optional<Instant> waiting_since;
  Duration longest{};
  for (Instant now = kStart + 20s; now < kStart + 80s; now += 5ms) {
    while (!sent.empty() && sent.front() + latency <= now) {
      governor.OnExchange(Answered(Endpoint::kList, sent.front(), latency));
      sent.pop_front();
    }
    if (!waiting_since && (now - kStart) % 1s == Duration{}) waiting_since = now;
    if (waiting_since && governor.Take(Lane::kBurst, 1, now).open()) {
      sent.push_back(now);
      longest = std::max(longest, now - *waiting_since);
      waiting_since.reset();
    }
    const bool database_slow = now >= kStart + 30s && now < kStart + 36s;
    while (!database_slow && sent.size() < 64 &&
           governor.Take(Lane::kBurst, 1, now, walk_pace).open()) {
      sent.push_back(now);
    }
  }
  return longest;
}

}  // namespace

TEST_CASE("R19: a walk that makes up for a pause leaves changes a slot within about a second") {
  CHECK(LongestWaitForASlot(Pace::kEvenly) <= 1200ms);
  // What the even pace is for.
  CHECK(LongestWaitForASlot(Pace::kAtOnce) >= 3s);
}

TEST_CASE("R19: walks that pace themselves use the whole allowance") {
  RateGovernor governor({.burst = 190}, ClockFromNoon(), kStart);
  std::deque<Instant> sent;
  int requests = 0;
  for (Instant now = kStart + 20s; now < kStart + 80s; now += 5ms) {
    while (!sent.empty() && sent.front() + 100ms <= now) {
      governor.OnExchange(Answered(Endpoint::kList, sent.front(), 100ms));
      sent.pop_front();
    }
    while (governor.Take(Lane::kBurst, 1, now, Pace::kEvenly).open()) {
      sent.push_back(now);
      ++requests;
    }
  }
  CHECK(requests >= 6 * 184 * 95 / 100);
}

namespace {

/// A portal whose records change more often than its slots allow to read them, so that changes
/// could use all of them; a sweep of ten pages is due every five minutes. Two workers.
struct BusyPortal {
  explicit BusyPortal(int64_t daily) : portal(clock, Planned(daily)) {
    for (int64_t id = 1; id <= 100; ++id) portal.hubspot->Put(id);
    portal.hubspot->page_size = 10;
    schedule.Add(portal.sync);
    workers.WorkFor(5min);
    REQUIRE(portal.companies().state == StreamState::kCurrent);
  }
  static PortalFixture::Options Planned(int64_t daily) {
    return {.stream =
                [](StreamPlan& stream) {
                  stream.interval = 500ms;
                  stream.sweep_every = 5min;
                },
            .budget = {.quota_share = 0.5, .daily = daily, .burst = 5},
            .counts_slots = true};
  }

  FakeClock clock;
  PollSchedule schedule{clock};
  SteppedWorkers workers{schedule, clock, 2};
  PortalFixture portal;

  /// Some records change every second, for so long.
  void ChangeFor(Duration time) {
    for (const Instant end = clock.Now() + time; clock.Now() < end; workers.WorkFor(1s)) {
      for (int64_t id = 1; id <= 5; ++id) portal.hubspot->Put(id);
    }
  }
  int64_t Asked(const std::string& what) const { return portal.hubspot->Count(what); }
};

}  // namespace

TEST_CASE(
    "R19: a sweep gets its tenth of the slots that changes would use up, and no more than it "
    "needs") {
  BusyPortal busy(1'000'000);
  const auto read = busy.Asked("batch");
  const auto listed = busy.Asked("list");
  busy.ChangeFor(20min);
  const auto changes = static_cast<double>(busy.Asked("batch") - read);
  const auto sweeps = static_cast<double>(busy.Asked("list") - listed);
  // Five slots in ten seconds, less what the governor keeps in hand.
  CHECK(changes + sweeps > 400);
  CHECK(changes > 0.7 * (changes + sweeps));
  // Four sweeps of ten pages were due; the first of them begins when its period is over.
  CHECK(sweeps >= 20);
  CHECK(sweeps <= 50);
}

TEST_CASE("R19: the slots of our share of the day are given out, and then no more") {
  BusyPortal busy(2000);
  busy.ChangeFor(60min);
  const PortalStatus status = busy.portal.governor->Status(busy.clock.Now());
  // A step that was let through may make a request more than it took slots for.
  CHECK(status.requests_today >= 990);
  CHECK(status.requests_today <= 1010);
  const auto given = busy.portal.hubspot->requests.size();
  busy.ChangeFor(10min);
  CHECK(busy.portal.hubspot->requests.size() <= given + 2);
}
