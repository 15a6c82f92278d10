#include <doctest/doctest.h>

#include "support/stream_fixture.h"

// Somebody drops a table of the mirror while HubSpot is asked: whoever asks keeps the table and the
// property set that he asked with, and the catalog makes the table again.

using namespace std::chrono_literals;
using hubmirror::StepOutcome;
using hubmirror::testing::StreamFixture;

namespace {

/// Runs steps until the job asks HubSpot, during which the table goes; then it is made again.
void LoseTableDuringRequest(StreamFixture& stream, hubmirror::Job& job) {
  stream.hubspot.meanwhile = [&] { stream.context->table().Drop(); };
  while (stream.hubspot.meanwhile) {
    REQUIRE(job.Next(stream.clock.Now()));
    StepOnce(job, stream.clock.Now());
  }
  REQUIRE(stream.context->table().Now() == nullptr);
  CHECK_FALSE(job.Next(stream.clock.Now()));
  stream.Run(*stream.catalog);
}

}  // namespace

TEST_CASE("A table dropped during a walk's first request ends no walk") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 30; ++id) stream.hubspot.Put(id);
  stream.Run(*stream.catalog);

  LoseTableDuringRequest(stream, *stream.sweep);

  CHECK(stream.Run(*stream.sweep).end == StepOutcome::End::kCaughtUp);
  CHECK(stream.sink.rows.size() == 30);
}

TEST_CASE("A page that comes after its table was dropped is still understood") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 30; ++id) stream.hubspot.Put(id);
  stream.Run(*stream.catalog);
  while (stream.hubspot.Count("search") == 0) StepOnce(*stream.sweep, stream.clock.Now());

  LoseTableDuringRequest(stream, *stream.sweep);

  CHECK(stream.Run(*stream.sweep).end == StepOutcome::End::kCaughtUp);
  CHECK(stream.sink.rows.size() == 30);
}

TEST_CASE("A table dropped before its records are counted is made again first") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 30; ++id) stream.hubspot.Put(id);
  stream.Load();
  stream.sink.table.reset();
  stream.catalog->Restart();

  CHECK(stream.Run(*stream.catalog).end == StepOutcome::End::kCaughtUp);
  CHECK(stream.sink.table != nullptr);
}

TEST_CASE("A table dropped while changed records are read loses none of them") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 30; ++id) stream.hubspot.Put(id);
  stream.Load();
  stream.Pass(1min);
  stream.hubspot.Put(7, {{"name", "new"}});
  while (stream.hubspot.Count("search") < 2) StepOnce(*stream.changes, stream.clock.Now());

  LoseTableDuringRequest(stream, *stream.changes);

  CHECK(stream.Run(*stream.changes).end == StepOutcome::End::kCaughtUp);
  CHECK(stream.hubspot.Count("batch") >= 1);
}
