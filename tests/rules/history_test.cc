#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "jobs/changes/history_job.h"
#include "support/stream_fixture.h"

using namespace std::chrono_literals;
using namespace hubmirror;
using hubmirror::test::StreamFixture;

namespace {

/// A past for every record, and a table for it, both in memory.
class MemoryHistory final : public HistorySource, public HistorySink {
 public:
  std::vector<HistoryRequest> requests;
  std::vector<ApiError> errors;
  std::set<int64_t> live, archived, due;
  std::set<std::pair<int64_t, std::string>> written;
  std::string cursor;
  int begun = 0;
  bool table = false;
  bool followed = true;

  Result<HistoryPage, ApiError> ReadHistory(const ObjectType&,
                                            const HistoryRequest& request) override {
    requests.push_back(request);
    if (!errors.empty()) {
      const ApiError error = errors.back();
      errors.pop_back();
      return error;
    }
    HistoryPage page;
    for (const RecordId id : request.ids) {
      for (const std::string& property : request.properties) {
        page.entries.push_back({.id = id, .property = property, .value = "x"});
      }
    }
    return page;
  }
  bool PrepareHistory(const ObjectType&) override { return std::exchange(table, true); }
  void BeginHistory(const ObjectType&, const JobProgress& progress) override {
    ++begun;
    followed = true;
    cursor = progress.cursor;
  }
  std::vector<RecordId> HistoryBlock(const ObjectType&, bool of_archived,
                                     std::optional<RecordId> above, size_t limit) override {
    std::vector<RecordId> ids;
    const std::set<int64_t>& from = of_archived ? archived : live;
    for (auto at = from.upper_bound(above ? above->value : 0); at != from.end(); ++at) {
      if (ids.size() < limit) ids.push_back(RecordId{*at});
    }
    return ids;
  }
  HistoryDue DueHistory(const ObjectType&, size_t limit) override {
    HistoryDue found{.followed = followed};
    for (const int64_t id : due) {
      if (found.live.size() < limit) found.live.push_back(RecordId{id});
    }
    return found;
  }
  int64_t WriteHistory(const HistoryCommit& commit) override {
    for (const HistoryEntry& entry : commit.entries) {
      written.emplace(entry.id.value, entry.property);
    }
    for (const RecordId id : commit.settled) due.erase(id.value);
    cursor = commit.progress.cursor;
    return 0;
  }
};

struct HistoryJobFixture {
  StreamFixture stream;
  MemoryHistory past;
  std::shared_ptr<HistoryJob> job;

  /// The stream anew, as after a kill, with these properties followed.
  void Follow(std::vector<std::string> properties) {
    stream.history = std::move(properties);
    stream.Restart();
    stream.Load();
    stream.context->set_loaded(true);
    job = std::make_shared<HistoryJob>(stream.context, HistoryJob::Ports{past, past});
    StoredStream stored{.table = stream.sink.table};
    if (!past.cursor.empty()) stored.progress[JobKind::kHistory] = {.cursor = past.cursor};
    job->Load(stored);
  }
};

}  // namespace

TEST_CASE_FIXTURE(HistoryJobFixture, "history: every record is read once, 50 to a request") {
  for (int64_t id = 1; id <= 120; ++id) past.live.insert(id * 7);
  past.archived = {3, 5};
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
  while (past.requests.size() < 2) job->Step(stream.clock.Now());
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
