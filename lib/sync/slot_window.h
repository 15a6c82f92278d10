#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "base/clock.h"

namespace hubmirror {

/// A rolling window in which at most so many requests may reach HubSpot. A slot is taken before a
/// request leaves and comes back one window after the request can have arrived at the latest.
/// Deciding only; owned by one thread at a time.
class SlotWindow {
 public:
  /// Begins empty-handed: the slots come in evenly over the first window, because a process that
  /// ran before may have used them all.
  SlotWindow(int64_t limit, Duration window, Instant now);

  /// When `cost` slots will be free: `now` or earlier means at once.
  Instant FreeAt(int64_t cost, Instant now);
  void Take(int64_t cost) { in_flight_ += cost; }
  /// A request has been answered; it reached HubSpot at `arrived` at the latest.
  void Answered(Instant arrived);
  /// A slot was taken for a request that was not made.
  void GiveBack();
  /// A limit learned from answers. In the first window the added slots come in evenly, too.
  void SetLimit(int64_t limit, Instant now);
  /// Others use `count` of the same slots; believed for one window.
  void OthersUse(int64_t count, Instant now);

  int64_t limit() const { return limit_; }
  /// Slots taken or not yet back.
  int64_t used(Instant now);

 private:
  void AddGhosts(int64_t from, int64_t to, Instant start);
  void Expire(Instant now);

  int64_t limit_;
  const Duration window_;
  const Instant began_;
  int64_t in_flight_ = 0;
  int64_t others_ = 0;
  Instant others_until_{};
  /// When used slots come back, earliest first.
  std::priority_queue<Instant, std::vector<Instant>, std::greater<>> back_at_;
};

}  // namespace hubmirror
