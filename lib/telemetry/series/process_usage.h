#pragma once

#include <cstdint>

namespace hubmirror {

/// What this process uses of the machine, read from /proc/self and the resource limits; a figure
/// that cannot be read is 0.
struct ProcessUsage {
  double cpu_seconds = 0;  ///< user and system
  int64_t resident_bytes = 0;
  int64_t open_fds = 0;
  int64_t max_fds = 0;
};

ProcessUsage ReadProcessUsage();

}  // namespace hubmirror
