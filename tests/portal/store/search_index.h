#pragma once

#include <map>
#include <queue>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/record.h"

namespace simulated_portal {

/// The second store: what search believes. Each change arrives here on its own, late and in any
/// order; until then search holds the old version, and records that are gone. Owned by one thread.
class SearchIndex {
 public:
  /// At `due` the index will show `version` for the record; null removes it. Changes of one record
  /// that overtake each other never bring an older one back.
  void Plan(RecordId id, VersionRef version, Instant due);
  /// Takes in all changes due by `now`.
  void CatchUp(Instant now);
  /// Changes still on their way.
  [[nodiscard]] size_t pending() const { return pending_.size(); }

  [[nodiscard]] const std::map<RecordId, VersionRef>& by_id() const { return by_id_; }
  /// (stamp, id) of every entry, by the index's own stamps.
  [[nodiscard]] const std::set<std::pair<Instant, RecordId>>& by_stamp() const { return by_stamp_; }

 private:
  struct Change {
    Instant due;
    uint64_t number;
    RecordId id;
    VersionRef version;
    bool operator<(const Change& other) const {  // The queue's top is the earliest.
      return std::pair(due, number) > std::pair(other.due, other.number);
    }
  };
  void Apply(const Change& change);

  std::map<RecordId, VersionRef> by_id_;
  std::set<std::pair<Instant, RecordId>> by_stamp_;
  std::priority_queue<Change> pending_;
  std::unordered_map<RecordId, uint64_t> applied_;  ///< newest change taken in
  uint64_t next_number_ = 1;
};

}  // namespace simulated_portal
