#include <doctest/doctest.h>

#include "crash_world.h"

// Killed between what belongs together, at each place of model/source/crash_point.h.

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

TEST_CASE("crash points: killed at each of them during the first load, nothing is lost") {
  CrashWorld crash(901);
  for (const NamedCrashPoint& point : kReadingCrashPoints) {
    CAPTURE(point.name);
    CHECK(crash.DieAt(point, 1, 20s));
  }
  crash.ExpectEqual();
}

TEST_CASE("crash points: killed at each of them while people work, nothing is lost") {
  CrashWorld crash(902);
  crash.ExpectEqual();
  crash.world().daemon.Kill();
  for (const NamedCrashPoint& point : kReadingCrashPoints) {
    CAPTURE(point.name);
    // There is a layout by now.
    if (point.point == CrashPoint::kLayoutStep) continue;
    const bool once_a_start =
        point.point == CrashPoint::kTokenReceived || point.point == CrashPoint::kTokenStored ||
        point.point == CrashPoint::kPortalClaimed || point.point == CrashPoint::kRowsCopied;
    CHECK(crash.DieAt(point, once_a_start ? 1 : 2, 20s));
  }
  crash.ExpectEqual();
}

}  // namespace
}  // namespace hubmirror::testing
