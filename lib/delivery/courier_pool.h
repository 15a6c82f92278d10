#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "delivery/courier.h"

namespace hubmirror {

/// The threads that carry webhooks, `webhook-0`, `webhook-1`, ...: as many as there are webhooks,
/// at most a given number, none without webhooks. A receiver that hangs holds one of them until its
/// deadline and then waits; neither the mirror nor the other webhooks wait for it (rule H8).
/// Thread-safe.
class CourierPool {
 public:
  /// `clock` and `log` must outlive it.
  CourierPool(const Clock& clock, Logger& log, size_t most_threads)
      : clock_(clock), log_(log), most_threads_(most_threads) {}
  ~CourierPool();
  CourierPool(const CourierPool&) = delete;
  CourierPool& operator=(const CourierPool&) = delete;

  /// From now on the portal has these webhooks. A request under way ends first; there is never a
  /// second one of the same webhook beside it.
  void Put(const PortalKey& portal, const std::vector<std::shared_ptr<Courier>>& couriers);
  /// The portal's feed has new entries. Returns at once.
  void Ring(const PortalKey& portal);
  /// No turn begins any more; does not wait.
  void RequestStop();
  /// The same, and waits for turns under way: for the deadline of a request at most.
  void Stop();

 private:
  struct Slot {
    std::shared_ptr<Courier> courier;  ///< null: none any more
    Instant due{};
    bool busy = false;
    bool rung = false;  ///< while it was busy
    bool wakes = true;  ///< a ring ends its wait
  };
  using Name = std::pair<PortalKey, std::string>;

  void Run(const std::stop_token& stop);
  Courier::Rest Turn(Courier& courier) const;
  Slot* NextLocked() REQUIRES(mutex_);
  void HandBackLocked(Slot& slot, const Courier::Rest& rest) REQUIRES(mutex_);
  void StartThreadsLocked() REQUIRES(mutex_);

  const Clock& clock_;
  Logger& log_;
  const size_t most_threads_;

  Mutex mutex_;
  std::condition_variable_any changed_;
  std::map<Name, Slot> slots_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror
