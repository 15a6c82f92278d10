#include "support/document.h"

#include <fstream>
#include <optional>
#include <stdexcept>

namespace hubmirror::testing {
namespace {

/// How deep a heading is; 0: the line is none.
size_t DepthOf(const std::string& line) {
  const size_t marks = line.find_first_not_of('#');
  return marks != std::string::npos && marks > 0 && line[marks] == ' ' ? marks : 0;
}

}  // namespace

std::vector<std::string> BlocksOf(const std::string& path, const std::string& language,
                                  const std::string& section) {
  std::ifstream file(path);
  std::vector<std::string> blocks;
  std::optional<std::string> open;  // what the open block begins with, after its fence
  size_t within = section.empty() ? 1 : 0;
  bool found = section.empty();
  for (std::string line; std::getline(file, line);) {
    if (open && line == "```") {
      open.reset();
    } else if (open) {
      if (*open == language && within > 0) blocks.back() += line + "\n";
    } else if (line.starts_with("```")) {
      open = line.substr(3);
      if (*open == language && within > 0) blocks.emplace_back();
    } else if (const size_t depth = DepthOf(line); depth > 0 && !section.empty()) {
      if (line.substr(depth + 1) == section) {
        within = depth;
        found = true;
      } else if (depth <= within) {
        within = 0;
      }
    }
  }
  if (!found) throw std::runtime_error("no section `" + section + "` in " + path);
  return blocks;
}

}  // namespace hubmirror::testing
