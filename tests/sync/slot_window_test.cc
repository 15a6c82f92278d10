#include "sync/slot_window.h"

#include <doctest/doctest.h>

#include <random>

using namespace hubmirror;
using namespace std::chrono_literals;

namespace {

constexpr Instant kStart{1h};
/// Long after the start, when the window has warmed up.
constexpr Instant kLater = kStart + 1h;

SlotWindow Ten() {
  return SlotWindow(10, 10s, kStart);
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
  CHECK(window.FreeAt(1, kStart) == kStart + 1s);
  CHECK(window.FreeAt(2, kStart) == kStart + 2s);

  window.Take(1, kStart + 1s);

  CHECK(window.FreeAt(1, kStart + 1s) == kStart + 2s);
  CHECK(window.FreeAt(1, kStart + 2s) == kStart + 2s);
}

TEST_CASE("slot window: it may begin later than now") {
  const SlotWindow window(10, 10s, kStart + 5s);
  CHECK(window.used(kStart) == 10);
  CHECK(window.FreeAt(1, kStart) == kStart + 6s);
}

TEST_CASE("slot window: once warm, all slots may be used at once") {
  SlotWindow window = Ten();
  CHECK(window.FreeAt(10, kLater) <= kLater);
  window.Take(10, kLater);
  CHECK(window.FreeAt(1, kLater) > kLater);
}

TEST_CASE("slot window: a slot comes back one window after its request arrived") {
  SlotWindow window = Ten();
  window.Take(10, kLater);
  window.Answered(kLater, kLater + 100ms);

  CHECK(window.FreeAt(1, kLater + 200ms) == kLater + 10'100ms);
  CHECK(window.used(kLater + 10'099ms) == 10);
  CHECK(window.used(kLater + 10'100ms) == 9);
}

TEST_CASE("slot window: a request in flight holds its slot however long it takes") {
  SlotWindow window = Ten();
  window.Take(10, kLater);
  CHECK(window.FreeAt(1, kLater + 1min) > kLater + 1min);
}

TEST_CASE("slot window: several slots are free when the last of them is back") {
  SlotWindow window = Ten();
  for (int i = 0; i < 10; ++i) Use(window, 1, kLater + i * 100ms);
  CHECK(window.FreeAt(3, kLater + 1s) == kLater + 200ms + 10s);
}

TEST_CASE("slot window: a cost above the limit waits for the whole window") {
  SlotWindow window(1, 10s, kStart);
  CHECK(window.FreeAt(2, kLater) <= kLater);
}

TEST_CASE("slot window: a slot given back is free at once") {
  SlotWindow window = Ten();
  window.Take(10, kLater);
  window.GiveBack();
  CHECK(window.FreeAt(1, kLater) <= kLater);
}

TEST_CASE("slot window: a lower limit holds at once, a higher one comes in evenly at the start") {
  SlotWindow window = Ten();
  window.SetLimit(100, 10s);
  CHECK(window.FreeAt(1, kStart) == kStart + 100ms);

  Use(window, 8, kLater);
  window.SetLimit(5, 10s);
  CHECK(window.FreeAt(1, kLater + 1s) == kLater + 10s);
}

TEST_CASE("slot window: what HubSpot counts beyond our requests is withheld for one window") {
  SlotWindow window = Ten();
  Use(window, 2, kLater);
  window.Take(1, kLater + 1s);

  window.Counted(9, kLater + 1s, kLater + 1s);

  CHECK(window.used(kLater + 1s) == 9);
  CHECK(window.FreeAt(2, kLater + 1s) == kLater + 10s);
  CHECK(window.FreeAt(4, kLater + 1s) == kLater + 11s);
  CHECK(window.FreeAt(9, kLater + 11s) <= kLater + 11s);
}

TEST_CASE("slot window: our own requests under way are not taken for somebody else's") {
  SlotWindow window = Ten();
  window.Take(4, kLater);
  window.Counted(4, kLater, kLater + 300ms);
  CHECK(window.used(kLater + 300ms) == 4);
}

TEST_CASE("slot window: what HubSpot counted is asked of the time the request left") {
  SlotWindow window = Ten();
  Use(window, 5, kLater);
  window.Take(1, kLater + 9'900ms);

  // The answer takes so long that the five are no longer out when it comes.
  window.Counted(6, kLater + 9'900ms, kLater + 10'500ms);

  CHECK(window.used(kLater + 10'500ms) == 1);
}

TEST_CASE("slot window: the slots of a process before us are not counted twice") {
  SlotWindow window = Ten();
  window.Take(1, kStart + 1s);
  window.Counted(8, kStart + 1s, kStart + 1s);
  CHECK(window.used(kStart + 1s) == 10);
  CHECK(window.used(kStart + 9s) == 8);
}

TEST_CASE("slot window: FreeAt names the first instant at which the slots are free") {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    SlotWindow window(1 + static_cast<int64_t>(random() % 12), 10s, kStart);
    Instant now = kStart + std::chrono::milliseconds(random() % 12'000);
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
