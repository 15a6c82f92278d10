// How a walk finds places at which more readers can begin. That it reads every record is proved in
// tests/rules.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/stream_fixture.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

/// A walk that has read its first page of so many records.
struct BegunWalk : StreamFixture {
  explicit BegunWalk(int64_t records) {
    for (int64_t id = 1; id <= records; ++id) hubspot.Put(id * 7);
    Run(*catalog);
    while (hubspot.Count("list") == 0) StepOnce(*sweep, clock.Now());
    searches_before = hubspot.Count("search");
  }

  /// Makes the step beside the next page, if there is one.
  bool Seek() {
    const auto need = sweep->NextBeside(clock.Now());
    if (!need) return false;
    CHECK(need->lane == Lane::kSearch);
    sweep->Step(clock.Now(), *need);
    return true;
  }
  std::vector<std::string> AskedAfter() const {
    std::vector<std::string> places;
    for (const auto& request : hubspot.requests) {
      if (request.what == "list") places.push_back(request.after);
    }
    return places;
  }
  int64_t searches() const { return hubspot.Count("search") - searches_before; }

  int64_t searches_before = 0;
};

TEST_CASE("walk: a search counts the records and finds where another reader begins") {
  BegunWalk walk(12'000);

  REQUIRE(walk.Seek());

  CHECK(walk.sweep->progress().expected == 12'000);
  REQUIRE(walk.Run(*walk.sweep).end == StepOutcome::End::kCaughtUp);
  const auto places = walk.AskedAfter();
  // Behind the first page and 5,000 further records.
  CHECK(std::ranges::count(places, std::to_string(5100 * 7 + 1)) == 1);
  CHECK(places.size() == 120);
  CHECK(walk.sink.rows.size() == 12'000);
}

TEST_CASE("walk: a first load has not ended before the views of its table stand") {
  BegunWalk walk(150);
  walk.sink.decorated = false;

  REQUIRE(walk.Run(*walk.sweep).end == StepOutcome::End::kCaughtUp);

  CHECK(walk.sink.decorated);
  CHECK_FALSE(walk.sink.ended_undecorated);
}

TEST_CASE("walk: a list of one page is not worth a search") {
  BegunWalk walk(90);
  CHECK_FALSE(walk.Seek());
}

TEST_CASE("walk: a search that fails holds up no page, and is made again later") {
  BegunWalk walk(12'000);
  walk.hubspot.errors = {{.kind = ApiErrorKind::kServer, .status = 503}};

  REQUIRE(walk.Seek());

  CHECK(walk.searches() == 1);
  CHECK_FALSE(walk.Seek());
  CHECK(walk.sweep->Next(walk.clock.Now())->lane == Lane::kBurst);
  walk.Pass(10s);
  CHECK(walk.Seek());
}

TEST_CASE("walk: what is split is resumed with all its parts") {
  BegunWalk walk(12'000);
  for (int i = 0; i < 4; ++i) REQUIRE(walk.Seek());
  for (int i = 0; i < 30; ++i) StepOnce(*walk.sweep, walk.clock.Now());
  walk.Pass(3s);
  StepOnce(*walk.sweep, walk.clock.Now());
  walk.Restart();
  const auto stored = walk.sink.Load(walk.context->object());
  walk.sweep->Load(stored);
  walk.Run(*walk.catalog);

  REQUIRE(walk.Run(*walk.sweep).end == StepOutcome::End::kCaughtUp);

  CHECK(walk.sink.rows.size() == 12'000);
  CHECK(walk.AskedAfter().size() <= 121);
}

}  // namespace
}  // namespace hubmirror::testing
