#include "telemetry/golden_file.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace hubmirror {
namespace {

const std::string kRoot = HUBMIRROR_SOURCE_DIR "/";

}  // namespace

std::string ReadProjectFile(const std::string& path) {
  std::ifstream file(kRoot + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool MatchesGoldenFile(const std::string& path, const std::string& text) {
  if (std::getenv("HUBMIRROR_WRITE_GOLDEN") != nullptr) {
    std::ofstream(kRoot + path, std::ios::binary) << text;
  }
  return ReadProjectFile(path) == text;
}

}  // namespace hubmirror
