#pragma once

#include <string>

#include "base/result.h"

namespace hubmirror {

struct InstanceId {
  std::string text;
};

/// Who this daemon is in a schema's `_owner`: a random id kept in the state directory, so that a
/// restart resumes at once while a second daemon with another state directory waits. Made at the
/// first start. The error names the directory and the next step.
Result<InstanceId, std::string> ReadOrMakeInstanceId(const std::string& state_dir);

}  // namespace hubmirror
