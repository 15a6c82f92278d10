#pragma once

#include <condition_variable>
#include <functional>
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
/// by itself; the others sleep until they are called, and go when they are too many: a worker keeps
/// a stack and memory that was freed, and is made in no time. Thread-safe.
class PollSchedule {
 public:
  explicit PollSchedule(const Clock& clock);

  void Add(std::shared_ptr<PortalSync> portal);
  /// Removes the portal from the queue and stops it; steps under way are left to finish.
  std::shared_ptr<PortalSync> Remove(const PortalKey& key);

  struct Turn {
    std::shared_ptr<PortalSync> portal;
    PortalSync::Assignment assignment;
  };
  /// A step to make now, or when to ask again at the latest.
  std::variant<Turn, Instant> TakeNow();
  /// Who makes workers: `another` is called now, and whenever there may be work and nobody who is
  /// free to look. It tells whether one comes, and must not call back. An empty one: nobody does.
  void Employ(std::function<bool()> another);
  /// Waits for a step; nullopt when `stop` was requested, or when the worker may go: for a minute
  /// there was one to spare all the time.
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
  /// Waits until the line has to be looked at again; false: the worker may go.
  bool Wait(MutexLock& lock, Instant at, std::stop_token stop);
  /// Counts who sleeps, and finds out how many did without interruption.
  bool MayGo(Instant now) REQUIRES(mutex_);
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

  std::function<bool()> another_ GUARDED_BY(mutex_);
  int looking_ GUARDED_BY(mutex_) = 0;  ///< workers that neither wait nor make a step
  /// The fewest that slept at once since then.
  int spare_ GUARDED_BY(mutex_) = 0;
  Instant spare_since_ GUARDED_BY(mutex_);
  int may_go_ GUARDED_BY(mutex_) = 0;
};

}  // namespace hubmirror
