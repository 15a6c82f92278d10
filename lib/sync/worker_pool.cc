#include "sync/worker_pool.h"

#include <algorithm>
#include <string>

namespace hubmirror {

WorkerPool::WorkerPool(PollSchedule& schedule, const Clock& clock, int workers)
    : schedule_(schedule), clock_(clock) {
  for (int i = 0; i < workers; ++i) pulses_.push_back(std::make_unique<Pulse>());
  for (int i = 0; i < workers; ++i) {
    Pulse& pulse = *pulses_[static_cast<size_t>(i)];
    threads_.push_back(
        StartThread("worker-" + std::to_string(i),
                    [this, &pulse](std::stop_token stop) { Work(std::move(stop), pulse); }));
  }
}

WorkerPool::~WorkerPool() {
  Join();
}

void WorkerPool::RequestStop() {
  for (std::jthread& thread : threads_) thread.request_stop();
}

void WorkerPool::Join() {
  RequestStop();
  threads_.clear();
}

void WorkerPool::Work(std::stop_token stop, Pulse& pulse) {
  pulse.BelongsToThisThread();
  while (const auto turn = schedule_.Take(stop)) {
    pulse.Begin(clock_.Now());
    turn->portal->Run(turn->assignment);
    pulse.End();
    schedule_.Done(*turn);
  }
}

std::optional<Instant> WorkerPool::OldestStep() const {
  std::optional<Instant> oldest;
  for (const auto& pulse : pulses_) {
    if (const auto since = pulse->since()) oldest = std::min(oldest.value_or(*since), *since);
  }
  return oldest;
}

}  // namespace hubmirror
