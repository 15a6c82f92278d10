#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "model/source/link.h"
#include "model/store/row_sink.h"

namespace hubmirror::simulation {

using Cell = std::optional<std::string>;

/// A row of an object's table, as lib/postgres keeps it.
struct StoredRow {
  Cell created_at;
  Cell updated_at;
  Cell archived_at;
  bool archived = false;
  std::optional<int64_t> merged_into;
  std::optional<TimePoint> erased_at;
  std::optional<TimePoint> purged_at;
  std::optional<int64_t> hash;
  Cell rejected;
  Cell overflow;
  std::map<std::string, std::string> values;  ///< by property; those that are NULL left out
  std::optional<TimePoint> modified;
  int64_t synced = 0;  ///< the number of the commit

  bool gone() const { return erased_at || purged_at; }
  bool live() const { return !archived && !merged_into && !gone(); }
  bool merely_archived() const { return archived && !merged_into && !gone(); }
};

struct StoredPending {
  PendingRecord record;
  int64_t added = 0;    ///< the number of the commit
  int64_t version = 0;  ///< of the last commit that touched it
};

/// A link of two types, in the order of PairOf.
struct LinkKey {
  std::string from_type;
  int64_t from = 0;
  std::string to_type;
  int64_t to = 0;
  std::string category;
  int64_t type_id = 0;
  auto operator<=>(const LinkKey&) const = default;
};
struct StoredLink {
  std::string label;
  TimePoint first_seen{};
  std::optional<TimePoint> removed;
};

/// Everything that is stored of one object.
struct StoredObject {
  bool exists = false;
  std::vector<MirrorColumn> columns;
  std::set<std::string> dropped;  ///< properties whose columns somebody dropped
  std::map<int64_t, StoredRow> rows;
  std::map<int64_t, StoredPending> pending;
  std::map<int64_t, std::string> quarantine;  ///< the reason
  std::map<JobKind, JobProgress> progress;
  std::map<JobKind, int64_t> writes;
  std::string debts;
  std::map<std::string, int64_t> values_lost;
  int64_t live_rows = 0;
  std::string state = "backfilling";
  std::map<int64_t, int64_t> due_links;  ///< since which commit
  std::map<int64_t, int64_t> seen;       ///< noted in which commit
};

/// What a database holds of a portal: a commit changes it at once and whole, and it outlives the
/// daemon. A value: a copy is what a standby that lags has.
struct Disk {
  std::map<std::string, StoredObject> objects;
  std::map<LinkKey, StoredLink> links;
  std::string budget;
  int64_t commits = 0;
};

}  // namespace hubmirror::simulation
