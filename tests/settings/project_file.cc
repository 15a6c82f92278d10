#include "settings/project_file.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace hubmirror::testing {

std::string ProjectPath(const std::string& path) {
  return HUBMIRROR_SOURCE_DIR "/" + path;
}

std::string ReadProjectFile(const std::string& path) {
  std::ifstream file(ProjectPath(path), std::ios::binary);
  REQUIRE_MESSAGE(file.is_open(), path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool MatchesProjectFile(const std::string& path, const std::string& text) {
  if (std::getenv("HUBMIRROR_WRITE_GOLDEN") != nullptr) {
    std::ofstream(ProjectPath(path), std::ios::binary) << text;
  }
  return ReadProjectFile(path) == text;
}

}  // namespace hubmirror::testing
