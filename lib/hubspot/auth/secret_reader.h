#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace hubmirror {

/// Reads a configured secret at the moment it is needed, so that a replaced file counts without a
/// restart. The error names the place and the next step, never the contents.
using SecretReader = std::function<Result<Secret, std::string>()>;

}  // namespace hubmirror
