#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hubmirror::compare {

/// Milliseconds since 1970 in UTC; finer parts are cut off towards the past.
using Milliseconds = int64_t;

/// RFC 3339 (`2026-01-01T00:00:00.123Z`, an offset instead of Z) with a year from 1 to 9999.
std::optional<Milliseconds> ParseRfc3339(std::string_view text);
/// PostgreSQL's way to show a timestamptz under `DateStyle ISO` (`2026-01-01 00:00:00.123+00`).
std::optional<Milliseconds> ParsePostgresInstant(std::string_view text);
/// `YYYY-MM-DD`, a day that exists in a year from 1 to 9999, as the instant it begins.
std::optional<Milliseconds> ParseDay(std::string_view text);

/// Whether the year is one from 1 to 9999, which is all the mirror stores.
bool IsStorableInstant(Milliseconds instant);

/// `2026-01-01T00:00:00.123Z`.
std::string FormatInstant(Milliseconds instant);
/// `2026-01-01`, the day in UTC.
std::string FormatDay(Milliseconds instant);

}  // namespace hubmirror::compare
