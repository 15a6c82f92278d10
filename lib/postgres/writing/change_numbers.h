#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"
#include "postgres/feed/feed_partitions.h"

namespace hubmirror {

// The numbers of the change feed (rules F2, F6). Inside a day the count goes up by one, except at
// an epoch, which begins at a multiple of 2^17 and says which number it follows. All are exact in
// a number of JSON.

inline constexpr int64_t kFeedEpoch = int64_t{1} << 17;

/// The least number that an epoch begun at `now`, by the database's clock, may have: after a
/// failover that lost commits, or a restored backup, what was given out before is below it.
constexpr int64_t FeedFloorAt(TimePoint now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  return FirstNumberOf(FeedDayAt(now)) + kFeedEpoch * (second % 86'400);
}

/// Where an epoch begins that is begun at `now`: above `highest`, the highest number known to be
/// given out, and above FeedFloorAt.
constexpr int64_t NextFeedEpoch(int64_t highest, TimePoint now) {
  return (std::max(highest, FeedFloorAt(now)) / kFeedEpoch + 1) * kFeedEpoch;
}

}  // namespace hubmirror
