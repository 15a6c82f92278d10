#pragma once

#include <filesystem>

#include "simulation/shared_time.h"
#include "simulation/virtual_clock.h"
#include "support/temp_directory.h"

namespace hubmirror::simulation {

/// PostgreSQL servers that are started while it lives go by the simulation's clock. Owned by one
/// thread; to be made before others are. The time is in a file, which is locked meanwhile: that of
/// a process that was killed is removed by the next one.
class DatabaseTime {
 public:
  DatabaseTime();
  ~DatabaseTime();
  DatabaseTime(const DatabaseTime&) = delete;
  DatabaseTime& operator=(const DatabaseTime&) = delete;

  void Set(const VirtualClock& clock);
  const std::filesystem::path& directory() const { return directory_.path(); }

 private:
  const testing::TempDirectory directory_;
  int lock_ = -1;  ///< the file, open
  SharedTime* shared_ = nullptr;
};

}  // namespace hubmirror::simulation
