#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "sync/poll_schedule.h"

namespace hubmirror {

/// The threads that make the steps, named `worker-0`, `worker-1`, ... Each takes a step, makes it
/// with blocking I/O, hands it back and takes the next. Owned by one thread.
class WorkerPool {
 public:
  WorkerPool(PollSchedule& schedule, const Clock& clock, int workers);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Asks every worker to end after the step it is making; does not wait.
  void RequestStop();
  /// Waits for them.
  void Join();

  /// When the longest step under way began; nullopt when all wait. Feeds the watchdog.
  std::optional<Instant> OldestStep() const;

 private:
  struct Desk {
    std::atomic<Instant::rep> step_began{0};  ///< 0: waiting
  };
  void Work(std::stop_token stop, Desk& desk);

  PollSchedule& schedule_;
  const Clock& clock_;
  std::vector<std::unique_ptr<Desk>> desks_;
  std::vector<std::jthread> threads_;
};

}  // namespace hubmirror
