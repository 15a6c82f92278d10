#pragma once

#include <string>

#include "simulation/database_time.h"

namespace hubmirror::simulation {

/// A database of a server that goes by the simulation's clock, empty at first, with the mirror in
/// it.
struct Database {
  std::string dsn;
  std::string writer_dsn;  ///< of the role crm_writer
  DatabaseTime* time = nullptr;
};

}  // namespace hubmirror::simulation
