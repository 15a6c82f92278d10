#include "postgres/feed/feed_partitions.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "postgres/session/sql_text.h"

namespace hubmirror {

std::string FeedPartition(FeedDay day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "_changes_%04d%02u%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return name.data();
}

FeedDay FeedDayNow(Connection& connection) {
  return connection.Run("SELECT floor(extract(epoch FROM clock_timestamp()) / 86400)::bigint")
      .Int(0, 0);
}

void MakeFeedPartitions(Connection& connection, const std::string& schema, FeedDay today) {
  const std::string changes = QuoteName(schema, "changes");
  for (FeedDay day = today; day <= today + kFeedDaysAhead; ++day) {
    const std::string partition = QuoteName(schema, FeedPartition(day));
    if (!connection.Run("SELECT to_regclass($1)::text", {partition}).IsNull(0, 0)) continue;
    // CREATE TABLE .. PARTITION OF would lock everybody out of the feed, and wait for those who
    // are in it; ATTACH PARTITION does neither.
    connection.Run("CREATE TABLE " + partition + " (LIKE " + changes +
                   " INCLUDING ALL); COMMENT ON TABLE " + partition +
                   " IS 'One day of changes'; ALTER TABLE " + changes + " ATTACH PARTITION " +
                   partition + " FOR VALUES FROM (" + std::to_string(FirstNumberOf(day)) +
                   ") TO (" + std::to_string(FirstNumberOf(day + 1)) + ")");
  }
}

}  // namespace hubmirror
