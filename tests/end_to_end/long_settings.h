#pragma once

#include "support/daemon_settings.h"
#include "support/portal_process.h"

namespace hubmirror::testing {

/// A portal of real size behind real limits: 190 requests per 10 s, 5 searches per second, 100 ms
/// for each answer, an index that is up to 20 s late and out of order.
PortalOptions RealPortal(uint64_t seed, int64_t records = 46'000);

/// Production's settings, with waits short enough to be waited for.
DaemonSettings BriskSettings();

}  // namespace hubmirror::testing
