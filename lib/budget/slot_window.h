#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "base/clock.h"

namespace hubmirror {

/// A rolling window in which at most so many requests may reach HubSpot. A slot is taken before a
/// request leaves and comes back one window after the request can have arrived at the latest.
/// Deciding only; owned by one thread at a time.
class SlotWindow {
 public:
  /// Starts without slots, because the process before it may have used them all. They arrive evenly
  /// over one window that starts at `began`, which may be in the future, unless it is told before
  /// what was used.
  SlotWindow(int64_t limit, Duration window, Instant began);

  /// When `cost` slots will be free; `now` or earlier means at once. A cost above the limit counts
  /// as the limit.
  Instant FreeAt(int64_t cost, Instant now) const;
  void Take(int64_t cost, Instant now);
  /// The same for callers that spread their requests: at most a tenth of a window's slots at once,
  /// then one by one at even intervals.
  Instant EvenlyFreeAt(int64_t cost, Instant now) const;
  void TakeEvenly(int64_t cost, Instant now);
  /// A request has been answered; it reached HubSpot at `arrived` at the latest.
  void Answered(Instant sent_at, Instant arrived);
  /// A slot was taken for a request that was not made.
  void GiveBack();
  /// A limit learned from answers.
  void SetLimit(int64_t limit, Duration window);
  /// HubSpot's count of requests in its window when it received the one sent at `sent_at` (not yet
  /// Answered here), including that one. Requests that are not ours come from another user of the
  /// app or from the process before us; they are taken into account for one window.
  void Counted(int64_t count, Instant sent_at, Instant now);

  int64_t limit() const { return limit_; }
  int64_t in_flight() const { return static_cast<int64_t>(taken_at_.size()); }
  /// Slots that are not free.
  int64_t used(Instant now) const;

 private:
  struct Sent {
    Instant sent_at;
    Instant back_at;
  };

  /// Index of the first of sent_ whose slot is not back at `now`.
  size_t FirstOut(Instant now) const;
  /// Slots withheld though none of our requests holds them.
  int64_t Withheld(Instant now) const;
  /// How many of them at most because of a process before us, beyond what HubSpot has counted.
  int64_t MostToCome() const;
  /// From when at most `count` are withheld.
  Instant WithheldAtMost(int64_t count) const;
  Instant WarmedUp(int64_t slots) const;
  void Forget(Instant now);

  int64_t limit_;
  Duration window_;
  const Instant began_;
  std::vector<Instant> taken_at_;  ///< ascending; one for each request in flight
  std::deque<Sent> sent_;          ///< ascending by back_at; kept for a while after it
  Instant even_until_{};           ///< up to when the even steps are used up
  bool told_ = false;              ///< whether HubSpot has counted
  int64_t others_ = 0;
  Instant others_until_{};
};

}  // namespace hubmirror
