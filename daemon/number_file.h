#pragma once

#include <cstdint>
#include <string>

namespace hubmirror {

// Numbers that outlive the daemon, each in a small file of the state directory.

/// The number in it; 0: there is none that can be read.
int64_t ReadNumber(const std::string& path);
/// Whether the file now has the number. Makes its folder.
bool KeepNumber(const std::string& path, int64_t number);

}  // namespace hubmirror
