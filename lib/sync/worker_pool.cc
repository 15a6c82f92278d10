#include "sync/worker_pool.h"

#include <algorithm>
#include <string>
#include <system_error>

namespace hubmirror {

WorkerPool::WorkerPool(PollSchedule& schedule, const Clock& clock, int most)
    : schedule_(schedule), clock_(clock) {
  for (int i = 0; i < most; ++i) workers_.push_back(std::make_unique<Worker>());
  schedule_.Employ([this] { return Begin(); });
}

WorkerPool::~WorkerPool() {
  Join();
}

bool WorkerPool::Begin() {
  MutexLock lock(mutex_);
  const auto free = std::ranges::find(workers_, false, &Worker::works);
  if (stopping_ || free == workers_.end()) return false;
  Worker& worker = **free;
  try {
    worker.thread = StartThread("worker-" + std::to_string(free - workers_.begin()),
                                [this, &worker](std::stop_token stop) { Work(stop, worker); });
  } catch (const std::system_error&) {
    // The system has no more threads for us: those that work do it all.
    if (std::ranges::find(workers_, true, &Worker::works) == workers_.end()) throw;
    return false;
  }
  worker.works = true;
  return true;
}

void WorkerPool::RequestStop() {
  MutexLock lock(mutex_);
  stopping_ = true;
  for (const auto& worker : workers_) worker->thread.request_stop();
}

void WorkerPool::Join() {
  RequestStop();
  for (const auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
  schedule_.Employ({});
}

void WorkerPool::Work(std::stop_token stop, Worker& worker) {
  worker.pulse.BelongsToThisThread();
  while (const auto turn = schedule_.Take(stop)) {
    worker.pulse.Begin(clock_.Now());
    turn->portal->Run(turn->assignment);
    worker.pulse.End();
    schedule_.Done(*turn);
  }
  MutexLock lock(mutex_);
  worker.works = false;
}

std::optional<Instant> WorkerPool::OldestStep() const {
  std::optional<Instant> oldest;
  for (const auto& worker : workers_) {
    if (const auto since = worker->pulse.since())
      oldest = std::min(oldest.value_or(*since), *since);
  }
  return oldest;
}

int WorkerPool::size() const {
  MutexLock lock(mutex_);
  return static_cast<int>(std::ranges::count(workers_, true, &Worker::works));
}

}  // namespace hubmirror
