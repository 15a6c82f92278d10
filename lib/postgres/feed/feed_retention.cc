#include "postgres/feed/feed_retention.h"

#include <algorithm>

namespace hubmirror {
namespace {

constexpr std::chrono::hours kBetweenSteps{1};

TimePoint EndOf(FeedDay day) {
  return TimePoint(std::chrono::days(day + 1));
}

/// The day that numbers are counted in: nothing of it goes while the feed is on, since the next
/// number follows its last one.
FeedDay CountedDay(const FeedFacts& facts) {
  FeedDay counted = FeedDayAt(facts.now);
  for (const FeedDayFacts& day : facts.days) {
    if (day.last) counted = day.day;
  }
  return counted;
}

}  // namespace

FeedRetention DecideRetention(const FeedFacts& facts, const FeedPlan& plan) {
  const FeedDay counted = CountedDay(facts);
  // A clock may be set back by some hours, not by a day.
  const FeedDay today = FeedDayAt(facts.now);
  const bool rested = facts.now - facts.raised_at >= kBetweenSteps;
  FeedRetention retention;
  int64_t bytes = 0;
  bool waiting = false;
  std::vector<FeedDayFacts> kept;
  for (const FeedDayFacts& day : facts.days) {
    const bool empty_and_past = !day.last && day.day < today - 1;
    const bool given_up = day.last && *day.last <= facts.dropped_to &&
                          (day.day < counted || (!plan.enabled && EndOf(day.day) < facts.now));
    if (empty_and_past || (given_up && rested)) {
      retention.drop.push_back(day.day);
    } else if (given_up) {
      waiting = true;
    } else {
      kept.push_back(day);
      bytes += day.bytes;
    }
  }
  // Otherwise the hour of those that wait would begin again.
  if (waiting) return retention;
  const auto keep = plan.enabled ? plan.keep : plan.keep_max;
  for (const FeedDayFacts& day : kept) {
    if (!day.last) continue;
    if (plan.enabled && day.day >= counted) break;
    const Duration age = facts.now - EndOf(day.day);
    const bool passed = !facts.slowest || *facts.slowest >= *day.last;
    const bool old = age >= plan.keep_max || (age >= keep && passed);
    if (!old && bytes <= plan.size_max) break;
    if (*day.last > facts.dropped_to) retention.raise_to = day.last;
    bytes -= day.bytes;
  }
  return retention;
}

}  // namespace hubmirror
