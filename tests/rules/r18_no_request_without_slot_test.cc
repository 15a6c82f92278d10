#include <doctest/doctest.h>

#include "support/stream_fixture.h"

// R18: a request is sent only by a step for which a slot was taken.

using hubmirror::StepNeed;
using hubmirror::StepOutcome;
using hubmirror::testing::StreamFixture;

TEST_CASE("R18: of two writes that were offered at once, the second reads no page instead") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 6000; ++id) stream.hubspot.Put(id);
  stream.Run(*stream.catalog);
  std::optional<StepNeed> need = stream.sweep->Next(stream.clock.Now());
  while (need && (need->lane || stream.hubspot.Count("list") < 2)) {
    stream.sweep->Step(stream.clock.Now(), *need);
    need = stream.sweep->Next(stream.clock.Now());
  }
  REQUIRE(need);
  const auto lists = stream.hubspot.Count("list");

  CHECK(stream.sweep->Step(stream.clock.Now(), *need).end == StepOutcome::End::kMore);
  CHECK(stream.sweep->Step(stream.clock.Now(), *need).end == StepOutcome::End::kUnused);

  CHECK(stream.hubspot.Count("list") == lists);
}

TEST_CASE("R18: of two looks for what waits that were offered at once, the second asks nothing") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 20; ++id) stream.hubspot.Put(id);
  stream.Load();
  stream.hubspot.Erase(3);
  stream.Pass();
  stream.Run(*stream.sweep);
  StepOnce(*stream.resolve, stream.clock.Now());  // Loads.
  const auto need = stream.resolve->Next(stream.clock.Now());
  REQUIRE(need);
  REQUIRE_FALSE(need->lane);
  const auto batches = stream.hubspot.Count("batch");

  CHECK(stream.resolve->Step(stream.clock.Now(), *need).end == StepOutcome::End::kMore);
  CHECK(stream.resolve->Step(stream.clock.Now(), *need).end == StepOutcome::End::kUnused);

  CHECK(stream.hubspot.Count("batch") == batches);
}
