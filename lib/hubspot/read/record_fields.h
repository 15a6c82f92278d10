#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "hubspot/read/json_document.h"

namespace hubmirror {

/// A record id: a positive whole number, spelled as string or number. Docs ask to treat ids as
/// strings; none seen is anything but digits, and lists are walked by their order.
std::optional<RecordId> ReadRecordId(JsonValue value);

/// Takes in an entry of `errors` of a batch answer that names ids HubSpot does not know; false when
/// it says something else.
bool ReadNotFound(JsonValue error, std::vector<RecordId>& ids);

/// RFC 3339, or epoch milliseconds as some old values are.
std::optional<TimePoint> ReadInstant(JsonValue value);

}  // namespace hubmirror
