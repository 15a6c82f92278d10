#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "model/portal/portal_plan.h"
#include "postgres/feed/feed_partitions.h"

namespace hubmirror {

/// One day of the feed as it stands.
struct FeedDayFacts {
  FeedDay day = 0;
  std::optional<int64_t> last;  ///< its highest number; nullopt: it has no entry
  int64_t bytes = 0;
};

/// What decides what may go.
struct FeedFacts {
  TimePoint now;                   ///< by the database's clock
  std::vector<FeedDayFacts> days;  ///< in order
  std::optional<int64_t> slowest;  ///< the lowest number of a consumer; nullopt: there is none
  int64_t dropped_to = 0;
  TimePoint raised_at;
};

struct FeedRetention {
  /// `dropped_to` rises to this number first.
  std::optional<int64_t> raise_to;
  /// Partitions whose time has come, in order.
  std::vector<FeedDay> drop;
};

/// Which entries are given up and which partitions go (rule F8). Pure.
///
/// In two steps: a snapshot that was taken before a partition went also sees the `dropped_to` of
/// before, and would take what is left for all there is. An hour later nobody who asks in time has
/// such a snapshot, and `feed_read` sees the gap itself.
FeedRetention DecideRetention(const FeedFacts& facts, const FeedPlan& plan);

}  // namespace hubmirror
