#pragma once

#include <compare>
#include <string>
#include <vector>

#include "model/portal/portal_plan.h"
#include "model/store/mirror_table.h"
#include "postgres/session/transaction.h"

namespace hubmirror {

/// One row of `_writable`: an operation and what it may concern; steps/write/02_operations.sql has
/// the words that are no operations.
struct Writable {
  std::string op;
  std::string property;
  friend auto operator<=>(const Writable&, const Writable&) = default;
};

/// What may be written of a table: the operations that the plan allows, with the properties that it
/// names, that HubSpot can take and that the mirror can compare (rule W1). Sorted.
std::vector<Writable> WritableOf(const StreamPlan& plan, const std::vector<MirrorColumn>& columns);

/// Brings `_writable`, by which rows are checked as they are inserted, to what may be written of an
/// object. Writes only what differs.
void KeepWritable(Transaction& transaction, const std::string& schema, const std::string& object,
                  const std::vector<Writable>& writable);
/// Takes out of it all objects but these.
void KeepOnlyWritable(Transaction& transaction, const std::string& schema,
                      const std::vector<std::string>& objects);

}  // namespace hubmirror
