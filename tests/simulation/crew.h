#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"

namespace hubmirror::simulation {

/// Workers that pass one baton: each is a thread, because a step belongs to its thread, and only
/// one of them or the owner of the crew runs at any time. So their steps interleave wherever one
/// waits, and the same seed gives the same order. Owned by one thread.
class Crew {
 public:
  explicit Crew(size_t workers);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  size_t size() const { return members_.size(); }
  bool busy(size_t worker) const;
  /// When one that waits goes on.
  Instant wakes(size_t worker) const;

  /// Gives an idle worker something to do; returns once it waits or is done. While another worker
  /// of its lane holds that lane it only waits.
  void Start(size_t worker, std::string lane, std::function<void()> work);
  /// Lets one that waits go on.
  void Resume(size_t worker);
  /// The work of all ends where it waits, as if the process had been killed: destructors run,
  /// nothing else does.
  void Kill();

  /// On a worker: gives the baton back until then. Anywhere else it does nothing.
  static void WaitUntil(Instant at);
  /// The same by one that has locked what all workers of its lane need to go on: none of them gets
  /// the baton meanwhile.
  static void HoldUntil(Instant at);

 private:
  struct Member;
  void PassTo(Member& member);
  static void Wait(Member& member, Instant at);
  void AwaitLane(Member& member) const;

  std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace hubmirror::simulation
