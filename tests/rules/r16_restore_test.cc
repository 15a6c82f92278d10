#include <doctest/doctest.h>

#include "support/stream_fixture.h"

using namespace std::chrono_literals;
using hubmirror::testing::StreamFixture;

TEST_CASE("R16: an archived record is flagged, not deleted, by the archived walk") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 20; ++id) stream.hubspot.Put(id);
  stream.Load();

  stream.hubspot.Archive(5);
  stream.Run(*stream.archived);

  CHECK(stream.sink.rows.at(5).archived);
}

TEST_CASE("R16: a restore that moves no stamp is found because the archived list leaves it out") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 20; ++id) stream.hubspot.Put(id);
  stream.hubspot.Archive(5);
  stream.hubspot.Archive(6);
  stream.Load();
  REQUIRE(stream.sink.rows.at(5).archived);

  stream.hubspot.Restore(5);
  stream.Run(*stream.archived);
  stream.Resolve();

  CHECK(stream.sink.live(5));
  CHECK(stream.sink.rows.at(6).archived);
  CHECK(stream.sink.waiting.empty());
}

TEST_CASE("R16: a record archived between two walks is found by the sweep, too") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 20; ++id) stream.hubspot.Put(id);
  stream.Load();

  stream.hubspot.Archive(5);
  stream.Run(*stream.sweep);
  stream.Resolve();

  CHECK(stream.sink.rows.at(5).archived);
  CHECK_FALSE(stream.sink.rows.at(5).gone);
  CHECK(stream.sink.waiting.empty());
}
