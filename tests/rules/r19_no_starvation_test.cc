#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include "budget/exchanges.h"
#include "budget/rate_governor.h"
#include "sync/step_chooser.h"

// R19: more important work goes first, but a job that is later than its period gets a tenth of the
// slots it waits for, one later than two periods a quarter.

using namespace hubmirror;
using namespace hubmirror::test;
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
       {Priority::kSweep, Priority::kBackfill, Priority::kArchived, Priority::kLinks,
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
                              Priority::kLinks, Priority::kArchived, Priority::kBackfill,
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
