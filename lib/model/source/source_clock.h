#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"
#include "base/mutex.h"

namespace hubmirror {

/// HubSpot's time, carried forward between answers by our monotonic clock, and the only judge of an
/// answer's `Date`. A `Date` near the carried time is believed. Any other, which a proxy or a cache
/// may have made up, counts only once two further answers agree with it. Before the first belief
/// our wall clock is the judge: a machine whose clock is wrong needs three answers that agree, and
/// then mirrors as well as any other. One for each portal, shared by all that ask. Thread-safe.
class SourceClock {
 public:
  /// What came with an answer, and our clocks.
  struct Reading {
    TimePoint date;  ///< the header
    Instant sent_at;
    Instant answered_at;
    TimePoint wall;
  };
  /// Learns from an answer. Returns HubSpot's time when it made that answer: the `Date` itself, or,
  /// when that is not believed, the carried time when the request left. Before the first belief
  /// there is nothing better than the `Date`.
  TimePoint Judge(const Reading& reading);
  /// Absent before the first belief.
  std::optional<TimePoint> Now(Instant now) const;

 private:
  /// A time, and when we heard of it.
  struct Heard {
    TimePoint date;
    Instant at;
  };
  static TimePoint Carried(const Heard& heard, Instant now);
  bool Confirms(const Reading& reading) REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::optional<Heard> believed_ GUARDED_BY(mutex_);
  std::optional<Heard> claimed_ GUARDED_BY(mutex_);  ///< not believed yet
  int claims_ GUARDED_BY(mutex_) = 0;                ///< answers in a row that agree on it
};

/// Whether HubSpot's clock, which says `now`, cannot have shown `time` yet. A stored time of that
/// kind comes from a clock that was wrong for a while, and counts for nothing.
bool LiesAhead(TimePoint time, TimePoint now);

}  // namespace hubmirror
