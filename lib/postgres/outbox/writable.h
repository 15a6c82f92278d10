#pragma once

#include <string>
#include <vector>

#include "model/portal/portal_plan.h"
#include "model/store/mirror_table.h"
#include "postgres/session/transaction.h"

namespace hubmirror {

/// The properties of a table that may be written: those that the plan allows, and that HubSpot can
/// take and the mirror can compare (rule W1). Sorted.
std::vector<std::string> WritableOf(const StreamPlan& plan,
                                    const std::vector<MirrorColumn>& columns);

/// Brings `_writable`, by which rows are checked as they are inserted, to what may be written of an
/// object. Writes only what differs.
void KeepWritable(Transaction& transaction, const std::string& schema, const std::string& object,
                  const std::vector<std::string>& properties);
/// Takes out of it all objects but these.
void KeepOnlyWritable(Transaction& transaction, const std::string& schema,
                      const std::vector<std::string>& objects);

}  // namespace hubmirror
