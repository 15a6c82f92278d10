#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "model/store/mirror_table.h"
#include "model/store/row_sink.h"
#include "postgres/session/transaction.h"

namespace hubmirror {

/// What decides whether a row has to be written.
struct StoredRow {
  std::optional<int64_t> hash;
  std::optional<TimePoint> modified;
  bool archived = false;
  bool merged = false;
  bool gone = false;  ///< erased or purged

  bool live() const { return !archived && !merged && !gone; }
};

/// What is stored of the records of one commit, and which live rows of its proven ranges the
/// ranges do not name. Owned by one thread.
class StoredRows {
 public:
  /// `table` quoted with its schema. Looks up `ids`, and everything inside the ranges of the live
  /// list: where a walk goes on, one look at the range serves both.
  StoredRows(Transaction& transaction, const std::string& table, const MirrorTable& mirror,
             const std::vector<RecordId>& ids, const std::vector<ProvenRange>& ranges);

  /// Null: no such row.
  const StoredRow* Find(RecordId id) const;
  const std::unordered_map<RecordId, StoredRow>& all() const { return rows_; }

  struct Suspect {
    RecordId id;
    Instant sent_at;  ///< of the range that does not name it
  };
  /// Live rows inside a live range, and rows flagged archived inside an archived one, which the
  /// range does not name.
  const std::vector<Suspect>& absent() const { return absent_; }
  const std::vector<Suspect>& unarchived() const { return unarchived_; }

 private:
  bool LookUpRanges(const std::vector<const ProvenRange*>& ranges, size_t limit);
  void LookUpIds(const std::vector<RecordId>& ids);
  void FindAbsent(const std::vector<const ProvenRange*>& ranges);
  void AskUnnamed(const std::vector<const ProvenRange*>& ranges, const std::string& condition,
                  std::vector<Suspect>& suspects);
  void Take(const Rows& rows);

  Transaction& transaction_;
  const std::string table_;
  const std::string fields_;
  std::unordered_map<RecordId, StoredRow> rows_;
  std::vector<Suspect> absent_;
  std::vector<Suspect> unarchived_;
};

/// SQL for the stored modified stamp of a row: the modified property's column, NULL where the
/// table has none of that type. `alias` names the table.
std::string ModifiedOf(const MirrorTable& table, const std::string& alias);

}  // namespace hubmirror
