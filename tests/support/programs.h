#pragma once

#include <filesystem>
#include <string>

namespace hubmirror::testing {

/// A program of this build (`hubmirrord`, `hubmirror`, `simulated-portal`): beside the test itself,
/// or in $HUBMIRROR_BIN_DIR. Throws std::runtime_error when there is none.
std::filesystem::path BuiltProgram(const std::string& name);

}  // namespace hubmirror::testing
