#include <doctest/doctest.h>

#include "sync/job.h"
#include "sync/task.h"

// R19: more important work goes first, but a job that is later than its period gets a tenth of the
// slots it waits for, one later than two periods a quarter.

using namespace hubmirror;
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

constexpr Instant kStart{1h};

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
