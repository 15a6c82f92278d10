#pragma once

#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/named_thread.h"
#include "sync/poll_schedule.h"

namespace hubmirror {

/// The threads that make the steps, named `worker-0`, `worker-1`, ... Each takes a step, makes it
/// with blocking I/O, hands it back and takes the next. There are as many as there is work for; who
/// is not needed ends. Owned by one thread.
class WorkerPool {
 public:
  /// `most`: so many at once.
  WorkerPool(PollSchedule& schedule, const Clock& clock, int most);
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

  /// How many there are.
  int size() const;

 private:
  struct Worker {
    Pulse pulse;
    bool works = false;  ///< guarded by `mutex_`, as is the thread until there are no more of them
    std::jthread thread;
  };

  /// Makes another one; false: there are as many as there may be.
  bool Begin();
  void Work(std::stop_token stop, Worker& worker);

  PollSchedule& schedule_;
  const Clock& clock_;
  mutable Mutex mutex_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<Worker>> workers_;  ///< those that work, and the places of others
};

}  // namespace hubmirror
