#include <doctest/doctest.h>

#include "support/stream_fixture.h"

using namespace std::chrono_literals;
using hubmirror::Job;
using hubmirror::RecordId;
using hubmirror::StepOutcome;
using hubmirror::testing::StreamFixture;

namespace {

/// A loaded stream in which `count` records then change in the same millisecond.
void ChangeAtOnce(StreamFixture& stream, int64_t count) {
  for (int64_t id = 1; id <= count; ++id) stream.hubspot.Put(id, {{"name", "before"}});
  stream.Load();
  stream.Pass(2h);
  for (int64_t id = 1; id <= count; ++id) stream.hubspot.Put(id, {{"name", "after"}});
  // As many as this would be swept instead; the walk itself is what is tested here.
  stream.context->facts().Tell([](auto& facts) { facts.rows = 1'000'000; });
  stream.Pass();
}

bool AllAre(const StreamFixture& stream, const std::string& value) {
  for (const auto& [id, entry] : stream.sink.rows) {
    if (entry.line.find(value) == std::string::npos) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("R2: 12,000 records changed in one millisecond are all found") {
  StreamFixture stream;
  ChangeAtOnce(stream, 12'000);

  stream.Run(*stream.changes);

  CHECK(AllAre(stream, "after"));
}

TEST_CASE("R2: a record that moves while the window is walked is not lost") {
  StreamFixture stream;
  ChangeAtOnce(stream, 450);

  // The first answer and its reads, then a record behind and one ahead of the walk change.
  for (int i = 0; i < 4; ++i) StepOnce(*stream.changes, stream.clock.Now());
  stream.Pass();
  stream.hubspot.Put(5, {{"name", "again"}});
  stream.hubspot.Put(440, {{"name", "again"}});
  stream.Run(*stream.changes);
  stream.Pass(1min);
  stream.Run(*stream.changes);

  CHECK(stream.sink.rows.at(5).line.find("again") != std::string::npos);
  CHECK(stream.sink.rows.at(440).line.find("again") != std::string::npos);
}

TEST_CASE("R2: a window interrupted by a kill goes on at its last id") {
  StreamFixture stream;
  ChangeAtOnce(stream, 1000);
  for (int i = 0; i < 7; ++i) StepOnce(*stream.changes, stream.clock.Now());
  const auto searches = stream.hubspot.Count("search");

  stream.Restart();
  stream.Run(*stream.changes);

  CHECK(AllAre(stream, "after"));
  const auto& resumed = stream.hubspot.requests[static_cast<size_t>(
      std::find_if(stream.hubspot.requests.rbegin(), stream.hubspot.requests.rend(),
                   [](const auto& r) { return r.what == "search"; })
          .base() -
      stream.hubspot.requests.begin() - 1)];
  CHECK(stream.hubspot.Count("search") > searches);
  CHECK(resumed.search.id_above.has_value());
}

TEST_CASE("R2: when all is quiet a poll is one request") {
  StreamFixture stream;
  stream.hubspot.Put(1);
  stream.Load();
  stream.Pass(2h);
  stream.Run(*stream.changes);
  const auto before = stream.hubspot.requests.size();

  stream.Pass(1min);
  stream.Run(*stream.changes);

  CHECK(stream.hubspot.requests.size() == before + 1);
}

TEST_CASE("R2: a window has an upper end once it takes more than one answer") {
  StreamFixture stream;
  ChangeAtOnce(stream, 450);

  stream.Run(*stream.changes);

  int bounded = 0;
  for (const auto& request : stream.hubspot.requests) {
    if (request.what == "search" && request.search.id_above) {
      CHECK(request.search.modified_to.has_value());
      ++bounded;
    }
  }
  CHECK(bounded == 2);
}
