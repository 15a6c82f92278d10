#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace simulated_portal {

/// A point of the portal's own time: milliseconds since 1970-01-01 UTC, HubSpot's precision.
using Instant = int64_t;
/// Milliseconds.
using Duration = int64_t;

constexpr Duration kSecond = 1000;
constexpr Duration kDay = 24L * 3600 * kSecond;

enum class InstantStyle {
  kMilliseconds,  ///< always three digits
  kTrimmed,       ///< 0-3 digits, trailing zeros left out
};

/// `2026-01-01T00:00:00.123Z`. Years 1 to 9999.
std::string FormatInstant(Instant instant, InstantStyle style = InstantStyle::kMilliseconds);
/// `2026-01-01`, in UTC.
std::string FormatDate(Instant instant);
/// The `Date` header of HTTP: `Thu, 01 Jan 2026 00:00:00 GMT`.
std::string FormatHttpDate(Instant instant);

/// Reads what HubSpot takes as a date value: RFC 3339, a plain date, or epoch milliseconds.
std::optional<Instant> ParseInstant(std::string_view text);

/// `250ms`, `20s`, `2m`, `1h`, or plain milliseconds.
std::optional<Duration> ParseDuration(std::string_view text);

/// `-05:00` as milliseconds.
std::optional<Duration> ParseUtcOffset(std::string_view text);

}  // namespace simulated_portal
