#pragma once

#include <string>

namespace hubmirror {

/// A file of the project, path from its root; empty when it is not there.
std::string ReadProjectFile(const std::string& path);

/// Whether the file holds exactly `text`. With HUBMIRROR_WRITE_GOLDEN set in the environment, the
/// file is written first.
bool MatchesGoldenFile(const std::string& path, const std::string& text);

}  // namespace hubmirror
