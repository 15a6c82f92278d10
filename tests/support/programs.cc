#include "support/programs.h"

#include <cstdlib>
#include <stdexcept>

namespace hubmirror::testing {

namespace fs = std::filesystem;

fs::path BuiltProgram(const std::string& name) {
  const char* told = std::getenv("HUBMIRROR_BIN_DIR");
  const fs::path directory =
      told != nullptr ? fs::path(told) : fs::read_symlink("/proc/self/exe").parent_path();
  const fs::path program = directory / name;
  if (!fs::exists(program)) throw std::runtime_error("not built: " + program.string());
  return program;
}

}  // namespace hubmirror::testing
