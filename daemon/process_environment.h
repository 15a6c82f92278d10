#pragma once

#include "settings/text/environment.h"

namespace hubmirror {

/// The environment this process was started with.
Environment ProcessEnvironment();

}  // namespace hubmirror
