#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/store/write_status.h"
#include "postgres/session/connection.h"

namespace hubmirror {

// What an operator sees of the rows of `outbox`, and does to them. All throw DatabaseError.

/// Whether there is an outbox: nothing was ever allowed to be written where there is none.
bool HasOutbox(Connection& connection, const std::string& schema);

/// How many rows of an object are in one state for one reason.
struct OutboxCount {
  std::string object;
  std::string state;
  std::string reason;  ///< empty: none
  int64_t rows = 0;
  /// When the first of them was inserted, or tried again, or could be sent.
  std::optional<TimePoint> oldest;
};
/// Of all rows but those that are done or cancelled. Sorted.
std::vector<OutboxCount> CountOutbox(Connection& connection, const std::string& schema);

struct OutboxHold {
  std::string object;  ///< empty: the portal
  std::string reason;
  std::string message;
  std::string since;  ///< ISO 8601, UTC
};
/// All that holds something, in the order in which it came.
std::vector<OutboxHold> ReadOutboxHolds(Connection& connection, const std::string& schema);

/// Those of `objects` that have no view `<object>_write` because somebody's relation has its name.
std::vector<std::string> WithoutWriteView(Connection& connection, const std::string& schema,
                                          const std::vector<std::string>& objects);

/// How the rows of `objects`, and of those that wait all the same, stand. Pure.
WriteStatus WriteStatusOf(const std::vector<std::string>& objects,
                          const std::vector<OutboxCount>& counts,
                          const std::vector<OutboxHold>& holds);

/// One row without its values; what does not apply is empty.
struct OutboxLine {
  int64_t id = 0;
  std::string created_at;  ///< ISO 8601, UTC
  std::string object;
  std::string op;
  std::string record;
  std::string state;
  std::string reason;
  std::string message;
  std::string key;
  std::string result;  ///< the record that it became
};
struct OutboxFilter {
  std::optional<std::string> object;
  std::optional<std::string> state;
};
/// The last `limit` of them by id, in the order of their ids.
std::vector<OutboxLine> ReadOutbox(Connection& connection, const std::string& schema,
                                   const OutboxFilter& filter, int64_t limit);
/// nullopt: there is no row of this id.
std::optional<OutboxLine> ReadOutboxLine(Connection& connection, const std::string& schema,
                                         int64_t id);

/// One row with its values, and what happened to it.
struct OutboxStory {
  struct Event {
    std::string at;
    std::string text;
  };
  std::vector<std::pair<std::string, std::string>> columns;  ///< those that are set
  std::vector<Event> events;
  std::string json;  ///< all of it: the row, and its `log`
};
std::optional<OutboxStory> ReadOutboxStory(Connection& connection, const std::string& schema,
                                           int64_t id);

/// False: it is in a state that this does not change. Throws for an id that is not there.
/// `on_conflict` is `ours`, `theirs`, or empty: as the row says.
bool RetryOutbox(Connection& connection, const std::string& schema, int64_t id,
                 const std::string& on_conflict = {});
/// What became of a row in doubt: it made `created`, or nothing, and is sent again.
bool ResolveOutbox(Connection& connection, const std::string& schema, int64_t id,
                   std::optional<int64_t> created);
bool CancelOutbox(Connection& connection, const std::string& schema, int64_t id);
/// Sends nothing of the object until it is resumed; an empty one is the portal.
void PauseOutbox(Connection& connection, const std::string& schema, const std::string& object);
/// Whether it was paused.
bool ResumeOutbox(Connection& connection, const std::string& schema, const std::string& object);
/// Ends all that holds the object but a pause; without an object, all of the portal and of its
/// objects, and the daemon that owns the portal may write. What was sent within the hour no longer
/// counts. With a record, only what holds that one (rule W15). Returns the reasons.
std::vector<std::string> ReleaseOutbox(Connection& connection, const std::string& schema,
                                       const std::optional<std::string>& object,
                                       std::optional<RecordId> record = {});

/// Each row that fits as the call begins, in the order of their turns, piece by piece. Returns how
/// many there were.
int64_t RetryOutboxRows(Connection& connection, const std::string& schema,
                        const OutboxFilter& filter, const std::string& on_conflict = {});

}  // namespace hubmirror
