#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace hubmirror {

/// RFC 3339 with offset or `Z` and 0-9 digits of fraction (cut to milliseconds), years 1-9999.
std::optional<TimePoint> ParseRfc3339(std::string_view text);
/// The `Date` header of HTTP: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, IMF-fixdate).
std::optional<TimePoint> ParseHttpDate(std::string_view text);
/// Milliseconds since 1970 as a decimal whole number, or a float such as `1.7E12`; years 1-9999.
std::optional<TimePoint> ParseEpochMilliseconds(std::string_view text);

/// `2026-02-01T10:00:00.123Z`.
std::string FormatRfc3339(TimePoint time);
/// Appends the same to `out` without allocating another string.
void AppendRfc3339(TimePoint time, std::string& out);
/// `2026-02-01`.
std::string FormatDate(std::chrono::sys_days day);

}  // namespace hubmirror
