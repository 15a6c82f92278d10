#pragma once

#include "settings/environment.h"

namespace hubmirror {

/// The environment this process was started with.
Environment ProcessEnvironment();

}  // namespace hubmirror
