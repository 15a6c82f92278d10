#include <doctest/doctest.h>

#include "support/stream_fixture.h"

// Not every type can be searched. What changed in such a type is found by walking its list.

using namespace std::chrono_literals;
using hubmirror::TimePoint;
using hubmirror::testing::StreamFixture;

namespace {

/// Loaded, and the refusals of search believed.
StreamFixture& Learned(StreamFixture& stream) {
  stream.hubspot.search_refused = true;
  stream.Pass();
  stream.Load();
  for (int poll = 0; poll < 3; ++poll) stream.Run(*stream.changes);
  return stream;
}

}  // namespace

TEST_CASE("unsearchable type: three refusals are believed, no further search is made") {
  StreamFixture stream("users");
  stream.hubspot.Put(1);
  Learned(stream);

  CHECK_FALSE(stream.context->searchable());
  CHECK(stream.facts().sweep_wanted());
  const int64_t searches = stream.hubspot.Count("search");
  CHECK(searches == 3);
  for (int poll = 0; poll < 10; ++poll) {
    stream.Pass();
    stream.Run(*stream.changes);
    stream.Run(*stream.sweep);
    stream.Run(*stream.catalog);
  }
  CHECK(stream.hubspot.Count("search") == searches);
}

TEST_CASE("unsearchable type: a search that is answered in between clears the count") {
  StreamFixture stream("users");
  stream.hubspot.Put(1);
  stream.Load();
  for (int round = 0; round < 4; ++round) {
    stream.hubspot.search_refused = true;
    stream.Run(*stream.changes);
    stream.hubspot.search_refused = false;
    stream.Run(*stream.changes);
  }
  CHECK(stream.context->searchable());
}

TEST_CASE("unsearchable type: it is current up to the beginning of its last whole walk") {
  StreamFixture stream("users");
  stream.hubspot.Put(1, {{"name", "old"}});
  Learned(stream);
  stream.hubspot.Put(1, {{"name", "new"}});
  stream.Pass(10s);
  const TimePoint begin = *stream.context->SourceNow();

  StepOnce(*stream.sweep, stream.clock.Now());
  stream.Pass(5s);
  stream.Run(*stream.sweep);
  stream.Run(*stream.changes);

  CHECK(stream.changes->watermark() == begin);
  CHECK(stream.sink.rows.at(1).line.find("new") != std::string::npos);
}

TEST_CASE("unsearchable type: a walk that was interrupted proves nothing of when it began") {
  StreamFixture stream("users");
  for (int64_t id = 1; id <= 6000; ++id) stream.hubspot.Put(id);
  Learned(stream);
  stream.Run(*stream.sweep);
  stream.Run(*stream.changes);
  const auto before = stream.changes->watermark();
  stream.Pass(1h);
  for (int step = 0; step < 25; ++step) StepOnce(*stream.sweep, stream.clock.Now());
  REQUIRE_FALSE(stream.sink.progress.at(hubmirror::JobKind::kSweep).cursor.empty());

  stream.Restart();
  stream.Run(*stream.sweep);

  CHECK_FALSE(stream.facts().walked_until);
  CHECK(before.has_value());
}

TEST_CASE("unsearchable type: after a day search is tried once more") {
  StreamFixture stream("users");
  stream.hubspot.Put(1);
  Learned(stream);
  stream.Pass(25h);
  CHECK(stream.context->searchable());

  stream.Run(*stream.changes);

  CHECK_FALSE(stream.context->searchable());
}
