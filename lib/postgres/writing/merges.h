#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "postgres/session/transaction.h"

namespace hubmirror {

/// Marks the rows of records that HubSpot merged into another one. `merged_into` names the last of
/// a chain of merges: what had been merged into a loser goes on to the survivor. Who was merged is
/// not gone: that mark is taken back. Owned by one thread, which may write the portal.
class Merges {
 public:
  using SurvivorOf = std::map<RecordId, RecordId>;  ///< by loser
  enum class Losers {
    kAll,
    kMerelyArchived  ///< only those that look archived, and theirs
  };
  /// A row that bears another mark than before.
  struct Marked {
    RecordId loser;
    RecordId survivor;
    Param pipeline;
  };
  struct Outcome {
    int64_t rows = 0;      ///< that were not marked before
    int64_t was_live = 0;  ///< of all that changed
    std::vector<Marked> marked;
  };

  /// `table` quoted with its schema; `pipeline` is SQL for that of a row `t`.
  Merges(Transaction& transaction, std::string table, std::string pipeline = "NULL")
      : transaction_(transaction), table_(std::move(table)), pipeline_(std::move(pipeline)) {}

  Outcome Mark(const SurvivorOf& survivor_of, Losers which) const;

 private:
  Transaction& transaction_;
  const std::string table_;
  const std::string pipeline_;
};

}  // namespace hubmirror
