#include <doctest/doctest.h>

#include <set>

#include "support/stream_fixture.h"

namespace {

using namespace hubmirror;
using testing::StreamFixture;

std::set<std::string> Asked(const StreamFixture& stream) {
  std::set<std::string> asked;
  for (const auto& request : stream.hubspot.requests) asked.insert(request.what);
  return asked;
}

}  // namespace

TEST_CASE("a table is made as soon as its properties are known, so that its list can be read") {
  StreamFixture stream;
  while (!stream.context->table().Now()) StepOnce(*stream.catalog, stream.clock.Now());

  CHECK(Asked(stream) == std::set<std::string>{"properties"});
  CHECK(stream.Run(*stream.catalog).end == StepOutcome::End::kCaughtUp);
  CHECK(Asked(stream).contains("groups"));
}

TEST_CASE("what is not loaded yet is not counted by search, and waits for none of its slots") {
  StreamFixture stream;
  bool caught_up = false;
  while (!caught_up) {
    const auto need = stream.catalog->Next(stream.clock.Now());
    REQUIRE(need);
    CHECK(need->lane != Lane::kSearch);
    caught_up = stream.catalog->Step(stream.clock.Now(), *need).end == StepOutcome::End::kCaughtUp;
  }
}
