#include "sync/task.h"

#include <doctest/doctest.h>

using namespace hubmirror;
using namespace std::chrono_literals;

namespace {

class QuietJob final : public Job {
 public:
  JobKind kind() const override { return of_kind; }
  std::optional<StepNeed> Next(Instant) override { return StepNeed{}; }
  StepOutcome Step(Instant, const StepNeed&) override { return StepOutcome::CaughtUp(); }
  void Load(const StoredStream&) override {}
  bool urgent() const override { return is_urgent; }
  void Restart() override { ++restarts; }
  JobKind of_kind = JobKind::kChanges;
  bool is_urgent = false;
  int restarts = 0;
};

constexpr Instant kBegin{1h};

struct TaskFixture {
  std::shared_ptr<QuietJob> job = std::make_shared<QuietJob>();
  Task task{job, 1min};
  TaskFixture() { task.DueAt(kBegin); }
};

}  // namespace

TEST_CASE_FIXTURE(TaskFixture, "a task is ready when it is due, and again one period later") {
  CHECK_FALSE(task.Ready(kBegin - 1s));
  CHECK(task.Ready(kBegin));

  task.Begin(kBegin);
  task.EndCycle(kBegin + 2s, kBegin + 60s, std::nullopt);

  CHECK_FALSE(task.Ready(kBegin + 59s));
  CHECK(task.Ready(kBegin + 60s));
}

TEST_CASE_FIXTURE(TaskFixture, "a cycle under way goes on whatever the time") {
  task.Begin(kBegin);
  task.EndStep(kBegin, kBegin);
  CHECK(task.Ready(kBegin + 1ms));
}

TEST_CASE_FIXTURE(TaskFixture, "after a failure a task waits as long as the verdict says") {
  task.Begin(kBegin);
  task.EndFailed({.delay = 4s}, "no answer", kBegin, std::nullopt);

  CHECK_FALSE(task.Ready(kBegin + 3s));
  CHECK(task.Ready(kBegin + 4s));
  CHECK(task.failures().count() == 1);
  CHECK(task.last_error() == "no answer");
}

TEST_CASE_FIXTURE(TaskFixture, "failures count until a cycle ends, whatever goes well in it") {
  for (int failures = 1; failures <= 3; ++failures) {
    task.Begin(kBegin);
    task.EndStep(kBegin, kBegin);
    task.Begin(kBegin);
    task.EndFailed({.delay = 4s, .until_cycle_ends = true}, "no commit", kBegin, std::nullopt);
    CHECK(task.failures().count() == failures);
  }

  task.Begin(kBegin + 5s);
  task.EndCycle(kBegin + 5s, kBegin + 60s, std::nullopt);
  CHECK(task.failures().count() == 0);
}

TEST_CASE_FIXTURE(TaskFixture, "an answer shows that an answer that failed is over") {
  task.Begin(kBegin);
  task.EndFailed({.delay = 4s}, "no answer", kBegin, std::nullopt);
  task.Begin(kBegin + 4s);
  task.EndStep(kBegin + 4s, kBegin + 4s);
  CHECK(task.failures().count() == 0);
}

TEST_CASE_FIXTURE(TaskFixture,
                  "a step that began before another failed does not show that it is over") {
  task.Begin(kBegin);
  task.Begin(kBegin);
  task.Begin(kBegin);
  task.EndFailed({.delay = 4s}, "no answer", kBegin + 1s, std::nullopt);
  task.EndStep(kBegin, kBegin + 2s);
  task.EndUnused();
  CHECK(task.failures().count() == 1);
  CHECK(task.running() == 0);

  task.Begin(kBegin + 5s);
  task.EndStep(kBegin + 5s, kBegin + 6s);
  CHECK(task.failures().count() == 0);
}

TEST_CASE_FIXTURE(TaskFixture, "a cycle of hours forgets failures that are minutes old") {
  task.Begin(kBegin);
  task.EndFailed({.delay = 4s, .until_cycle_ends = true}, "no commit", kBegin, std::nullopt);
  task.Begin(kBegin + 4min);
  task.EndStep(kBegin + 4min, kBegin + 4min);
  CHECK(task.failures().count() == 1);

  task.Begin(kBegin + 5min);
  task.EndStep(kBegin + 5min, kBegin + 5min);
  CHECK(task.failures().count() == 0);
}

TEST_CASE_FIXTURE(TaskFixture,
                  "one that ran before a restart, or should have, is as late as ever") {
  CHECK(task.Lateness(kBegin + 90s) == doctest::Approx(1.5));
  task.RanBefore(kBegin - 30s);
  CHECK(task.Lateness(kBegin + 90s) == doctest::Approx(2.0));
}

TEST_CASE_FIXTURE(TaskFixture, "an urgent job does not wait for its time") {
  job->is_urgent = true;
  CHECK(task.Ready(kBegin - 10s));
}

TEST_CASE_FIXTURE(TaskFixture, "a forced cycle must begin after the wish") {
  task.Begin(kBegin);
  task.Force(kBegin + 1s);
  task.EndCycle(kBegin + 2s, kBegin + 60s, std::nullopt);
  CHECK(task.forced());
  CHECK(task.Ready(kBegin + 2s));

  task.Begin(kBegin + 2s);
  task.EndCycle(kBegin + 3s, kBegin + 62s, std::nullopt);
  CHECK_FALSE(task.forced());
  CHECK_FALSE(task.Ready(kBegin + 3s));
}

TEST_CASE_FIXTURE(TaskFixture, "a cycle that was wanted begins anew, each time that it begins") {
  job->of_kind = JobKind::kSweep;
  task.Begin(kBegin);
  task.Force(kBegin + 1s);
  task.EndCycle(kBegin + 2s, kBegin + 60s, std::nullopt);
  CHECK(job->restarts == 0);

  const Instant next = kBegin + 3s;
  task.Begin(next);
  task.EndStep(next, next);
  task.Begin(next);
  CHECK(job->restarts == 1);
  // The portal is closed and opened again.
  task.EndStep(next, next);
  task.Reset(next);
  task.Begin(next);
  CHECK(job->restarts == 2);

  task.EndCycle(next, next, std::nullopt);
  task.Begin(next);
  CHECK(job->restarts == 2);
}

TEST_CASE_FIXTURE(TaskFixture, "lateness is counted in periods") {
  task.Begin(kBegin);
  task.EndCycle(kBegin, kBegin + 60s, std::nullopt);
  CHECK(task.Lateness(kBegin + 30s) == doctest::Approx(0.5));
  CHECK(task.Lateness(kBegin + 120s) == doctest::Approx(2.0));
}

TEST_CASE_FIXTURE(TaskFixture,
                  "a request that is answered five times in a cycle is sent in a circle") {
  task.Begin(kBegin);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(task.Circles({7}));
  CHECK(task.Circles({7}));
  CHECK(task.Circles({7}));
}

TEST_CASE_FIXTURE(TaskFixture,
                  "a circle of several pages, and several readers in it, is one as well") {
  task.Begin(kBegin);
  bool circles = false;
  for (size_t i = 0; i < 60; ++i) circles = circles || task.Circles({i % 10});
  CHECK(circles);
}

TEST_CASE_FIXTURE(TaskFixture, "pages that move on and the polls of many cycles are no circle") {
  task.Begin(kBegin);
  for (size_t page = 0; page < 1000; ++page) CHECK_FALSE(task.Circles({page}));
  for (int poll = 0; poll < 20; ++poll) {
    CHECK_FALSE(task.Circles({7}));
    task.EndCycle(kBegin, kBegin, std::nullopt);
    task.Begin(kBegin);
  }
}
