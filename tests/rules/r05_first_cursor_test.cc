#include <doctest/doctest.h>

#include "support/stream_fixture.h"

using namespace std::chrono_literals;
using hubmirror::JobKind;
using hubmirror::testing::StreamFixture;

TEST_CASE("R5: where changes begin is stored before the first list page") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 300; ++id) stream.hubspot.Put(id);
  stream.Run(*stream.catalog);
  const auto began = stream.clock.WallNow();

  while (stream.hubspot.Count("list") == 0) {
    StepOnce(*stream.sweep, stream.clock.Now());
    if (stream.hubspot.Count("list") == 0) continue;
    REQUIRE(stream.sink.progress.contains(JobKind::kChanges));
  }

  const auto cursor =
      hubmirror::ParseChangesCursor(stream.sink.progress.at(JobKind::kChanges).cursor);
  REQUIRE(cursor);
  CHECK(cursor->followed_to == began - 1h);
}

TEST_CASE("R5: where changes begin is stored anew for a table that is made again") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 300; ++id) stream.hubspot.Put(id);
  stream.Load();
  stream.Pass(2h);
  stream.Run(*stream.changes);
  // Somebody drops the table. The one that takes its place has no progress.
  stream.sink.rows.clear();
  stream.sink.progress.clear();
  const auto stored = stream.sink.Load(stream.context->object());
  stream.context->Load(stored);
  stream.changes->Load(stored);
  stream.sweep->Load(stored);
  const auto began = stream.clock.WallNow();

  CHECK_FALSE(stream.changes->Next(stream.clock.Now()));
  StepOnce(*stream.sweep, stream.clock.Now());

  REQUIRE(stream.sink.progress.contains(JobKind::kChanges));
  const auto cursor =
      hubmirror::ParseChangesCursor(stream.sink.progress.at(JobKind::kChanges).cursor);
  REQUIRE(cursor);
  CHECK(cursor->followed_to == began - 1h);
}

TEST_CASE("R5: a record changed behind the backfill's back is followed beside it") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 3000; ++id) stream.hubspot.Put(id, {{"name", "old"}});
  stream.Run(*stream.catalog);
  for (int i = 0; i < 25; ++i) StepOnce(*stream.sweep, stream.clock.Now());
  stream.Pass();

  stream.hubspot.Put(1, {{"name", "new"}});
  stream.Pass();
  stream.Run(*stream.changes);

  CHECK(stream.sink.rows.at(1).line.find("new") != std::string::npos);
}

TEST_CASE("R5: what was there before the first load is left to it, what changed since is not") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 3000; ++id) stream.hubspot.Put(id);
  stream.Pass(30min);
  stream.Run(*stream.catalog);
  for (int i = 0; i < 5; ++i) StepOnce(*stream.sweep, stream.clock.Now());

  // All were changed within the hour that the first window looks back.
  stream.Run(*stream.changes);
  CHECK(stream.hubspot.Count("batch") == 0);

  stream.Pass(1min);
  stream.hubspot.Put(2999, {{"name", "new"}});
  stream.Pass(1min);
  stream.Run(*stream.changes);
  CHECK(stream.hubspot.Count("batch") == 1);
  CHECK(stream.sink.rows.at(2999).line.find("new") != std::string::npos);
  CHECK_FALSE(stream.sink.rows.contains(2998));
}

TEST_CASE("R5: a later walk leaves the place from where changes are followed") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 300; ++id) stream.hubspot.Put(id);
  stream.Load();
  stream.Pass(2h);
  stream.Run(*stream.changes);
  const std::string followed = stream.sink.progress.at(JobKind::kChanges).cursor;

  stream.Pass(2h);
  stream.Run(*stream.sweep);

  CHECK(stream.sink.progress.at(JobKind::kChanges).cursor == followed);
}

TEST_CASE("R5: changes do not begin before the first sweep has said where") {
  StreamFixture stream;
  stream.Run(*stream.catalog);

  stream.Run(*stream.changes);

  CHECK(stream.hubspot.Count("search") == 0);
}

TEST_CASE("R5: after a long absence the list is walked instead of following every change") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 6000; ++id) stream.hubspot.Put(id, {{"name", "old"}});
  stream.Load();
  stream.Pass(48h);
  for (int64_t id = 1; id <= 3000; ++id) stream.hubspot.Put(id, {{"name", "new"}});
  stream.Pass();

  stream.Run(*stream.changes);

  CHECK(stream.facts().sweep_wanted());
  CHECK(stream.hubspot.Count("batch") == 0);
  stream.Run(*stream.sweep);
  CHECK(stream.sink.rows.at(3000).line.find("new") != std::string::npos);
}

TEST_CASE("R5: what a deep look back meets again is no reason to walk the list") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 6000; ++id) stream.hubspot.Put(id, {{"name", "old"}});
  stream.Load();
  stream.Pass(48h);
  for (int64_t id = 1; id <= 3000; ++id) stream.hubspot.Put(id, {{"name", "new"}});
  stream.Pass();
  stream.Run(*stream.changes);
  stream.Run(*stream.sweep);
  REQUIRE_FALSE(stream.facts().sweep_wanted());

  for (int i = 0; i < 4; ++i) {
    stream.Pass(11min);
    stream.Run(*stream.changes);
  }

  CHECK_FALSE(stream.facts().sweep_wanted());
  CHECK(stream.hubspot.Count("batch") == 0);
}
