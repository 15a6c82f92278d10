// What of a portal waits, until when and why.

#include "sync/portal_standing.h"

#include <doctest/doctest.h>

namespace hubmirror {
namespace {

using namespace std::chrono_literals;
using Held = PortalStanding::Held;
using Scope = Verdict::Scope;

constexpr Instant kMet{1h};

const Verdict kAway{.scope = Scope::kPortal, .reason = "database", .delay = 4s};
const Verdict kRefused{
    .scope = Scope::kPortal, .state = StreamState::kBlocked, .reason = "auth", .delay = 60s};
const Verdict kNoScope{
    .scope = Scope::kStream, .state = StreamState::kBlocked, .reason = "scope", .delay = 15min};
const Verdict kSqlFailed{.scope = Scope::kStream, .reason = "database", .delay = 1s};

std::string ReasonOf(const PortalStanding& standing, size_t stream) {
  const auto cause = standing.CauseOf(stream);
  return cause ? cause->reason : "";
}

TEST_CASE("standing: at first nothing waits") {
  const PortalStanding standing(2);
  CHECK_FALSE(standing.Waits(kMet));
  CHECK_FALSE(standing.StreamWaits(0, kMet));
  CHECK_FALSE(standing.CauseOf(1));
  CHECK(standing.holds().count() == 0);
}

TEST_CASE("standing: a held portal waits as long as the verdict says, then tries again") {
  PortalStanding standing(2);
  CHECK(standing.Hold(kAway, "no route", kMet) == Held::kForReason);
  CHECK(standing.Waits(kMet + 3s) == kMet + 4s);
  CHECK_FALSE(standing.Waits(kMet + 4s));
  CHECK(ReasonOf(standing, 1) == "database");
  // Until a try has shown otherwise, that is how it stands.
  CHECK(standing.hold()->message == "no route");
}

TEST_CASE("standing: steps that fail for what holds the portal already change nothing") {
  PortalStanding standing(1);
  standing.Hold(kAway, "no route", kMet);
  CHECK(standing.Hold(kRefused, "401", kMet + 1s) == Held::kAlready);
  CHECK(standing.hold()->reason == "database");
  CHECK(standing.holds().count() == 1);

  CHECK(standing.Hold(kAway, "no route", kMet + 5s) == Held::kStill);
  CHECK(standing.Hold(kRefused, "401", kMet + 10s) == Held::kForReason);
  CHECK(standing.holds().count() == 3);
}

TEST_CASE("standing: once it is open, what held it is told once") {
  PortalStanding standing(1);
  standing.Hold(kAway, "no route", kMet);
  CHECK(standing.Open()->reason == "database");
  CHECK_FALSE(standing.Open());
  CHECK(standing.holds().count() == 0);
  CHECK_FALSE(standing.Waits(kMet));
}

TEST_CASE("standing: a blocked stream waits by itself") {
  PortalStanding standing(2);
  standing.Block(0, 3, kNoScope, "a scope is missing", kMet);
  CHECK(standing.StreamWaits(0, kMet + 1min) == kMet + 15min);
  CHECK_FALSE(standing.StreamWaits(0, kMet + 15min));
  CHECK_FALSE(standing.StreamWaits(1, kMet));
  CHECK(ReasonOf(standing, 0) == "scope");
  CHECK(ReasonOf(standing, 1).empty());
}

TEST_CASE("standing: another job's good end lets the stream go on, and the block stands") {
  PortalStanding standing(1);
  standing.Block(0, 3, kNoScope, "a scope is missing", kMet);
  standing.Unblock(0, 1, kMet + 1s);
  CHECK_FALSE(standing.StreamWaits(0, kMet + 1s));
  CHECK(ReasonOf(standing, 0) == "scope");

  standing.Unblock(0, 3, kMet + 2s);
  CHECK(ReasonOf(standing, 0).empty());
}

TEST_CASE("standing: of several blocks the one that needs a person is shown") {
  PortalStanding standing(1);
  standing.Block(0, 1, kSqlFailed, "deadlock", kMet);
  standing.Block(0, 3, kNoScope, "a scope is missing", kMet);
  CHECK(ReasonOf(standing, 0) == "scope");
  standing.HasNothingToDo(0, 3);
  CHECK(ReasonOf(standing, 0) == "database");
}

TEST_CASE("standing: a paused stream waits until it is resumed, and says so before all else") {
  PortalStanding standing(2);
  standing.Pause(0, true);
  standing.Hold(kAway, "no route", kMet);
  CHECK(standing.StreamWaits(0, kMet) == Instant::max());
  CHECK(standing.CauseOf(0)->state == StreamState::kPaused);
  CHECK(ReasonOf(standing, 1) == "database");
  standing.Pause(0, false);
  CHECK_FALSE(standing.StreamWaits(0, kMet));
}

TEST_CASE("standing: a pause that was stored does not undo what an operator has said since") {
  PortalStanding standing(2);
  standing.Pause(0, false);
  for (const size_t stream : {0, 1}) standing.Pause(stream, true, PortalStanding::Said::kBefore);
  CHECK_FALSE(standing.StreamWaits(0, kMet));
  CHECK(standing.StreamWaits(1, kMet) == Instant::max());
}

TEST_CASE("standing: who wants to know now has it tried at once") {
  PortalStanding standing(1);
  standing.Hold(kRefused, "401", kMet);
  standing.Block(0, 3, kNoScope, "a scope is missing", kMet);
  standing.TryPortalNow(kMet + 1s);
  standing.TryStreamNow(0, kMet + 1s);
  CHECK_FALSE(standing.Waits(kMet + 1s));
  CHECK_FALSE(standing.StreamWaits(0, kMet + 1s));
  CHECK(ReasonOf(standing, 0) == "auth");
}

TEST_CASE("standing: the time without a free slot is counted from its first step, once") {
  PortalStanding standing(1);
  CHECK_FALSE(standing.Served(kMet));
  standing.Throttled(kMet);
  standing.Throttled(kMet + 2s);
  CHECK(standing.Served(kMet + 5s) == Duration(5s));
  CHECK_FALSE(standing.Served(kMet + 6s));
}

}  // namespace
}  // namespace hubmirror
