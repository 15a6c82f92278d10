#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "model/store/mirror_table.h"

namespace hubmirror {

// HubSpot sends every value as a string. What is taken for a number, a boolean, a date or a time
// is decided here and nowhere else: PostgreSQL's own input takes `now`, `infinity`, `NaN` or `on`.
// What a function accepts, a column of that type loads.

/// `[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?` within the limits of `numeric`: 131,072 digits before the
/// decimal point and 16,383 after it.
bool IsNumber(std::string_view raw);

/// Up to 18 digits.
bool IsId(std::string_view raw);

/// true, false, yes, no in any case.
std::optional<bool> ParseBoolean(std::string_view raw);

/// `YYYY-MM-DD`, or whole milliseconds since 1970, of which it takes the UTC date. Years 1-9999.
std::optional<std::chrono::sys_days> ParseDate(std::string_view raw);

/// RFC 3339, or milliseconds since 1970 as a number (`1700000000000`, `1.7E12`), of which a
/// fraction of a millisecond is cut off downwards. Years 1-9999.
std::optional<TimePoint> ParseTimestamp(std::string_view raw);

/// Appends the canonical text of `raw` as a value of `type`: a number as sent (its scale is kept),
/// `true` or `false`, `2026-02-01`, `2026-02-01T10:00:00.123Z`, text byte for byte. It loads into a
/// column of the type, casts to it from `_overflow`, and except for text never needs escaping.
/// False when it does not parse; nothing is appended then.
[[nodiscard]] bool AppendCanonical(ColumnType type, std::string_view raw, std::string& out);

}  // namespace hubmirror
