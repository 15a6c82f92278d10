#include "delivery/courier_pool.h"

#include <algorithm>
#include <exception>
#include <typeinfo>

#include "base/named_thread.h"
#include "model/store/database_error.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

// The database is away, or the tables of the portal are not made yet.
constexpr auto kAfterDatabaseError = 5s;
constexpr auto kAfterBug = 1min;
constexpr auto kLongWait = 1h;

}  // namespace

CourierPool::~CourierPool() {
  Stop();
}

void CourierPool::Put(const PortalKey& portal,
                      const std::vector<std::shared_ptr<Courier>>& couriers) {
  MutexLock lock(mutex_);
  for (auto& [name, slot] : slots_) {
    if (name.first == portal) slot.courier.reset();
  }
  const Instant now = clock_.Now();
  for (const auto& courier : couriers) {
    Slot& slot = slots_[{portal, courier->name()}];
    slot.courier = courier;
    slot.due = now;
    slot.rung = true;
  }
  std::erase_if(slots_, [](const auto& one) { return !one.second.courier && !one.second.busy; });
  StartThreadsLocked();
  changed_.notify_all();
}

void CourierPool::Ring(const PortalKey& portal) {
  MutexLock lock(mutex_);
  const Instant now = clock_.Now();
  bool any = false;
  for (auto& [name, slot] : slots_) {
    if (name.first != portal) continue;
    any = true;
    if (slot.busy) slot.rung = true;
    if (!slot.busy && slot.wakes) slot.due = std::min(slot.due, now);
  }
  if (any) changed_.notify_all();
}

void CourierPool::RequestStop() {
  MutexLock lock(mutex_);
  stopped_ = true;
  for (std::jthread& thread : threads_) thread.request_stop();
}

void CourierPool::Stop() {
  RequestStop();
  std::vector<std::jthread> threads;
  {
    MutexLock lock(mutex_);
    threads.swap(threads_);
  }
  for (std::jthread& thread : threads) thread.join();
}

void CourierPool::StartThreadsLocked() {
  const size_t wanted = stopped_ ? 0 : std::min(most_threads_, slots_.size());
  while (threads_.size() < wanted) {
    threads_.push_back(StartThread("webhook-" + std::to_string(threads_.size()),
                                   [this](const std::stop_token& stop) { Run(stop); }));
  }
}

CourierPool::Slot* CourierPool::NextLocked() {
  Slot* next = nullptr;
  for (auto& [name, slot] : slots_) {
    if (slot.busy || !slot.courier) continue;
    if (next == nullptr || slot.due < next->due) next = &slot;
  }
  return next;
}

void CourierPool::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::shared_ptr<Courier> courier;
    Slot* slot = nullptr;
    {
      MutexLock lock(mutex_);
      slot = NextLocked();
      const Instant now = clock_.Now();
      if (slot == nullptr || slot->due > now) {
        const Instant due = slot == nullptr ? now + kLongWait : slot->due;
        clock_.WaitUntil(changed_, lock, due, stop, [this, due]() NO_THREAD_SAFETY_ANALYSIS {
          const Slot* const next = NextLocked();
          return next != nullptr && next->due < due;
        });
        continue;
      }
      slot->busy = true;
      slot->rung = false;
      courier = slot->courier;
    }
    const Courier::Rest rest = Turn(*courier);
    MutexLock lock(mutex_);
    // Slots of a map stay where they are, and one that is busy is not erased.
    HandBackLocked(*slot, slot->courier == courier ? rest : Courier::Rest{});
  }
}

void CourierPool::HandBackLocked(Slot& slot, const Courier::Rest& rest) {
  slot.busy = false;
  slot.wakes = rest.until_entries;
  slot.due = clock_.Now() + (slot.rung && rest.until_entries ? 0ms : rest.wait);
  if (!slot.courier) {
    std::erase_if(slots_, [&](const auto& one) { return &one.second == &slot; });
  }
  changed_.notify_all();
}

Courier::Rest CourierPool::Turn(Courier& courier) const {
  try {
    return courier.Turn();
  } catch (const DatabaseError& error) {
    log_.Write(
        {.level = LogLevel::kDebug,
         .event = "webhook.waits",
         .message = "webhook " + courier.name() + " waits for the database: " + error.what()});
    return {.wait = kAfterDatabaseError};
  } catch (const std::exception& error) {
    // A bug in one webhook must not end the process. What it says may hold values of records.
    log_.Write({.level = LogLevel::kErr,
                .event = "step.bug",
                .message = "webhook " + courier.name() + " met a bug in hubmirror (" +
                           typeid(error).name() + "); report it",
                .fields = {{"PORTAL", courier.portal()}}});
    return {.wait = kAfterBug};
  }
}

}  // namespace hubmirror
