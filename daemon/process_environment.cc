#include "daemon/process_environment.h"

#include <cstdlib>

namespace hubmirror {

Environment ProcessEnvironment() {
  return [](const std::string& name) {
    const char* const value = std::getenv(name.c_str());
    return std::string(value == nullptr ? "" : value);
  };
}

}  // namespace hubmirror
