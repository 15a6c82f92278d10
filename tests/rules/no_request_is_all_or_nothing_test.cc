// What fails, times out or is too large is asked for in smaller parts, until what HubSpot cannot
// answer stands alone: it is named, and the rest goes on.
#include <doctest/doctest.h>

#include "support/stream_fixture.h"

using namespace hubmirror;
using namespace std::chrono_literals;
using hubmirror::testing::StreamFixture;

namespace {

/// Steps a job through failures, with the time between tries, until its cycle ends.
bool RunThrough(StreamFixture& stream, Job& job, int failures_most = 60) {
  for (int i = 0; i < failures_most; ++i) {
    const StepOutcome outcome = stream.Run(job);
    if (outcome.end != StepOutcome::End::kFailed) return true;
    stream.Pass(1min);
  }
  return false;
}

void ResolveThrough(StreamFixture& stream) {
  for (int i = 0; i < 20; ++i) {
    stream.Run(*stream.resolve);
    stream.Pass(1min);
  }
}

struct Loaded : StreamFixture {
  explicit Loaded(int records) {
    for (int64_t id = 1; id <= records; ++id) hubspot.Put(id, {{"name", "old"}});
    Load();
    Pass(1min);
  }
};

bool Holds(const StreamFixture& stream, int64_t id, const std::string& text) {
  const auto found = stream.sink.rows.find(id);
  return found != stream.sink.rows.end() && found->second.line.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("parts: one record that makes its batch fail does not keep the other changes") {
  Loaded stream(90);
  for (int64_t id = 1; id <= 80; ++id) stream.hubspot.Put(id, {{"name", "new"}});
  stream.hubspot.unreadable = {37};
  stream.Pass();

  REQUIRE(RunThrough(stream, *stream.changes));

  for (int64_t id = 1; id <= 80; ++id) CHECK(Holds(stream, id, id == 37 ? "old" : "new"));
  CHECK(stream.sink.waiting.at(37).cause == PendingCause::kUnreadable);
}

TEST_CASE("parts: a record that fails while another is shown is set aside by its id") {
  Loaded stream(3);
  stream.hubspot.Put(2, {{"name", "new"}});
  stream.hubspot.unreadable = {2};
  stream.Pass();
  REQUIRE(RunThrough(stream, *stream.changes));

  ResolveThrough(stream);

  CHECK(stream.sink.set_aside.contains(2));
  CHECK_FALSE(stream.sink.waiting.contains(2));
  CHECK(stream.facts().quarantined == 1);
  CHECK(stream.log.Count("record.unreadable") == 1);
}

TEST_CASE("parts: a record that fails is forgotten by no commit that the database refuses") {
  Loaded stream(3);
  for (const int64_t id : {1, 2}) stream.hubspot.Put(id, {{"name", "new"}});
  stream.hubspot.unreadable = {2};
  stream.Pass();
  stream.sink.refuses_rows = true;
  REQUIRE_THROWS_AS(RunThrough(stream, *stream.changes), DatabaseError);
  REQUIRE(stream.sink.waiting.empty());

  stream.sink.refuses_rows = false;
  REQUIRE(RunThrough(stream, *stream.changes));

  CHECK(Holds(stream, 1, "new"));
  CHECK(stream.sink.waiting.at(2).cause == PendingCause::kUnreadable);
}

TEST_CASE("parts: a record that fails is found again where the database has lost that it waits") {
  Loaded stream(3);
  stream.hubspot.Put(2, {{"name", "new"}});
  stream.hubspot.unreadable = {2};
  stream.Pass();
  REQUIRE(RunThrough(stream, *stream.changes));

  stream.sink.waiting.clear();
  const StoredStream stored = stream.sink.Load(stream.context->object());
  stream.context->Load(stored);
  stream.changes->Load(stored);
  REQUIRE(RunThrough(stream, *stream.changes));

  CHECK(stream.sink.waiting.at(2).cause == PendingCause::kUnreadable);
}

TEST_CASE("parts: a record set aside comes back when HubSpot shows it again") {
  Loaded stream(3);
  stream.hubspot.Put(2, {{"name", "new"}});
  stream.hubspot.unreadable = {2};
  stream.Pass();
  REQUIRE(RunThrough(stream, *stream.changes));
  ResolveThrough(stream);

  stream.hubspot.unreadable.clear();
  stream.context->RequestRefresh(RecordId{2});
  ResolveThrough(stream);

  CHECK(Holds(stream, 2, "new"));
  CHECK(stream.sink.set_aside.empty());
  CHECK(stream.facts().quarantined == 0);
}

TEST_CASE("parts: while all of HubSpot fails no record is set aside") {
  Loaded stream(30);
  for (int64_t id = 1; id <= 20; ++id) stream.hubspot.Put(id, {{"name", "new"}});
  stream.Pass();
  StepOnce(*stream.changes, stream.clock.Now());
  StepOnce(*stream.changes, stream.clock.Now());
  stream.hubspot.all_fails = true;

  for (int i = 0; i < 120; ++i) {
    stream.Run(*stream.changes);
    stream.Run(*stream.resolve);
    stream.Pass(1min);
  }
  CHECK(stream.sink.set_aside.empty());

  stream.hubspot.all_fails = false;
  REQUIRE(RunThrough(stream, *stream.changes));
  ResolveThrough(stream);
  for (int64_t id = 1; id <= 20; ++id) CHECK(Holds(stream, id, "new"));
  CHECK(stream.sink.set_aside.empty());
  CHECK(stream.sink.waiting.empty());
}

TEST_CASE("parts: a record whose stamp stays is not asked for with others again and again") {
  Loaded stream(3);
  stream.hubspot.Put(2, {{"name", "new"}});
  stream.hubspot.unreadable = {2};
  stream.Pass();
  REQUIRE(RunThrough(stream, *stream.changes));
  ResolveThrough(stream);
  const int64_t batches = stream.hubspot.Count("batch");

  for (int poll = 0; poll < 10; ++poll) stream.Run(*stream.changes);

  CHECK(stream.hubspot.Count("batch") == batches);
  CHECK(stream.sink.set_aside.contains(2));
}

TEST_CASE("parts: a load passes a record that makes its page fail, and names it") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 350; ++id) stream.hubspot.Put(id, {{"name", "a"}});
  stream.hubspot.unreadable = {137};
  stream.Pass();
  stream.Run(*stream.catalog);

  REQUIRE(RunThrough(stream, *stream.sweep));

  CHECK(stream.sink.rows.size() == 349);
  CHECK(stream.sink.waiting.at(137).cause == PendingCause::kUnreadable);
  ResolveThrough(stream);
  CHECK(stream.sink.set_aside.contains(137));
}

TEST_CASE("parts: a page that is too large is asked for with half the limit, down to one") {
  for (const size_t largest : {40, 1}) {
    StreamFixture stream;
    for (int64_t id = 1; id <= 350; ++id) stream.hubspot.Put(id, {{"name", "a"}});
    stream.hubspot.largest_page = largest;
    stream.Pass();
    stream.Run(*stream.catalog);

    REQUIRE(RunThrough(stream, *stream.sweep, 400));

    CHECK(stream.sink.rows.size() == 350);
    CHECK(stream.sink.waiting.empty());
  }
}

TEST_CASE("parts: a known record that a sweep cannot read is no suspect of having vanished") {
  Loaded stream(250);
  stream.hubspot.unreadable = {100};
  stream.context->WantSweep("a test");

  REQUIRE(RunThrough(stream, *stream.sweep));
  ResolveThrough(stream);

  CHECK(stream.sink.live(100));
  CHECK(stream.sink.set_aside.contains(100));
}

TEST_CASE("parts: a new property is filled around a record that cannot be read") {
  Loaded stream(30);
  for (int64_t id = 1; id <= 30; ++id) stream.hubspot.Calculate(id, "score", "7");
  stream.hubspot.definitions.push_back(StreamFixture::Defined("level", "number"));
  for (int64_t id = 1; id <= 30; ++id) stream.hubspot.Calculate(id, "level", "4711");
  stream.hubspot.unreadable = {11};
  stream.Run(*stream.catalog);

  REQUIRE(RunThrough(stream, *stream.fill));

  for (int64_t id = 1; id <= 30; ++id) CHECK(Holds(stream, id, "4711") == (id != 11));
  CHECK(stream.sink.waiting.contains(11));
}

TEST_CASE("parts: what a fill asked for and nobody answered for is looked at by itself") {
  Loaded stream(5);
  stream.hubspot.definitions.push_back(StreamFixture::Defined("level", "number"));
  for (int64_t id = 1; id <= 5; ++id) stream.hubspot.Calculate(id, "level", "4711");
  stream.hubspot.left_out = {3};
  stream.Run(*stream.catalog);

  REQUIRE(RunThrough(stream, *stream.fill));

  CHECK(stream.sink.waiting.contains(3));
}

TEST_CASE("parts: a search whose answer is too large is asked for with half the limit") {
  for (const size_t largest : {30, 1}) {
    Loaded stream(90);
    for (int64_t id = 1; id <= 80; ++id) stream.hubspot.Put(id, {{"name", "new"}});
    stream.hubspot.largest_search = largest;
    stream.Pass();
    REQUIRE(RunThrough(stream, *stream.changes, 400));
    for (int64_t id = 1; id <= 80; ++id) CHECK(Holds(stream, id, "new"));
    CHECK_FALSE(stream.facts().sweep_wanted());
  }
}

TEST_CASE("parts: a search that grew small for a while grows back") {
  Loaded stream(3);
  stream.hubspot.largest_search = 0;
  for (int64_t id = 1; id <= 3; ++id) stream.hubspot.Put(id, {{"name", "new"}});
  stream.Pass();
  stream.Run(*stream.changes);
  stream.hubspot.largest_search = 1000;
  for (int poll = 0; poll < 12; ++poll) stream.Run(*stream.changes);
  CHECK(Holds(stream, 3, "new"));
  CHECK(stream.hubspot.requests.back().limit == kSearchPageSize);
}

TEST_CASE("parts: a moment whose search is never answered is left to a sweep, the others come") {
  Loaded stream(200);
  for (int64_t id = 1; id <= 100; ++id) {
    stream.hubspot.Put(id, {{"name", "new"}});
    stream.Pass(10s);
  }
  stream.hubspot.unsearchable = {50};
  REQUIRE(RunThrough(stream, *stream.changes, 400));

  for (int64_t id = 1; id <= 100; ++id) CHECK(Holds(stream, id, id == 50 ? "old" : "new"));
  CHECK(stream.facts().sweep_wanted());
  REQUIRE(RunThrough(stream, *stream.sweep));
  CHECK(Holds(stream, 50, "new"));
}

TEST_CASE("parts: while no search at all is answered no sweep is wanted") {
  Loaded stream(20);
  stream.hubspot.Put(1, {{"name", "new"}});
  stream.hubspot.all_fails = true;
  CHECK_FALSE(RunThrough(stream, *stream.changes, 200));
  CHECK_FALSE(stream.facts().sweep_wanted());
  stream.hubspot.all_fails = false;
  REQUIRE(RunThrough(stream, *stream.changes));
  CHECK(Holds(stream, 1, "new"));
}

TEST_CASE(
    "parts: a fill whose search is never answered is left to a sweep, in an outage it waits") {
  Loaded stream(30);
  stream.hubspot.definitions.push_back(StreamFixture::Defined("level", "number"));
  for (int64_t id = 1; id <= 29; ++id) stream.hubspot.Calculate(id, "level", "4711");
  stream.Run(*stream.catalog);
  stream.hubspot.all_fails = true;
  CHECK_FALSE(RunThrough(stream, *stream.fill));
  stream.hubspot.all_fails = false;
  REQUIRE(RunThrough(stream, *stream.fill));
  CHECK_FALSE(stream.facts().sweep_wanted());
  for (int64_t id = 1; id <= 29; ++id) CHECK(Holds(stream, id, "4711"));

  stream.hubspot.definitions.push_back(StreamFixture::Defined("depth", "number"));
  for (int64_t id = 1; id <= 29; ++id) stream.hubspot.Calculate(id, "depth", "815");
  stream.Run(*stream.catalog);
  stream.hubspot.unsearchable = {11};
  REQUIRE(RunThrough(stream, *stream.fill));
  CHECK(stream.facts().sweep_wanted());
}
