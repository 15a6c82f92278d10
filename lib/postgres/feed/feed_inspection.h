#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "postgres/session/connection.h"

namespace hubmirror {

// What an operator sees of a change feed and does to it. Each call is one transaction, where
// nothing else is said.

/// One entry in texts, as people and programs read it.
struct FeedEntry {
  int64_t seq = 0;
  std::string at;      ///< RFC 3339
  std::string op;      ///< update, create, ...
  std::string record;  ///< `deals/7`; `deals` for all of them; empty for an epoch
  std::string other;   ///< the other end of a link, the survivor of a merge; empty: none
  std::string before;  ///< JSON; empty: none
  std::string after;   ///< JSON; empty: none
  std::string json;    ///< the whole entry on one line, by the names of the columns
};

/// Up to `limit` entries above `above`, oldest first; of one object, or of all.
std::vector<FeedEntry> ReadEntries(Connection& connection, const std::string& schema,
                                   const std::optional<std::string>& object, int64_t above,
                                   int64_t limit);

/// The number above which there are `count` entries, of one object or of all.
int64_t NumberBeforeLast(Connection& connection, const std::string& schema,
                         const std::optional<std::string>& object, int64_t count);

/// Lets a consumer go on from `to`: 0 is the oldest entry, nullopt now. Returns where it stands.
int64_t ResetConsumer(Connection& connection, const std::string& schema, const std::string& name,
                      std::optional<int64_t> to);

/// What a purge of all there is would drop.
struct FeedPurge {
  int64_t to = 0;  ///< everything up to here
  int64_t entries = 0;
  std::vector<std::string> lost;  ///< `consumer billing`, `webhook won`: who has not read all of it
};
FeedPurge PlanPurge(Connection& connection, const std::string& schema);

/// Gives up all entries up to `to` at once, then deletes them, some thousands in a transaction.
/// What a broken connection leaves is deleted by the next purge.
void PurgeFeed(Connection& connection, const std::string& schema, int64_t to);

}  // namespace hubmirror
