#pragma once

#include "support/fake_clock.h"
#include "telemetry/telemetry.h"

namespace hubmirror {

/// A daemon whose every report has been made with every word it can carry, so that every series
/// there can be is there.
struct BusyDaemon {
  BusyDaemon();
  testing::FakeClock clock;
  Telemetry telemetry;
};

}  // namespace hubmirror
