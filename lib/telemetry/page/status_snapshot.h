#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "model/portal/sync_observer.h"
#include "model/source/stream.h"

namespace hubmirror {

/// One stream as last reported.
struct StreamSnapshot {
  StreamStatus status;
  bool reported = false;          ///< false: configured, nothing heard of it yet
  bool last_poll_failed = false;  ///< the newest poll did not commit
};

/// What polls have cost since the daemon started, and what they have found.
struct ChangeCost {
  int64_t requests = 0;
  int64_t changes = 0;  ///< records that they wrote
  std::optional<double> RequestsPerChange() const {
    if (changes == 0) return std::nullopt;
    return static_cast<double>(requests) / static_cast<double>(changes);
  }
};

/// One portal as last reported, with its streams by object name.
struct PortalSnapshot {
  PortalStatus status;
  ChangeCost change_cost;
  std::map<std::string, StreamSnapshot> streams;
};

/// Everything the status documents, the page and the checks are made of: a value, so that they are
/// pure. Times of streams are HubSpot's clock; `taken_at` is this machine's.
struct StatusSnapshot {
  TimePoint taken_at{};
  std::string version;
  std::string revision;
  bool config_loaded = false;
  bool last_reload_accepted = true;
  bool database_up = false;
  bool database_tried = false;  ///< false: nobody has asked the database yet
  /// Since the scheduler's last turn, or since the start when there was none.
  std::chrono::milliseconds scheduler_idle{0};
  std::map<PortalKey, PortalSnapshot> portals;
};

/// How far behind HubSpot a stream may be: age of its watermark, never negative; nullopt: no poll
/// was drained yet.
std::optional<std::chrono::seconds> AgeOf(const StreamStatus& status, TimePoint now);

/// Whether everything HubSpot's index showed up to `since` is in the mirror: the watermark is not
/// older, nothing waits for resolve and no full load runs. Without `since`: up to the last poll.
bool IsCaughtUp(const StreamSnapshot& stream, std::optional<TimePoint> since);

}  // namespace hubmirror
