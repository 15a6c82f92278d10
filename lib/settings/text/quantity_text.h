#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "settings/text/problem.h"

namespace hubmirror {

/// Reads `250ms`, `30s`, `5m`, `1h` or `7d`: a whole number and its unit, at most 366 days.
Result<std::chrono::milliseconds, ConfigFault> ReadDuration(std::string_view text);
/// The same, written in the largest unit that leaves a whole number, days left out: `90s`, `24h`.
std::string WriteDuration(std::chrono::milliseconds duration);

/// Reads `512KiB`, `64MiB` or `1GiB`: a whole number and its unit, in bytes, at most 1024 GiB.
Result<int64_t, ConfigFault> ReadByteSize(std::string_view text);
/// The same, written in the largest unit that leaves a whole number.
std::string WriteByteSize(int64_t bytes);

}  // namespace hubmirror
