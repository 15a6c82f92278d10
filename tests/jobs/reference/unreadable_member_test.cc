#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "jobs/reference/reference_job.h"
#include "support/stream_fixture.h"

namespace hubmirror::testing {
namespace {

/// Lists with their members. Places are opaque, as HubSpot's; pages that would show an unreadable
/// member fail.
class ListsOfMembers final : public ReferenceSource {
 public:
  std::map<std::string, std::set<int64_t>> lists;
  std::set<int64_t> unreadable;
  bool takes_ids = true;     ///< places made of ids
  bool takes_places = true;  ///< that it named itself
  int failures = 0;

  Result<ReferencePage, ApiError> ReadReference(const ReferenceRequest& request) override {
    ReferencePage page;
    page.batches = {{request.kind, {}}};
    auto& rows = page.batches.front().rows;
    if (request.kind == ReferenceKind::kLists) {
      for (const auto& [id, members] : lists) rows.push_back(Row(request.kind, {id}));
      return page;
    }
    if ((request.beyond && !takes_ids) || (request.after && !takes_places)) {
      return ApiError{.kind = ApiErrorKind::kBadRequest, .status = 400, .message = "bad offset"};
    }
    const auto& members = lists.at(request.list_id);
    int64_t beyond = request.beyond.value_or(-1);
    if (request.after) beyond = std::stoll(request.after->substr(5));
    for (auto at = members.upper_bound(beyond); at != members.end(); ++at) {
      if (rows.size() == request.limit) {
        page.next_after = "place" + *rows.back().values[1];
        break;
      }
      if (unreadable.contains(*at)) {
        ++failures;
        return ApiError{.kind = ApiErrorKind::kServer, .status = 500, .message = "HTTP 500"};
      }
      rows.push_back(Row(request.kind, {request.list_id, std::to_string(*at)}));
    }
    return page;
  }

 private:
  static ReferenceRow Row(ReferenceKind kind, std::vector<std::string> keys) {
    ReferenceRow row;
    row.values.resize(TableOf(kind).columns.size());
    for (size_t i = 0; i < keys.size(); ++i) row.values[i] = keys[i];
    return row;
  }
};

/// The members as PostgreSQL would hold them after all commits.
class HeldMembers final : public ReferenceSink {
 public:
  std::map<std::string, std::set<int64_t>> lists;
  JobProgress progress;

  void WriteReference(const std::vector<ReferenceCommit>& commits, const std::string&, JobKind,
                      const std::optional<JobProgress>& to, const std::string&) override {
    for (const ReferenceCommit& commit : commits) {
      if (commit.kind != ReferenceKind::kListMemberships) continue;
      auto& held = lists[commit.scope.at(0)];
      if (commit.marks_gone) {
        std::erase_if(held, [&](int64_t id) {
          return id > commit.above.value_or(-1) && (!commit.to || id <= *commit.to);
        });
      }
      for (const ReferenceRow& row : commit.rows) held.insert(std::stoll(*row.values[1]));
    }
    if (to && !to->cursor.empty()) progress = *to;
  }
  JobProgress LoadReferenceProgress(const std::string&, JobKind) override { return progress; }
  std::map<std::string, std::string> LoadTypeTables() override { return {}; }
};

struct MembersFixture {
  ListsOfMembers source;
  HeldMembers sink;
  FakeClock clock;
  SilentObserver observer;
  std::shared_ptr<SourceClock> source_clock = std::make_shared<SourceClock>();
  RateGovernor governor{RateGovernor::Options{}, source_clock, clock.Now()};
  MemoryLog log;
  std::unique_ptr<ReferenceJob> job = NewJob();

  std::unique_ptr<ReferenceJob> NewJob() {
    return std::make_unique<ReferenceJob>(
        "acme", JobKind::kLists,
        std::vector<ReferenceKind>{ReferenceKind::kLists, ReferenceKind::kListMemberships},
        ReferenceJob::Parts{.source = source,
                            .sink = sink,
                            .source_clock = *source_clock,
                            .governor = governor,
                            .clock = clock,
                            .log = log,
                            .observer = observer});
  }
  void Cycle() {
    for (int i = 0; i < 500; ++i) {
      if (StepOnce(*job, clock.Now()).end == StepOutcome::End::kCaughtUp) return;
    }
    FAIL("the cycle does not end");
  }
  std::string Complaint() const {
    for (const ReferenceStatus& status : job->statuses()) {
      if (status.table == "list_memberships") return status.last_error;
    }
    return "no such table";
  }
};

TEST_CASE_FIXTURE(MembersFixture,
                  "members: one that cannot be read is named and left, and its list goes on") {
  std::set<int64_t> members;
  for (int64_t id = 51; id <= 124'000'000'000; id = id * 7 / 5 + 1) members.insert(id);
  source.lists = {{"7", members}, {"8", {1, 2, 3}}};
  Cycle();
  REQUIRE(sink.lists == source.lists);

  for (const int64_t culprit :
       {*members.begin(), *std::next(members.begin(), 30), *members.rbegin()}) {
    CAPTURE(culprit);
    source.unreadable = {culprit};
    // One before it, one behind it and the one itself are members no more.
    source.lists["7"].erase(culprit);
    Cycle();
    CHECK(Complaint() == "");
    source.lists["7"].insert(culprit);
    sink.lists["7"].insert({culprit, 52, 999'999'999'999});
    Cycle();
    CHECK(sink.lists == source.lists);
    CHECK(Complaint().find("list 7: the member " + std::to_string(culprit) +
                           " cannot be read (HTTP 500)") == 0);
  }
}

TEST_CASE_FIXTURE(MembersFixture, "members: several in one list that cannot be read are left") {
  for (int64_t id = 1000; id < 3000; id += 7) source.lists["7"].insert(id);
  source.unreadable = {1000, 1007, 2001, 2995};
  Cycle();
  auto readable = source.lists["7"];
  for (const int64_t id : source.unreadable) readable.erase(id);
  CHECK(sink.lists["7"] == readable);
  // Of neighbours the last one is named.
  for (const int64_t id : {1007, 2001, 2995}) {
    CHECK(Complaint().find("the member " + std::to_string(id)) != std::string::npos);
  }
  // No question is put again and again.
  CHECK(source.failures < 200);
}

TEST_CASE_FIXTURE(MembersFixture, "members: reading goes on beyond what was left after a restart") {
  for (int64_t id = 10; id <= 400; id += 10) source.lists["7"].insert(id);
  source.unreadable = {200};
  while (sink.progress.cursor.find(R"("above":200)") == std::string::npos)
    StepOnce(*job, clock.Now());
  const int before = source.failures;
  job = NewJob();
  Cycle();
  CHECK(source.failures == before);
  CHECK(sink.lists["7"].size() == 39);
}

TEST_CASE_FIXTURE(MembersFixture,
                  "members: where HubSpot refuses a place that it named, ids lead on") {
  for (int64_t id = 10; id <= 20'000; id += 10) source.lists["7"].insert(id);
  source.lists["8"] = {5};
  sink.lists["7"] = {15, 19'995};
  source.takes_places = false;
  Cycle();
  CHECK(sink.lists == source.lists);
  CHECK(Complaint() == "");
  CHECK(std::ranges::count(observer.broken_promises, "cursor") > 0);
}

TEST_CASE_FIXTURE(MembersFixture, "members: a list whose places are refused of either kind ends") {
  for (int64_t id = 10; id <= 20'000; id += 10) source.lists["7"].insert(id);
  source.lists["8"] = {5};
  source.takes_places = false;
  source.takes_ids = false;
  sink.lists["7"] = {15, 19'995};
  Cycle();
  CHECK(sink.lists["7"].contains(19'995));
  CHECK(sink.lists["8"] == source.lists["8"]);
  CHECK(Complaint().find("list 7: ") == 0);
}

TEST_CASE_FIXTURE(MembersFixture,
                  "members: where no place can be made of an id, the rest of the list is left") {
  for (int64_t id = 10; id <= 400; id += 10) source.lists["7"].insert(id);
  source.lists["8"] = {5};
  source.unreadable = {200};
  source.takes_ids = false;
  sink.lists["7"] = {15, 210};
  Cycle();
  // What was read before it counts; nothing is said of who else is a member.
  CHECK(sink.lists["7"].contains(190));
  CHECK(sink.lists["7"].contains(210));
  CHECK(sink.lists["8"] == source.lists["8"]);
  CHECK(Complaint().find("list 7: ") == 0);
}

}  // namespace
}  // namespace hubmirror::testing
