#pragma once

#include <filesystem>

#include "simulation/shared_time.h"
#include "simulation/virtual_clock.h"
#include "support/temp_directory.h"

namespace hubmirror::simulation {

/// PostgreSQL servers that are started while it lives go by the simulation's clock. Owned by one
/// thread; to be made before others are.
class DatabaseTime {
 public:
  DatabaseTime();
  ~DatabaseTime();
  DatabaseTime(const DatabaseTime&) = delete;
  DatabaseTime& operator=(const DatabaseTime&) = delete;

  void Set(const VirtualClock& clock);

 private:
  const testing::TempDirectory directory_;
  SharedTime* shared_ = nullptr;
};

}  // namespace hubmirror::simulation
