#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace hubmirror {

/// The states of rows of `outbox` that wait, or that need a person.
inline constexpr std::array<std::string_view, 6> kOpenWriteStates = {
    "queued", "sending", "written", "unknown", "conflict", "failed"};
/// How a row may end, as it is counted.
inline constexpr std::array<std::string_view, 7> kWriteOutcomes = {
    "done", "unchanged", "differs", "dry", "rejected", "failed", "conflict"};

/// Why nothing of an object is sent, though rows wait (rule W20).
struct WriteHold {
  std::string reason;   ///< a fixed word: `paused`, `refusals`, `copy`, ...
  std::string message;  ///< for people, without values
  friend bool operator==(const WriteHold&, const WriteHold&) = default;
};

/// How the rows of one object stand.
struct ObjectWriteStatus {
  std::string object;
  std::map<std::string, int64_t> rows;  ///< by state, of kOpenWriteStates; none are left out
  int64_t doubt = 0;                    ///< of `unknown`: those that wait for a person
  int64_t blocked = 0;                  ///< of `queued`: the token may not write them
  int64_t loops = 0;                    ///< records that wait, for they are written again and again
  /// Since when the first of those waits that could be sent: neither before its time nor held.
  std::optional<TimePoint> oldest_queued_at;
  std::vector<WriteHold> holds = {};
  bool view_taken = false;  ///< it has no view: a relation of somebody's has the name

  int64_t Rows(std::string_view state) const {
    const auto found = rows.find(std::string(state));
    return found == rows.end() ? 0 : found->second;
  }
  friend bool operator==(const ObjectWriteStatus&, const ObjectWriteStatus&) = default;
};

/// How writing back stands in a portal, by object; times are of the database's clock.
struct WriteStatus {
  std::vector<ObjectWriteStatus> objects;
  friend bool operator==(const WriteStatus&, const WriteStatus&) = default;
};

/// What happened to rows in one transaction, to be counted.
struct WriteCounts {
  std::map<std::string, int64_t> ended;   ///< by kWriteOutcomes
  std::map<std::string, int64_t> doubts;  ///< that ended: `found`, `again`, `other`, `person`
  std::vector<std::chrono::milliseconds> latencies;  ///< from insert, or its time, to `done`

  bool empty() const { return ended.empty() && doubts.empty(); }
};

}  // namespace hubmirror
