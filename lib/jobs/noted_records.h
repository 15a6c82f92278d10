#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "model/portal/controls.h"
#include "model/source/page.h"
#include "model/store/row.h"

namespace hubmirror {

/// The single records that jobs of one stream tell each other of: those that an operator asked for,
/// with what is found of them, and those that HubSpot fails to show. Thread-safe.
class NotedRecords {
 public:
  /// An operator asked for this record.
  void Request(RecordId id);
  std::vector<RecordId> TakeRequests();
  /// Remembers what is found of a record until Unfollow.
  void Follow(RecordId id);
  void Unfollow(RecordId id);
  void NoteFound(RecordId id, FoundRecord found);
  std::optional<FoundRecord> FoundAs(RecordId id) const;

  /// HubSpot fails to show this record, which is stored: jobs that read many at once leave it to
  /// resolve. One whose index stamp moved since is worth another try.
  void NoteUnreadable(RecordId id, std::optional<TimePoint> nominated);
  enum class Unreadable { kNo, kKnown, kTryAgain };
  Unreadable UnreadableNow(const Nomination& nomination) const;
  /// What is stored may have gone back in time: which records wait is found out anew.
  void ForgetUnreadable();
  /// These were read after all.
  void WereRead(const RowBatch& batch);

 private:
  mutable Mutex mutex_;
  std::vector<RecordId> requests_ GUARDED_BY(mutex_);
  std::map<RecordId, std::optional<FoundRecord>> followed_ GUARDED_BY(mutex_);
  /// With the newest stamp the index has named for each.
  std::map<RecordId, std::optional<TimePoint>> unreadable_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror
