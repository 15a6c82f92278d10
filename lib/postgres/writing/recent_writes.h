#pragma once

#include <list>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace hubmirror {

/// What was written of one object lately, so that an answer that was under way meanwhile does not
/// undo it: archive, restore, merge and calculation need not move a record's modified stamp, so
/// stamps alone cannot tell which of two answers is the newer one (rule R8). Owned by whoever
/// may write the portal at the moment.
class RecentWrites {
 public:
  /// Writes are remembered for `keep` after their commit: longer than any answer is under way.
  explicit RecentWrites(Duration keep) : keep_(keep) {}

  /// These records were written from an answer whose request left at `sent_at`.
  void Wrote(std::vector<RecordId> ids, Instant sent_at, Instant committed_at);
  /// These were marked archived, merged, erased or purged: only a read sent after the commit may
  /// revive them.
  void Marked(const std::vector<RecordId>& ids, Instant committed_at);

  /// A read sent at `sent_at` may show less than what was written since. Reads older than what is
  /// remembered may.
  bool MayBeOlder(RecordId id, Instant sent_at) const;
  /// The record was marked, and committed so, after the read left.
  bool MarkedSince(RecordId id, Instant sent_at) const;
  /// `id` was written from a request that left at `sent_at` or later.
  bool WrittenSince(RecordId id, Instant sent_at) const;

  void Forget(Instant now);
  void Clear();

 private:
  struct Written {
    Instant sent_at;
    Instant committed_at;
    std::vector<RecordId> ids;  ///< ascending
  };

  const Duration keep_;
  std::list<Written> written_;  ///< by commit
  std::unordered_map<RecordId, Instant> marked_;
  Instant known_since_ = Instant::min();  ///< writes committed before may be forgotten
};

}  // namespace hubmirror
