#pragma once

#include <string>
#include <vector>

namespace hubmirror::testing {

/// The blocks of one language in a document of the project, in order and as they are printed; of
/// one section only (`Keep a copy`, with all below it) where it is named. Throws std::runtime_error
/// when there is no such section.
std::vector<std::string> BlocksOf(const std::string& path, const std::string& language,
                                  const std::string& section = {});

}  // namespace hubmirror::testing
