#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <optional>

#include "budget/exchanges.h"
#include "budget/rate_governor.h"
#include "jobs/job.h"
#include "sync/task.h"

// R19: more important work goes first, but a job that is later than its period gets a tenth of the
// slots it waits for, one later than two periods a quarter.

using namespace hubmirror;
using namespace hubmirror::test;
using namespace std::chrono_literals;

namespace {

class SweepJob final : public Job {
 public:
  JobKind kind() const override { return JobKind::kSweep; }
  std::optional<StepNeed> Next(Instant) override {
    return StepNeed{.lane = Lane::kBurst, .priority = Priority::kSweep};
  }
  StepOutcome Step(Instant) override { return StepOutcome::More(); }
  void Load(const StoredStream&) override {}
};

/// Gives 1,000 slots to more important work unless the sweep is owed one; how many the sweep gets
/// when its last cycle began so long ago.
int SlotsOfSweep(Duration age) {
  Task task(std::make_shared<SweepJob>(), 1h);
  task.DueAt(kStart);
  task.Begin(kStart);
  task.EndCycle(kStart + 1min, kStart + 1h, std::nullopt);
  int slots = 0;
  for (int slot = 0; slot < 1000; ++slot) {
    if (task.owed()) {
      task.Served();
      ++slots;
    } else {
      task.Passed(kStart + age);
    }
  }
  return slots;
}

}  // namespace

TEST_CASE("R19: changes come before resolve, links, archived, backfill and sweep") {
  CHECK(Priority::kOperator < Priority::kChanges);
  CHECK(Priority::kChanges < Priority::kResolve);
  CHECK(Priority::kResolve < Priority::kLinks);
  CHECK(Priority::kLinks < Priority::kArchived);
  CHECK(Priority::kArchived < Priority::kBackfill);
  CHECK(Priority::kBackfill < Priority::kSweep);
}

TEST_CASE("R19: a job within its period is owed nothing") {
  CHECK(SlotsOfSweep(59min) == 0);
}

TEST_CASE("R19: a job older than its period gets about a tenth of the slots") {
  CHECK(SlotsOfSweep(90min) >= 80);
  CHECK(SlotsOfSweep(90min) <= 110);
}

TEST_CASE("R19: a job older than twice its period gets about a quarter") {
  CHECK(SlotsOfSweep(3h) >= 190);
  CHECK(SlotsOfSweep(3h) <= 260);
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
