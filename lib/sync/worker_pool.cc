#include "sync/worker_pool.h"

#include <algorithm>
#include <string>

#include "base/named_thread.h"

namespace hubmirror {

WorkerPool::WorkerPool(PollSchedule& schedule, const Clock& clock, int workers)
    : schedule_(schedule), clock_(clock) {
  for (int i = 0; i < workers; ++i) desks_.push_back(std::make_unique<Desk>());
  for (int i = 0; i < workers; ++i) {
    Desk& desk = *desks_[static_cast<size_t>(i)];
    threads_.push_back(
        StartThread("worker-" + std::to_string(i),
                    [this, &desk](std::stop_token stop) { Work(std::move(stop), desk); }));
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

void WorkerPool::Work(std::stop_token stop, Desk& desk) {
  while (const auto turn = schedule_.Take(stop)) {
    desk.step_began = clock_.Now().time_since_epoch().count();
    turn->portal->Run(turn->assignment);
    desk.step_began = 0;
    schedule_.Done(*turn);
  }
}

std::optional<Instant> WorkerPool::OldestStep() const {
  std::optional<Instant> oldest;
  for (const auto& desk : desks_) {
    const Instant::rep began = desk->step_began;
    if (began == 0) continue;
    const Instant instant{Instant::duration{began}};
    oldest = oldest ? std::min(*oldest, instant) : instant;
  }
  return oldest;
}

}  // namespace hubmirror
