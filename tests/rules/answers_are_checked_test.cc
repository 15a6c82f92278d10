// No answer is believed because it is well-formed: it is checked against what was asked, and what
// breaks its promise is counted, said, and read in a way that does not need the promise.
#include <doctest/doctest.h>

#include "support/stream_fixture.h"

using namespace hubmirror;
using namespace std::chrono_literals;
using hubmirror::testing::StreamFixture;

namespace {

struct Changing : StreamFixture {
  /// `changed` of many records change, one every second.
  explicit Changing(int changed) : StreamFixture() {
    for (int64_t id = 1; id <= 2 * changed; ++id) hubspot.Put(id, {{"name", "old"}});
    Load();
    Pass(1min);
    for (int64_t id = 1; id <= changed; ++id) {
      hubspot.Put(id, {{"name", "new"}});
      Pass(1s);
    }
  }
  int64_t Missed(int changed) const {
    int64_t missed = 0;
    for (int64_t id = 1; id <= changed; ++id) {
      missed += sink.rows.at(id).line.find("new") == std::string::npos;
    }
    return missed;
  }
  bool Distrusted(const std::string& promise) const {
    const auto& all = observer.broken_promises;
    return std::find(all.begin(), all.end(), promise) != all.end();
  }
};

}  // namespace

TEST_CASE("answers: pages shorter than asked for bring all changes") {
  Changing stream(300);
  stream.hubspot.search_page = 37;
  REQUIRE(stream.Run(*stream.changes).end == StepOutcome::End::kCaughtUp);
  CHECK(stream.Missed(300) == 0);
  CHECK(stream.observer.broken_promises.empty());
}

TEST_CASE("answers: a search out of order is walked in windows that need none") {
  Changing stream(300);
  stream.hubspot.shuffled_search = true;
  REQUIRE(stream.Run(*stream.changes).end == StepOutcome::End::kCaughtUp);
  CHECK(stream.Missed(300) == 0);
  CHECK(stream.Distrusted("order"));
  CHECK(stream.log.Count("answer.distrusted") == 1);
  CHECK(stream.facts().distrust(stream.clock.Now()).find("order") != std::string::npos);
}

TEST_CASE("answers: a search that counts more than it shows wants a sweep, and ends") {
  Changing stream(300);
  stream.hubspot.searched_past = {5};
  REQUIRE(stream.Run(*stream.changes).end == StepOutcome::End::kCaughtUp);
  CHECK(stream.Missed(300) == 1);
  CHECK(stream.Distrusted("total"));
  CHECK(stream.facts().sweep_wanted());
  stream.Run(*stream.sweep);
  CHECK(stream.Missed(300) == 0);

  // It stays in disorder: the list is not walked without an end.
  stream.Run(*stream.changes);
  CHECK_FALSE(stream.facts().sweep_wanted());
}

TEST_CASE("answers: a search that shows nothing and says there is more ends") {
  Changing stream(20);
  stream.hubspot.stuck_search = true;
  REQUIRE(stream.Run(*stream.changes).end == StepOutcome::End::kCaughtUp);
  CHECK(stream.Distrusted("cursor"));
  CHECK(stream.facts().sweep_wanted());
  CHECK(stream.hubspot.Count("search") < 40);
}

TEST_CASE("answers: records that leave the window while it is walked are no breach") {
  Changing stream(300);
  stream.hubspot.search_page = 100;
  StepOnce(*stream.changes, stream.clock.Now());
  StepOnce(*stream.changes, stream.clock.Now());
  for (int64_t id = 250; id <= 260; ++id) stream.hubspot.Put(id, {{"name", "new"}});
  REQUIRE(stream.Run(*stream.changes).end == StepOutcome::End::kCaughtUp);
  stream.Run(*stream.changes);
  CHECK(stream.Missed(300) == 0);
  CHECK(stream.observer.broken_promises.empty());
}

TEST_CASE("answers: a batch that shows a record nobody asked for is not believed in that") {
  Changing stream(3);
  stream.hubspot.Calculate(6, "name", "beside");
  stream.hubspot.shown_beside = {6};
  REQUIRE(stream.Run(*stream.changes).end == StepOutcome::End::kCaughtUp);
  CHECK(stream.Missed(3) == 0);
  CHECK(stream.sink.rows.at(6).line.find("beside") == std::string::npos);
  CHECK(stream.Distrusted("unasked"));
}

TEST_CASE("answers: a list whose pages name the place they were asked from is read on by ids") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 450; ++id) stream.hubspot.Put(id);
  stream.hubspot.stuck_lists = true;
  stream.Pass();
  stream.Run(*stream.catalog);
  REQUIRE(stream.Run(*stream.sweep).end == StepOutcome::End::kCaughtUp);
  CHECK(stream.sink.rows.size() == 450);
  CHECK(stream.observer.broken_promises == std::vector<std::string>(3, "cursor"));
}

TEST_CASE("answers: a record whose stamp lies before the window is read by its id") {
  Changing stream(3);
  stream.hubspot.searched_stamps[2] = stream.hubspot.index.at(2) - 24h;
  REQUIRE(stream.Run(*stream.changes).end == StepOutcome::End::kCaughtUp);
  CHECK(stream.Missed(3) == 0);
  CHECK(stream.Distrusted("window"));
}

TEST_CASE("answers: a search longer than it was asked for is said, and followed") {
  Changing stream(300);
  stream.hubspot.ignores_limits = true;
  stream.hubspot.search_page = 250;
  REQUIRE(stream.Run(*stream.changes).end == StepOutcome::End::kCaughtUp);
  CHECK(stream.Missed(300) == 0);
  CHECK(stream.Distrusted("limit"));
}

TEST_CASE("answers: a list page longer than it was asked for is said") {
  StreamFixture stream;
  for (int64_t id = 1; id <= 450; ++id) stream.hubspot.Put(id);
  stream.hubspot.ignores_limits = true;
  stream.hubspot.page_size = 130;
  stream.hubspot.search_page = 1;
  stream.Pass();
  stream.Run(*stream.catalog);
  REQUIRE(stream.Run(*stream.sweep).end == StepOutcome::End::kCaughtUp);
  CHECK(stream.sink.rows.size() == 450);
  CHECK(stream.observer.broken_promises == std::vector<std::string>(3, "limit"));
}
