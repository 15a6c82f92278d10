#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "sync/portal_sync.h"

namespace hubmirror {

/// Hands the next step to whichever worker is free. Portals queue by the time at which they may
/// have something to do; one that was served queues behind those already waiting, so a huge portal
/// cannot starve a small one. However many workers are idle, one of them watches the line and wakes
/// by itself; the others sleep until they are called. Thread-safe.
class PollSchedule {
 public:
  explicit PollSchedule(const Clock& clock) : clock_(clock) {}

  void Add(std::shared_ptr<PortalSync> portal);
  /// Removes the portal from the queue and stops it; steps under way are left to finish.
  std::shared_ptr<PortalSync> Remove(const PortalKey& key);

  struct Turn {
    std::shared_ptr<PortalSync> portal;
    PortalSync::Assignment assignment;
  };
  /// A step to make now, or when to ask again at the latest.
  std::variant<Turn, Instant> TakeNow();
  /// Waits for a step; nullopt when `stop` was requested.
  std::optional<Turn> Take(std::stop_token stop);
  /// A step has ended: its portal may have the next one at once.
  void Done(const Turn& turn);
  /// Something changed from outside: the portal is asked for a step at once.
  void Wake(const PortalKey& key);

  std::shared_ptr<PortalSync> Find(const PortalKey& key) const;
  std::vector<std::shared_ptr<PortalSync>> portals() const;

 private:
  struct Place {
    std::shared_ptr<PortalSync> portal;
    std::multimap<Instant, PortalKey>::iterator in_line;
    bool being_asked = false;
    bool woken = false;  ///< while being asked
  };

  void Line(Place& place, Instant at) REQUIRES(mutex_);
  /// Somebody has to look at the line again: it has changed, or nobody watches it.
  void Call() REQUIRES(mutex_);
  /// Waits until the line has to be looked at again.
  void Wait(MutexLock& lock, Instant at, std::stop_token stop);
  /// Asks the first portal in line, with the lock given back.
  std::optional<Turn> AskFirst(MutexLock& lock, Instant now);

  const Clock& clock_;
  mutable Mutex mutex_;
  std::condition_variable_any changed_;  ///< the line, for who watches it
  std::condition_variable_any called_;   ///< for the others
  std::map<PortalKey, Place> places_ GUARDED_BY(mutex_);
  std::multimap<Instant, PortalKey> line_ GUARDED_BY(mutex_);
  bool watched_ GUARDED_BY(mutex_) = false;
  int sleeping_ GUARDED_BY(mutex_) = 0;
  int calls_ GUARDED_BY(mutex_) = 0;  ///< that no sleeper has heard yet
};

}  // namespace hubmirror
