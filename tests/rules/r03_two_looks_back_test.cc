#include <doctest/doctest.h>

#include "support/stream_fixture.h"

using namespace std::chrono_literals;
using hubmirror::testing::StreamFixture;

namespace {

/// Polls every ten seconds for a while.
void PollFor(StreamFixture& stream, hubmirror::Duration time) {
  for (hubmirror::Duration passed{}; passed < time; passed += 10s) {
    stream.Pass(10s);
    stream.Run(*stream.changes);
  }
}

}  // namespace

TEST_CASE("R3: a change the index shows 40 seconds late is found by the look back of a poll") {
  StreamFixture stream;
  stream.hubspot.Put(1, {{"name", "old"}});
  stream.Load();
  stream.Pass(2h);
  PollFor(stream, 1min);

  stream.hubspot.index_sees = false;
  stream.hubspot.Put(1, {{"name", "new"}});
  const auto changed_at = stream.clock.WallNow();
  PollFor(stream, 40s);
  stream.hubspot.index[1] = changed_at;
  PollFor(stream, 20s);

  CHECK(stream.sink.rows.at(1).line.find("new") != std::string::npos);
  REQUIRE(stream.observer.late_finds.size() == 1);
  CHECK(stream.observer.late_finds.front() >= 40s);
}

TEST_CASE("R3: a change the index shows half an hour late is found by the deep look back") {
  StreamFixture stream;
  stream.hubspot.Put(1, {{"name", "old"}});
  stream.Load();
  stream.Pass(2h);
  PollFor(stream, 1min);

  stream.hubspot.index_sees = false;
  stream.hubspot.Put(1, {{"name", "new"}});
  const auto changed_at = stream.clock.WallNow();
  PollFor(stream, 30min);
  stream.hubspot.index[1] = changed_at;
  PollFor(stream, 11min);

  CHECK(stream.sink.rows.at(1).line.find("new") != std::string::npos);
}

TEST_CASE("R3: polls look back a little, and far back once in ten minutes") {
  StreamFixture stream;
  stream.hubspot.Put(1, {{"name", "old"}});
  stream.Load();
  stream.Pass(2h);
  PollFor(stream, 1min);

  const auto asked_before = stream.hubspot.requests.size();
  const auto began = stream.clock.WallNow();
  PollFor(stream, 30min);

  int deep = 0;
  for (size_t i = asked_before; i < stream.hubspot.requests.size(); ++i) {
    const auto& request = stream.hubspot.requests[i];
    if (request.what != "search") continue;
    deep += request.search.modified_from < began - 20min;
  }
  CHECK(deep == 3);
}
