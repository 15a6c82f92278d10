#pragma once

#include <chrono>

#include "base/clock.h"

namespace hubmirror {

/// A span in seconds, as metrics count it.
template <typename Rep, typename Period>
double Seconds(std::chrono::duration<Rep, Period> span) {
  return std::chrono::duration<double>(span).count();
}

/// Seconds since 1970, as metrics name an instant.
inline double UnixSeconds(TimePoint time) {
  return Seconds(time.time_since_epoch());
}

}  // namespace hubmirror
