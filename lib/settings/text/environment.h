#pragma once

#include <functional>
#include <string>

namespace hubmirror {

/// Value of an environment variable, empty when it is not set. Passed in, so that tests need not
/// change their own.
using Environment = std::function<std::string(const std::string& name)>;

}  // namespace hubmirror
