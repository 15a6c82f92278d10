#include "sync/task.h"

#include <doctest/doctest.h>

using namespace hubmirror;
using namespace std::chrono_literals;

namespace {

class QuietJob final : public Job {
 public:
  JobKind kind() const override { return JobKind::kChanges; }
  std::optional<StepNeed> Next(Instant) override { return StepNeed{}; }
  StepOutcome Step(Instant) override { return StepOutcome::CaughtUp(); }
  void Load(const StoredStream&) override {}
  bool urgent() const override { return is_urgent; }
  bool is_urgent = false;
};

constexpr Instant kStart{1h};

struct Fixture {
  std::shared_ptr<QuietJob> job = std::make_shared<QuietJob>();
  Task task{job, 1min};
  Fixture() { task.DueAt(kStart); }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a task is ready when it is due, and again one period later") {
  CHECK_FALSE(task.Ready(kStart - 1s));
  CHECK(task.Ready(kStart));

  task.Begin(kStart);
  task.EndCycle(kStart + 2s, kStart + 60s, std::nullopt);

  CHECK_FALSE(task.Ready(kStart + 59s));
  CHECK(task.Ready(kStart + 60s));
}

TEST_CASE_FIXTURE(Fixture, "a cycle under way goes on whatever the time") {
  task.Begin(kStart);
  task.EndStep();
  CHECK(task.Ready(kStart + 1ms));
}

TEST_CASE_FIXTURE(Fixture, "after a failure a task waits as long as the verdict says") {
  task.Begin(kStart);
  task.EndFailed({.delay = 4s}, "no answer", kStart, std::nullopt);

  CHECK_FALSE(task.Ready(kStart + 3s));
  CHECK(task.Ready(kStart + 4s));
  CHECK(task.failures() == 1);
  CHECK(task.last_error() == "no answer");
}

TEST_CASE_FIXTURE(Fixture, "an urgent job does not wait for its time") {
  job->is_urgent = true;
  CHECK(task.Ready(kStart - 10s));
}

TEST_CASE_FIXTURE(Fixture, "a forced cycle must begin after the wish") {
  task.Begin(kStart);
  task.Force(kStart + 1s);
  task.EndCycle(kStart + 2s, kStart + 60s, std::nullopt);
  CHECK(task.forced());
  CHECK(task.Ready(kStart + 2s));

  task.Begin(kStart + 2s);
  task.EndCycle(kStart + 3s, kStart + 62s, std::nullopt);
  CHECK_FALSE(task.forced());
  CHECK_FALSE(task.Ready(kStart + 3s));
}

TEST_CASE_FIXTURE(Fixture, "lateness is counted in periods") {
  task.Begin(kStart);
  task.EndCycle(kStart, kStart + 60s, std::nullopt);
  CHECK(task.Lateness(kStart + 30s) == doctest::Approx(0.5));
  CHECK(task.Lateness(kStart + 120s) == doctest::Approx(2.0));
}
