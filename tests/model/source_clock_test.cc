#include "model/source/source_clock.h"

#include <doctest/doctest.h>

#include "budget/exchanges.h"

using namespace hubmirror;
using namespace hubmirror::testing;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kYear2038{std::chrono::sys_days{std::chrono::year{2038} / 1 / 19}};

/// A portal's clock, and a host whose own clock is right unless told otherwise.
struct ClockFixture {
  SourceClock clock;
  std::chrono::milliseconds host_is_ahead{0};

  TimePoint Truth(Instant at) {
    return kNoon + std::chrono::floor<std::chrono::milliseconds>(at - kStart);
  }
  /// An answer that took 100 ms, dated `off` from the truth.
  TimePoint Answer(Instant answered_at, std::chrono::milliseconds off = 0ms) {
    return Answer(answered_at, Truth(answered_at) + off);
  }
  TimePoint Answer(Instant answered_at, TimePoint date) {
    return clock.Judge({.date = date,
                        .sent_at = answered_at - 100ms,
                        .answered_at = answered_at,
                        .wall = Truth(answered_at) + host_is_ahead});
  }
};

}  // namespace

TEST_CASE_FIXTURE(ClockFixture, "source clock: a date near this host's clock is believed at once") {
  CHECK_FALSE(clock.Now(kStart));
  CHECK(Answer(kStart, 30s) == kNoon + 30s);
  CHECK(clock.Now(kStart + 10s) == kNoon + 40s);
}

TEST_CASE_FIXTURE(ClockFixture, "source clock: one date out of line is not believed") {
  Answer(kStart);
  CHECK(Answer(kStart + 10s, kYear2038) == kNoon + 9'900ms);
  CHECK(clock.Now(kStart + 20s) == kNoon + 20s);
}

TEST_CASE_FIXTURE(ClockFixture, "source clock: neither are two, nor three that differ") {
  Answer(kStart);
  Answer(kStart + 1s, kYear2038);
  Answer(kStart + 2s, kYear2038);
  Answer(kStart + 3s, 24h);
  CHECK(clock.Now(kStart + 4s) == kNoon + 4s);
}

TEST_CASE_FIXTURE(ClockFixture, "source clock: nor three with a right one between them") {
  Answer(kStart);
  Answer(kStart + 1s, kYear2038);
  Answer(kStart + 2s, kYear2038);
  Answer(kStart + 3s);
  Answer(kStart + 4s, kYear2038);
  CHECK(clock.Now(kStart + 5s) == kNoon + 5s);
}

TEST_CASE_FIXTURE(ClockFixture, "source clock: three that agree are, also when time goes back") {
  Answer(kStart, 0ms);
  Answer(kStart + 1s, -1h);
  Answer(kStart + 2s, -1h);
  CHECK(Answer(kStart + 3s, -1h) == kNoon + 3s - 1h);
  CHECK(clock.Now(kStart + 4s) == kNoon + 4s - 1h);
}

TEST_CASE_FIXTURE(ClockFixture, "source clock: on a host whose clock is wrong three must agree") {
  host_is_ahead = 24h;
  CHECK(Answer(kStart) == kNoon);
  Answer(kStart + 1s);
  CHECK_FALSE(clock.Now(kStart + 1s));
  Answer(kStart + 2s);
  CHECK(clock.Now(kStart + 3s) == kNoon + 3s);
}

TEST_CASE_FIXTURE(ClockFixture, "source clock: time does not go back for an overtaken answer") {
  Answer(kStart);
  CHECK(Answer(kStart + 1s, -20s) == kNoon + 1s - 20s);
  CHECK(clock.Now(kStart + 2s) == kNoon + 2s);
}
