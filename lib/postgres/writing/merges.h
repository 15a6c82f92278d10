#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/ids.h"
#include "postgres/session/transaction.h"

namespace hubmirror {

/// Marks the rows of records that HubSpot merged into another one. `merged_into` names the last of
/// a chain of merges: what had been merged into a loser goes on to the survivor. Owned by one
/// thread, which may write the portal.
class Merges {
 public:
  using SurvivorOf = std::map<RecordId, RecordId>;  ///< by loser
  enum class Losers {
    kAll,
    kMerelyArchived  ///< only those that look archived and nothing else
  };
  struct Outcome {
    int64_t rows = 0;      ///< that were not marked before
    int64_t was_live = 0;  ///< of all that changed
  };

  /// `table` quoted with its schema.
  Merges(Transaction& transaction, std::string table)
      : transaction_(transaction), table_(std::move(table)) {}

  Outcome Mark(const SurvivorOf& survivor_of, Losers which) const;

 private:
  Transaction& transaction_;
  const std::string table_;
};

}  // namespace hubmirror
