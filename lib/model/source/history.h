#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/source/api_error.h"
#include "model/source/object_type.h"
#include "model/source/page.h"
#include "model/source/stream.h"

namespace hubmirror {

/// A value that a property had from `changed_at` on.
struct HistoryEntry {
  RecordId id;
  std::string property;
  std::string value;  ///< empty: it was cleared
  TimePoint changed_at{};
  std::string source_type;
  std::string source_id;
  std::optional<int64_t> updated_by;  ///< HubSpot's id of the user
};

/// At most 50 ids. An id merged away answers with its survivor's history, under the survivor's id.
struct HistoryRequest {
  bool archived = false;
  std::vector<RecordId> ids;
  std::vector<std::string> properties;
};
inline constexpr size_t kHistoryReadSize = 50;  ///< HubSpot's maximum for batch/read with history

struct HistoryPage {
  std::vector<HistoryEntry> entries;
  std::vector<RecordId> answered;   ///< ids with a result, in the order of the answer
  std::vector<RecordId> not_found;  ///< ids that the answer calls unknown
  bool none_found = false;          ///< it calls all of them unknown, and names none
  AnswerTimes times;
};

/// The way to the history of one portal's records; see PageSource. Thread-safe.
class HistorySource {
 public:
  virtual ~HistorySource() = default;
  virtual Result<HistoryPage, ApiError> ReadHistory(const ObjectType& type,
                                                    const HistoryRequest& request) = 0;
};

/// The properties whose history is kept, each with the id of the key that its values are hashed
/// with, "" for plain ones.
using HistoryScope = std::map<std::string, std::string>;

/// What one answer proves, written in one transaction.
struct HistoryCommit {
  ObjectType object;
  HistoryScope scope;  ///< under which the entries were made
  std::vector<HistoryEntry> entries;
  /// Leave `_due`, unless they were written from a read that was not sent before `sent_at`.
  std::vector<RecordId> settled;
  Instant sent_at{};
  /// Are, or stay, in `_due`, to be asked for again after `again_in` and not before.
  std::vector<RecordId> again;
  std::chrono::seconds again_in{0};
  bool asked_archived = false;  ///< as what these were asked for in vain
  /// HubSpot does not show the history of these: set aside in `_quarantine`, by their ids and under
  /// the name of the history's table, until they are settled.
  std::vector<UnreadableRecord> unreadable;
  JobProgress progress;
  std::string budget;  ///< see Commit
};

struct HistoryOutcome {
  int64_t added = 0;       ///< entries
  int64_t unreadable = 0;  ///< records set aside that were not before
  int64_t released = 0;    ///< records that left the quarantine
};

/// Records that changed since their history was read.
struct HistoryDue {
  std::vector<RecordId> live;
  std::vector<RecordId> archived;
  std::vector<RecordId> gone;  ///< HubSpot no longer shows them
  bool followed = true;        ///< false: the stream was reset, and changes are no longer noted
  bool empty() const { return live.empty() && archived.empty() && gone.empty(); }
};

/// Tables `<object>_history` of one portal's schema. As RowSink: blocks, throws DatabaseError,
/// thread-safe.
class HistorySink {
 public:
  virtual ~HistorySink() = default;

  /// Makes the table where there is none; false when there was none.
  virtual bool PrepareHistory(const ObjectType& object) = 0;
  /// A walk over all records begins: from now on commits note in `_due` whose rows they change.
  virtual void BeginHistory(const ObjectType& object, const JobProgress& progress) = 0;
  /// Ids of rows that can be read, above `above`, ascending.
  virtual std::vector<RecordId> HistoryBlock(const ObjectType& object, bool archived,
                                             std::optional<RecordId> above, size_t limit) = 0;
  /// Those that wait longest first, without those that are to be asked for later.
  virtual HistoryDue DueHistory(const ObjectType& object, size_t limit) = 0;
  /// Adds the entries that are not there yet; none of records that are erased or have no row, and
  /// none whose property was left out or is hashed in another way by now.
  virtual HistoryOutcome WriteHistory(const HistoryCommit& commit) = 0;
};

}  // namespace hubmirror
