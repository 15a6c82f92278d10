#pragma once

#include <string>

namespace hubmirror::testing {

/// The path of a file or folder of the project, given from its root.
std::string ProjectPath(const std::string& path);

/// A file of the project; the test fails when it is not there.
std::string ReadProjectFile(const std::string& path);

/// Whether the file holds exactly `text`. With HUBMIRROR_WRITE_GOLDEN set in the environment, the
/// file is written first.
bool MatchesProjectFile(const std::string& path, const std::string& text);

}  // namespace hubmirror::testing
