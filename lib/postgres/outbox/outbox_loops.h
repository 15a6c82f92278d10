#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "model/store/write_sink.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/connection.h"
#include "postgres/session/transaction.h"

namespace hubmirror {

/// Leaves out of `claims` the rows of records whose values were sent as often within the hour
/// before `sent_at`, of HubSpot's clock, as `write.brakes.per_record` allows (rule W15). Those rows
/// say that they wait for it. Archives and links do not count: what is so already is not sent. Nor
/// does what is tried again.
void StopLoops(Transaction& transaction, const PortalSchema& schema, const std::string& object,
               TimePoint sent_at, std::vector<OutboxClaim>& claims);

/// Lets the rows of such records go on, of all of them, of those of one object, or of one. What was
/// sent so far no longer counts. Returns how many rows waited.
int64_t ReleaseLoops(Connection& connection, const std::string& schema,
                     const std::optional<std::string>& object, std::optional<RecordId> record);

}  // namespace hubmirror
