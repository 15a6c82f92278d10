#include "support/temp_directory.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

namespace hubmirror::testing {

namespace fs = std::filesystem;

TempDirectory::TempDirectory(const std::string& purpose) {
  std::string pattern = (fs::temp_directory_path() / ("hubmirror-" + purpose + "-XXXXXX")).string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = pattern;
}

TempDirectory::~TempDirectory() {
  if (std::getenv("HUBMIRROR_KEEP_TEMP") != nullptr) {
    std::cerr << "kept " << path_ << '\n';
    return;
  }
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path TempDirectory::Write(const std::string& name, const std::string& text, int mode) const {
  const fs::path file = path_ / name;
  fs::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::trunc);
  fs::permissions(file, static_cast<fs::perms>(mode));
  out << text;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + file.string());
  return file;
}

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace hubmirror::testing
