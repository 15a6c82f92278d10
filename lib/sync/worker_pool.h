#pragma once

#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/named_thread.h"
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

  /// When the longest step under way began, of those that are in a hurry (see base/named_thread.h);
  /// nullopt when there is none. Feeds the watchdog.
  std::optional<Instant> OldestStep() const;

 private:
  void Work(std::stop_token stop, Pulse& pulse);

  PollSchedule& schedule_;
  const Clock& clock_;
  std::vector<std::unique_ptr<Pulse>> pulses_;
  std::vector<std::jthread> threads_;
};

}  // namespace hubmirror
