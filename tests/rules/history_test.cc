#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "jobs/changes/history_job.h"
#include "support/stream_fixture.h"

using namespace std::chrono_literals;
using namespace hubmirror;
using hubmirror::testing::MemoryHistory;
using hubmirror::testing::StreamFixture;

namespace {

struct HistoryJobFixture {
  StreamFixture stream;
  MemoryHistory& past = stream.past;
  std::shared_ptr<HistoryJob> job;

  /// The stream anew, as after a kill, with these properties followed.
  void Follow(std::vector<std::string> properties) {
    stream.history = std::move(properties);
    stream.Restart();
    stream.Load();
    stream.context->facts().Tell([&](auto& facts) { facts.swept_at = stream.clock.WallNow(); });
    job = std::make_shared<HistoryJob>(stream.context);
    StoredStream stored{.table = stream.sink.table};
    if (!past.cursor.empty()) stored.progress[JobKind::kHistory] = {.cursor = past.cursor};
    job->Load(stored);
  }
  /// Steps the job through failures, with the time between tries, until its cycle ends.
  bool RunThrough(int failures_most = 60) {
    for (int i = 0; i < failures_most; ++i) {
      if (stream.Run(*job).end != StepOutcome::End::kFailed) return true;
      stream.Pass(1min);
    }
    return false;
  }
  /// An hour later.
  void AskAgain() {
    past.due.merge(past.due_later);
    past.due_later.clear();
  }
  bool Distrusted(const std::string& promise) const {
    return std::ranges::count(stream.observer.broken_promises, promise) > 0;
  }
};

}  // namespace

TEST_CASE_FIXTURE(HistoryJobFixture, "history: every record is read once, 50 to a request") {
  for (int64_t id = 1; id <= 120; ++id) past.live.insert(id * 7);
  past.archived = {3, 5};
  stream.hubspot.refused_properties = {"nonsense"};
  Follow({"name", "nonsense"});
  stream.Run(*job);

  CHECK(past.written.size() == 122);
  CHECK(past.requests.size() == 4);
  CHECK(past.requests.back().archived);
  for (const HistoryRequest& request : past.requests) {
    CHECK(request.ids.size() <= 50);
    CHECK(request.properties == std::vector<std::string>{"name"});
  }
  stream.Run(*job);
  CHECK(past.requests.size() == 4);
}

TEST_CASE_FIXTURE(HistoryJobFixture, "history: a walk goes on where it was killed") {
  for (int64_t id = 1; id <= 200; ++id) past.live.insert(id);
  Follow({"name"});
  while (past.requests.size() < 2) StepOnce(*job, stream.clock.Now());
  Follow({"name"});
  stream.Run(*job);

  CHECK(past.written.size() == 200);
  CHECK(past.requests.size() == 4);
  CHECK(past.begun == 1);
}

TEST_CASE_FIXTURE(HistoryJobFixture,
                  "history: a failed request is made again, nothing is skipped") {
  for (int64_t id = 1; id <= 60; ++id) past.live.insert(id);
  past.errors.push_back({.kind = ApiErrorKind::kServer});
  Follow({"name"});
  CHECK(stream.Run(*job).end == StepOutcome::End::kFailed);
  stream.Run(*job);
  CHECK(past.written.size() == 60);
}

TEST_CASE_FIXTURE(HistoryJobFixture, "history: after the walk only what is due is read") {
  for (int64_t id = 1; id <= 60; ++id) past.live.insert(id);
  Follow({"name"});
  stream.Run(*job);
  past.requests.clear();
  past.due = {7, 8};
  stream.Run(*job);

  REQUIRE(past.requests.size() == 1);
  CHECK(past.requests[0].ids.size() == 2);
  CHECK(past.due.empty());
}

TEST_CASE_FIXTURE(HistoryJobFixture,
                  "history: an added property walks again, a removed one does not") {
  past.live = {1, 2};
  Follow({"name"});
  stream.Run(*job);
  Follow({"name", "score"});
  stream.Run(*job);
  CHECK(past.begun == 2);
  CHECK(past.written.contains({2, "score"}));

  past.requests.clear();
  Follow({"score"});
  stream.Run(*job);
  CHECK(past.begun == 2);
  CHECK(past.requests.empty());
}

TEST_CASE_FIXTURE(HistoryJobFixture, "history: a stream that began anew is walked anew") {
  past.live = {1, 2};
  Follow({"name"});
  stream.Run(*job);
  past.followed = false;
  stream.Run(*job);
  CHECK(past.begun == 2);

  past.table = false;
  Follow({"name"});
  stream.Run(*job);
  CHECK(past.begun == 3);
}

TEST_CASE_FIXTURE(
    HistoryJobFixture,
    "history: who is left out of an answer is asked for again, and alone in the end") {
  for (int64_t id = 1; id <= 60; ++id) past.live.insert(id);
  past.left_out = {7, 23};
  Follow({"name"});
  REQUIRE(RunThrough());

  CHECK(past.written.size() == 58);
  CHECK(past.requests.size() < 20);
  CHECK(Distrusted("unanswered"));
  CHECK(past.due_later == std::set<int64_t>{7, 23});
  CHECK(past.set_aside.contains(7));
  CHECK(past.set_aside.contains(23));
  CHECK(stream.facts().quarantined == 2);

  past.left_out.clear();
  AskAgain();
  REQUIRE(RunThrough());
  CHECK(past.written.size() == 60);
  CHECK(past.due.empty());
  CHECK(past.set_aside.empty());
  CHECK(stream.facts().quarantined == 0);
}

TEST_CASE_FIXTURE(HistoryJobFixture, "history: a walk does not pass whom its answer left out") {
  for (int64_t id = 1; id <= 10; ++id) past.live.insert(id);
  past.left_out = {4};
  Follow({"name"});
  while (past.requests.empty()) StepOnce(*job, stream.clock.Now());
  past.left_out.clear();
  Follow({"name"});
  REQUIRE(RunThrough());
  CHECK(past.written.size() == 10);
}

TEST_CASE_FIXTURE(HistoryJobFixture,
                  "history: one record that makes its batch fail does not keep the others") {
  for (const ApiErrorKind kind : {ApiErrorKind::kServer, ApiErrorKind::kTimeout,
                                  ApiErrorKind::kTooLarge, ApiErrorKind::kDecode}) {
    CAPTURE(ReasonOf(kind));
    past = {};
    for (int64_t id = 1; id <= 600; ++id) past.live.insert(id);
    past.unreadable = {37};
    past.fails_as = kind;
    Follow({"name"});
    REQUIRE(RunThrough());

    CHECK(past.written.size() == 599);
    CHECK(past.set_aside.at(37) == "HubSpot does not show its history: HubSpot fails");
    CHECK(past.due_later == std::set<int64_t>{37});
    CHECK(past.requests.back().ids.size() == 50);
  }
}

TEST_CASE_FIXTURE(HistoryJobFixture, "history: while all of HubSpot fails nothing is set aside") {
  for (int64_t id = 1; id <= 5; ++id) past.live.insert(id);
  past.all_fails = true;
  Follow({"name"});
  CHECK_FALSE(RunThrough());
  CHECK(past.set_aside.empty());

  past.all_fails = false;
  REQUIRE(RunThrough());
  CHECK(past.written.size() == 5);
  CHECK(past.due_later.empty());
}

TEST_CASE_FIXTURE(HistoryJobFixture, "history: two records that fail do not speak for each other") {
  for (int64_t id = 1; id <= 4; ++id) past.live.insert(id);
  past.unreadable = {2, 3};
  Follow({"name"});
  REQUIRE(RunThrough());
  CHECK(past.written.size() == 2);
  CHECK(past.set_aside.size() == 2);
}

TEST_CASE_FIXTURE(HistoryJobFixture, "history: a large answer is asked for in smaller parts") {
  for (int64_t id = 1; id <= 90; ++id) past.live.insert(id);
  past.largest = 10;
  Follow({"name"});
  REQUIRE(RunThrough());
  CHECK(past.written.size() == 90);
  CHECK(past.set_aside.empty());
}

TEST_CASE_FIXTURE(HistoryJobFixture, "history: whom HubSpot does not know nobody asks for again") {
  past.live = {1, 2, 3};
  past.unknown = {1, 2, 3};
  Follow({"name"});
  REQUIRE(RunThrough());
  CHECK(past.requests.size() == 1);
  CHECK(past.due_later.empty());
  CHECK(stream.observer.broken_promises.empty());
}

TEST_CASE_FIXTURE(HistoryJobFixture, "history: a survivor answers for whom was merged into it") {
  past.live = {1, 2, 3};
  past.merged = {{1, 3}, {2, 9}};
  Follow({"name"});
  REQUIRE(RunThrough());
  CHECK(past.set_aside.empty());
  CHECK(past.due_later.empty());
  CHECK(stream.observer.broken_promises.empty());
  CHECK(past.Asked(1) == 3);
  CHECK(past.written.contains({3, "name"}));
}

TEST_CASE_FIXTURE(HistoryJobFixture, "history: a record nobody asked for is not believed") {
  past.live = {1, 2, 3};
  past.beside = {77};
  Follow({"name"});
  REQUIRE(RunThrough());
  CHECK(past.written.size() == 3);
  CHECK_FALSE(past.written.contains({77, "name"}));
  CHECK(Distrusted("unasked"));
}
