#include "budget/slot_window.h"

#include <doctest/doctest.h>

#include <random>

using namespace hubmirror;
using namespace std::chrono_literals;

namespace {

constexpr Instant kFirst{1h};
/// Long after the start, when the window has warmed up.
constexpr Instant kMuchLater = kFirst + 1h;

SlotWindow Ten() {
  return SlotWindow(10, 10s, kFirst);
}

void Use(SlotWindow& window, int64_t requests, Instant at) {
  for (int64_t i = 0; i < requests; ++i) {
    window.Take(1, at);
    window.Answered(at, at);
  }
}

}  // namespace

TEST_CASE("slot window: begins empty-handed, the slots come in evenly") {
  SlotWindow window = Ten();
  CHECK(window.FreeAt(1, kFirst) == kFirst + 1s);
  CHECK(window.FreeAt(2, kFirst) == kFirst + 2s);

  window.Take(1, kFirst + 1s);

  CHECK(window.FreeAt(1, kFirst + 1s) == kFirst + 2s);
  CHECK(window.FreeAt(1, kFirst + 2s) == kFirst + 2s);
}

TEST_CASE("slot window: it may begin later than now") {
  const SlotWindow window(10, 10s, kFirst + 5s);
  CHECK(window.used(kFirst) == 10);
  CHECK(window.FreeAt(1, kFirst) == kFirst + 6s);
}

TEST_CASE("slot window: once warm, all slots may be used at once") {
  SlotWindow window = Ten();
  CHECK(window.FreeAt(10, kMuchLater) <= kMuchLater);
  window.Take(10, kMuchLater);
  CHECK(window.FreeAt(1, kMuchLater) > kMuchLater);
}

TEST_CASE("slot window: a slot comes back one window after its request arrived") {
  SlotWindow window = Ten();
  window.Take(10, kMuchLater);
  window.Answered(kMuchLater, kMuchLater + 100ms);

  CHECK(window.FreeAt(1, kMuchLater + 200ms) == kMuchLater + 10'100ms);
  CHECK(window.used(kMuchLater + 10'099ms) == 10);
  CHECK(window.used(kMuchLater + 10'100ms) == 9);
}

TEST_CASE("slot window: a request in flight holds its slot however long it takes") {
  SlotWindow window = Ten();
  window.Take(10, kMuchLater);
  CHECK(window.FreeAt(1, kMuchLater + 1min) > kMuchLater + 1min);
}

TEST_CASE("slot window: several slots are free when the last of them is back") {
  SlotWindow window = Ten();
  for (int i = 0; i < 10; ++i) Use(window, 1, kMuchLater + i * 100ms);
  CHECK(window.FreeAt(3, kMuchLater + 1s) == kMuchLater + 200ms + 10s);
}

TEST_CASE("slot window: a cost above the limit waits for the whole window") {
  SlotWindow window(1, 10s, kFirst);
  CHECK(window.FreeAt(2, kMuchLater) <= kMuchLater);
}

TEST_CASE("slot window: a slot given back is free at once") {
  SlotWindow window = Ten();
  window.Take(10, kMuchLater);
  window.GiveBack();
  CHECK(window.FreeAt(1, kMuchLater) <= kMuchLater);
}

TEST_CASE("slot window: a lower limit holds at once, a higher one comes in evenly at the start") {
  SlotWindow window = Ten();
  window.SetLimit(100, 10s);
  CHECK(window.FreeAt(1, kFirst) == kFirst + 100ms);

  Use(window, 8, kMuchLater);
  window.SetLimit(5, 10s);
  CHECK(window.FreeAt(1, kMuchLater + 1s) == kMuchLater + 10s);
}

TEST_CASE("slot window: what HubSpot counts beyond our requests is withheld for one window") {
  SlotWindow window = Ten();
  Use(window, 2, kMuchLater);
  window.Take(1, kMuchLater + 1s);

  window.Counted(9, kMuchLater + 1s, kMuchLater + 1s);

  CHECK(window.used(kMuchLater + 1s) == 9);
  CHECK(window.FreeAt(2, kMuchLater + 1s) == kMuchLater + 10s);
  CHECK(window.FreeAt(4, kMuchLater + 1s) == kMuchLater + 11s);
  CHECK(window.FreeAt(9, kMuchLater + 11s) <= kMuchLater + 11s);
}

TEST_CASE("slot window: our own requests under way are not taken for somebody else's") {
  SlotWindow window = Ten();
  window.Take(4, kMuchLater);
  window.Counted(4, kMuchLater, kMuchLater + 300ms);
  CHECK(window.used(kMuchLater + 300ms) == 4);
}

TEST_CASE("slot window: what HubSpot counted is asked of the time the request left") {
  SlotWindow window = Ten();
  Use(window, 5, kMuchLater);
  window.Take(1, kMuchLater + 9'900ms);

  // The answer takes so long that the five are no longer out when it comes.
  window.Counted(6, kMuchLater + 9'900ms, kMuchLater + 10'500ms);

  CHECK(window.used(kMuchLater + 10'500ms) == 1);
}

TEST_CASE("slot window: once told what was used before us, it waits for that alone") {
  SlotWindow window = Ten();
  window.Take(1, kFirst + 1s);
  window.Counted(4, kFirst + 1s, kFirst + 1s);

  // One in ten may have been on its way.
  CHECK(window.used(kFirst + 1s) == 1 + 3 + 1);
  CHECK(window.FreeAt(5, kFirst + 1s) == kFirst + 1s);
  CHECK(window.used(kFirst + 10s) == 1 + 3);
  CHECK(window.used(kFirst + 11s) == 1);
}

TEST_CASE("slot window: nothing used before us leaves nearly all of it") {
  SlotWindow window = Ten();
  window.Take(1, kFirst + 1s);
  window.Counted(1, kFirst + 1s, kFirst + 1s);
  CHECK(window.used(kFirst + 1s) == 2);
}

TEST_CASE("slot window: FreeAt names the first instant at which the slots are free") {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    SlotWindow window(1 + static_cast<int64_t>(random() % 12), 10s, kFirst);
    Instant now = kFirst + std::chrono::milliseconds(random() % 12'000);
    for (int i = 0; i < 12; ++i) {
      now += std::chrono::milliseconds(random() % 900);
      const int64_t cost = 1 + static_cast<int64_t>(random() % 2);
      if (window.FreeAt(cost, now) > now) continue;
      window.Take(1, now);
      window.Counted(static_cast<int64_t>(random() % 12), now, now + 20ms);
      window.Answered(now, now + 20ms);
    }
    now += 30ms;
    const Instant free_at = window.FreeAt(1, now);
    CHECK(window.FreeAt(1, free_at) <= free_at);
    if (free_at > now) CHECK(window.used(free_at - 1ns) >= window.limit());
  }
}
