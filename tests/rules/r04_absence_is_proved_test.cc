#include <doctest/doctest.h>

#include "support/stream_fixture.h"

using namespace std::chrono_literals;
using hubmirror::testing::StreamFixture;

TEST_CASE("R4: a row that a page leaves out is suspected, not deleted") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 250; ++id) stream.hubspot.Put(id);
  stream.Load();

  stream.hubspot.Erase(120);
  stream.Run(*stream.sweep);

  CHECK(stream.sink.waiting.contains(120));
  CHECK(stream.sink.waiting.size() == 1);
  CHECK(stream.sink.live(120));
}

TEST_CASE("R4: rows before the first and behind the last record of the list are suspected too") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 250; ++id) stream.hubspot.Put(id);
  stream.Load();

  stream.hubspot.Erase(1);
  stream.hubspot.Erase(250);
  stream.Run(*stream.sweep);

  CHECK(stream.sink.waiting.contains(1));
  CHECK(stream.sink.waiting.contains(250));
}

TEST_CASE("R4: a list out of order is walked in one piece and still finds what vanished") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 250; ++id) stream.hubspot.Put(id);
  stream.Load();

  stream.hubspot.descending_lists = true;
  stream.hubspot.Erase(120);
  stream.Run(*stream.sweep);

  CHECK(stream.sink.waiting.size() == 1);
  CHECK(stream.sink.waiting.contains(120));
  CHECK(stream.sink.seen.size() == 249);
}

TEST_CASE("R4: a large list is read by several ranges at once, each id once") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 5000; ++id) stream.hubspot.Put(id * 7919);
  stream.Run(*stream.catalog);

  stream.Run(*stream.sweep);

  CHECK(stream.sink.rows.size() == 5000);
  CHECK(stream.hubspot.Count("list") <= 60);
}

TEST_CASE("R4: a walk interrupted by a kill goes on where its last commit left it") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 6000; ++id) stream.hubspot.Put(id);
  stream.Run(*stream.catalog);
  for (int i = 0; i < 30; ++i) StepOnce(*stream.sweep, stream.clock.Now());
  const auto kept = stream.sink.rows.size();
  const auto pages = stream.hubspot.Count("list");

  stream.Restart();
  stream.Run(*stream.sweep);

  CHECK(kept >= 2000);
  CHECK(stream.sink.rows.size() == 6000);
  CHECK(stream.hubspot.Count("list") - pages <= 60 - static_cast<int64_t>(kept) / 100 + 3);
}

TEST_CASE("R7: a walk whose commit died before the database took it reads those pages again") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 3000; ++id) stream.hubspot.Put(id);
  stream.Run(*stream.catalog);

  stream.sink.die = hubmirror::testing::MemoryRowSink::Death::kBeforeCommit;
  CHECK_THROWS_AS(stream.Run(*stream.sweep), hubmirror::DatabaseError);
  stream.Run(*stream.sweep);

  CHECK(stream.sink.rows.size() == 3000);
}

TEST_CASE("R7: a walk whose commit was taken although its answer was lost goes on behind it") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 6000; ++id) stream.hubspot.Put(id);
  stream.Run(*stream.catalog);
  for (int i = 0; i < 3; ++i) StepOnce(*stream.sweep, stream.clock.Now());

  stream.sink.die = hubmirror::testing::MemoryRowSink::Death::kAfterCommit;
  CHECK_THROWS_AS(stream.Run(*stream.sweep), hubmirror::DatabaseError);
  stream.Run(*stream.sweep);

  CHECK(stream.sink.rows.size() == 6000);
  CHECK(stream.hubspot.Count("list") <= 66);
}
