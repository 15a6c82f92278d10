#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace hubmirror {

/// Who reads the change feed by name, and how far.
struct FeedConsumer {
  std::string name;
  int64_t seq = 0;  ///< it has worked on all entries up to this one
  /// When the first entry was written that it has not acked; nullopt: it has all.
  std::optional<TimePoint> waits_since;
  bool lost = false;  ///< entries that it has not read are dropped
  friend bool operator==(const FeedConsumer&, const FeedConsumer&) = default;
};

/// Where a webhook stands.
struct FeedWebhook {
  std::string name;
  int64_t seq = 0;  ///< its receiver has been told of all entries up to this one
  bool stopped = false;
  bool lost = false;     ///< entries that it has not been told of are dropped
  bool failing = false;  ///< the last request was not taken
  std::string reason;    ///< why it is stopped or failing
  /// When the first entry was written that it has not been told of; nullopt: there is none.
  std::optional<TimePoint> waits_since;
  std::optional<TimePoint> delivered_at;
  int64_t dead = 0;  ///< entries given up

  /// `stopped`, `lost`, `failing` or `on`.
  std::string_view state() const {
    return stopped ? "stopped" : lost ? "lost" : failing ? "failing" : "on";
  }
  friend bool operator==(const FeedWebhook&, const FeedWebhook&) = default;
};

/// How the change feed of a portal stands. Times are of the database's clock.
struct FeedStatus {
  bool kept = false;  ///< there is something of it: it is on, or was on and is not all dropped
  std::optional<int64_t> last_seq;
  std::optional<TimePoint> last_at;
  std::optional<TimePoint> oldest_at;
  int64_t dropped_to = 0;
  std::chrono::milliseconds keep{0};  ///< how long entries are kept for all, as configured
  int64_t size_max = 0;
  int64_t bytes = 0;                    ///< indexes included
  std::vector<FeedConsumer> consumers;  ///< by name
  std::vector<FeedWebhook> webhooks;    ///< by name
  friend bool operator==(const FeedStatus&, const FeedStatus&) = default;
};

/// What one transaction wrote into the change feed.
struct FeedWritten {
  int64_t last = 0;                      ///< the number of the last entry there is now
  std::map<std::string, int64_t> by_op;  ///< entries of this transaction
  /// Values, links and archives in them that were known as ours (`own`), and values that came of
  /// a property that is just being written, and are not the one sent (`near_miss`).
  std::map<std::string, int64_t> echoes = {};
};

/// Keeps the change feed of one portal in shape: makes the partitions of the coming days and drops
/// what is no longer kept (rule F8). No commit waits for it longer than it takes to try for a lock.
class FeedKeeper {
 public:
  virtual ~FeedKeeper() = default;

  /// Does what is due now and says how the feed stands. Blocks; throws DatabaseError.
  virtual FeedStatus Keep() = 0;
};

}  // namespace hubmirror
