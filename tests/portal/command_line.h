#pragma once

#include <span>
#include <string>

#include "store/portal_settings.h"

namespace simulated_portal {

/// What the program was told to do. A value type.
struct CommandLine {
  std::string host = "127.0.0.1";
  int port = 0;
  std::string addr_file;
  bool list_switches = false;
  Scenario scenario;
};

/// Throws std::runtime_error naming the flag that is wrong. `arguments` without the program's name.
CommandLine ParseCommandLine(std::span<const char* const> arguments);

}  // namespace simulated_portal
