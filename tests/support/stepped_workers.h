#pragma once

#include <algorithm>
#include <optional>
#include <variant>
#include <vector>

#include "support/fake_clock.h"
#include "sync/poll_schedule.h"

namespace hubmirror::testing {

/// The workers of a schedule without their threads: each takes a step, is busy with it for a while
/// of the test's clock, ends it and takes the next one.
class SteppedWorkers {
 public:
  SteppedWorkers(PollSchedule& schedule, FakeClock& clock, size_t workers,
                 Duration step = std::chrono::milliseconds(100))
      : schedule_(schedule), clock_(clock), step_(step), desks_(workers) {}

  void WorkFor(Duration time) {
    const Instant end = clock_.Now() + time;
    while (clock_.Now() < end) {
      Instant next = TakeSteps(end);
      for (const auto& desk : desks_) {
        if (desk) next = std::min(next, desk->ends);
      }
      clock_.Advance(std::max<Duration>(next - clock_.Now(), std::chrono::milliseconds(1)));
      EndSteps();
    }
  }
  int steps() const { return steps_; }
  /// The most that were busy at once.
  size_t most_busy() const { return most_busy_; }

 private:
  struct Desk {
    PollSchedule::Turn turn;
    Instant ends;
  };

  /// Returns when there may be something to take.
  Instant TakeSteps(Instant next) {
    size_t busy = 0;
    for (auto& desk : desks_) {
      if (!desk) {
        auto taken = schedule_.TakeNow();
        if (const auto* later = std::get_if<Instant>(&taken)) {
          next = std::min(next, *later);
          continue;
        }
        desk = Desk{std::get<PollSchedule::Turn>(std::move(taken)), clock_.Now() + step_};
      }
      ++busy;
    }
    most_busy_ = std::max(most_busy_, busy);
    return next;
  }

  void EndSteps() {
    for (auto& desk : desks_) {
      if (!desk || desk->ends > clock_.Now()) continue;
      desk->turn.portal->Run(desk->turn.assignment);
      schedule_.Done(desk->turn);
      desk.reset();
      ++steps_;
    }
  }

  PollSchedule& schedule_;
  FakeClock& clock_;
  const Duration step_;
  std::vector<std::optional<Desk>> desks_;
  int steps_ = 0;
  size_t most_busy_ = 0;
};

}  // namespace hubmirror::testing
