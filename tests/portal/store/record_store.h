#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "store/random.h"
#include "store/record.h"

namespace simulated_portal {

/// The primary store of one object type: what lists and batch reads show at once. Records keep
/// their addresses. Owned by one thread.
class RecordStore {
 public:
  /// The id must be new.
  Record& Insert(Record record);
  [[nodiscard]] Record* Find(RecordId id);
  /// The record an id stands for today: the last survivor when it was merged away.
  [[nodiscard]] Record* Resolve(RecordId id);
  void SetState(Record& record, RecordState state);

  struct Page {
    std::vector<Record*> records;
    std::optional<RecordId> next;  ///< id of the record after the page
  };
  /// Live records with id >= `from`, ascending.
  [[nodiscard]] Page ListLive(RecordId from, size_t limit);
  /// Whether anything can be shown of a record that was merged away: it goes with its survivor.
  [[nodiscard]] bool ShowsLoser(const Record& loser);
  /// Archived ones, with those merged away if `with_merged`.
  [[nodiscard]] Page ListArchived(RecordId from, size_t limit, bool with_merged);

  /// An unused id: as often above all others as anywhere between 10 and 10^12, evenly per decade.
  [[nodiscard]] RecordId DrawId(Random& random) const;
  /// Any record in `state`; none when there is none.
  [[nodiscard]] Record* DrawRecord(Random& random, RecordState state);

  [[nodiscard]] size_t count(RecordState state) const {
    return counts_[static_cast<size_t>(state)];
  }
  [[nodiscard]] std::map<RecordId, Record>& all() { return records_; }
  [[nodiscard]] size_t size() const { return records_.size(); }

 private:
  std::map<RecordId, Record> records_;
  std::set<RecordId> not_live_;  ///< archived and merged ones
  std::vector<RecordId> ids_;    ///< in order of creation, for drawing
  size_t counts_[5] = {};
};

}  // namespace simulated_portal
