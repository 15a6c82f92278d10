#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "model/source/record_target.h"
#include "model/store/mirror_table.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/transaction.h"

namespace hubmirror {

/// Takes people out of a portal's schema (rule R14). A person is more than a row: all records that
/// were merged into it are the same person, and other tables name it. Immutable.
class Erasure {
 public:
  struct Outcome {
    std::vector<RecordId> ids;  ///< those asked for, and what was merged into them
    /// The unique values by which they were known, for what names them by these alone.
    std::vector<PropertyText> known_by;
    std::vector<RecordId> marked;  ///< whose rows were not marked erased before
    int64_t rows = 0;              ///< rows marked erased
    int64_t was_live = 0;          ///< of these
    int64_t released = 0;          ///< out of `_quarantine`
  };

  Erasure(const PortalSchema& schema, const MirrorTable& table) : schema_(schema), table_(table) {}

  /// `people` with the time each was found to be gone, by HubSpot's clock. The last work on these
  /// records in its transaction: whatever was noted of them before goes.
  Outcome Erase(Transaction& transaction, const std::map<RecordId, TimePoint>& people) const;

 private:
  std::map<RecordId, TimePoint> WithMerged(Transaction& transaction,
                                           const std::map<RecordId, TimePoint>& people) const;
  std::vector<PropertyText> KnownBy(Transaction& transaction,
                                    const std::vector<RecordId>& ids) const;
  /// Has what was written to them and said with them checked now.
  void LookAtActivities(Transaction& transaction, const std::vector<RecordId>& ids) const;
  int64_t EraseNotes(Transaction& transaction, const std::vector<RecordId>& ids) const;
  void EraseRows(Transaction& transaction, const std::map<RecordId, TimePoint>& people,
                 Outcome& outcome) const;

  const PortalSchema& schema_;
  const MirrorTable& table_;
};

}  // namespace hubmirror
