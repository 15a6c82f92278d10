#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "postgres/session/connection.h"

namespace hubmirror {

/// A UTC day, counted from 1970-01-01. It owns the numbers of the change feed from its number times
/// 2^34 on, and one partition of `changes` (rule F2).
using FeedDay = int64_t;

inline constexpr int kFeedDayBits = 34;
/// Partitions are made so many days ahead, so that no entry ever lacks one.
inline constexpr int kFeedDaysAhead = 2;

constexpr int64_t FirstNumberOf(FeedDay day) {
  return day << kFeedDayBits;
}
constexpr FeedDay FeedDayOf(int64_t number) {
  return number >> kFeedDayBits;
}

/// The UTC day of a moment.
constexpr FeedDay FeedDayAt(TimePoint now) {
  return std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
}

/// `_changes_20261231`.
std::string FeedPartition(FeedDay day);

/// The present day by the server's clock.
FeedDay FeedDayNow(Connection& connection);

/// Inside a transaction: makes the partitions of `today` and the days ahead that are not there.
/// Nobody who reads or writes the feed is held up.
void MakeFeedPartitions(Connection& connection, const std::string& schema, FeedDay today);

}  // namespace hubmirror
