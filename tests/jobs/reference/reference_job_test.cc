#include "jobs/reference/reference_job.h"

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/stream_fixture.h"

namespace hubmirror::testing {
namespace {

/// Answers with pages that were laid down before.
class LaidPages final : public ReferenceSource {
 public:
  std::deque<Result<ReferencePage, ApiError>> pages;
  std::vector<size_t> limits;
  std::vector<std::string> afters;

  Result<ReferencePage, ApiError> ReadReference(const ReferenceRequest& request) override {
    limits.push_back(request.limit);
    afters.push_back(request.after.value_or(""));
    REQUIRE_FALSE(pages.empty());
    auto page = std::move(pages.front());
    pages.pop_front();
    return page;
  }
};

class KeptCommits final : public ReferenceSink {
 public:
  std::vector<ReferenceCommit> commits;

  /// The cursors that were stored with something, by its kind and first scope.
  std::map<std::pair<ReferenceKind, std::string>, std::string> cursor_with;

  void WriteReference(const std::vector<ReferenceCommit>& written, const std::string&, JobKind,
                      const std::optional<JobProgress>& progress, const std::string&) override {
    for (const ReferenceCommit& commit : written) {
      if (!progress || commit.scope.empty()) continue;
      cursor_with[{commit.kind, commit.scope.front()}] = progress->cursor;
    }
    commits.insert(commits.end(), written.begin(), written.end());
  }
  JobProgress LoadReferenceProgress(const std::string&, JobKind) override { return {}; }
  std::map<std::string, std::string> LoadTypeTables() override { return given; }

  std::map<std::string, std::string> given;
};

ReferenceRow TypeRow(const std::string& id, const std::string& name, bool archived = false) {
  ReferenceRow row{.archived = archived};
  row.values.resize(TableOf(ReferenceKind::kObjectTypes).columns.size());
  row.values[0] = id;
  row.values[1] = "";
  row.values[2] = name;
  row.values[3] = "p1_" + name;
  return row;
}

struct TypesFixture {
  LaidPages source;
  KeptCommits sink;
  FakeClock clock;
  SilentObserver observer;
  std::shared_ptr<SourceClock> source_clock = std::make_shared<SourceClock>();
  RateGovernor governor{RateGovernor::Options{}, source_clock, clock.Now()};
  MemoryLog log;
  ReferenceJob job{"acme",
                   JobKind::kDirectory,
                   {ReferenceKind::kObjectTypes},
                   {.source = source,
                    .sink = sink,
                    .source_clock = *source_clock,
                    .governor = governor,
                    .clock = clock,
                    .log = log,
                    .observer = observer}};

  void Lay(std::vector<ReferenceRow> rows, std::optional<std::string> next = {}) {
    ReferencePage page;
    page.batches = {{ReferenceKind::kObjectTypes, std::move(rows)}};
    page.next_after = std::move(next);
    source.pages.push_back(std::move(page));
  }

  /// The tables by type id, as they were written.
  std::map<std::string, std::string> Written() {
    while (!source.pages.empty()) StepOnce(job, clock.Now());
    std::map<std::string, std::string> tables;
    for (const ReferenceCommit& commit : sink.commits) {
      for (const ReferenceRow& row : commit.rows) tables[*row.values[0]] = *row.values[1];
    }
    return tables;
  }
};

using Tables = std::map<std::string, std::string>;

TEST_CASE_FIXTURE(TypesFixture, "custom types on several pages get tables that differ") {
  Lay({TypeRow("2-10", "Car"), TypeRow("2-11", "pets")}, "2");
  Lay({TypeRow("2-9", "car")});
  CHECK(Written() == Tables{{"2-9", "car"}, {"2-10", "car_2_10"}, {"2-11", "pets"}});
  REQUIRE(job.found_types());
  CHECK(job.found_types()->size() == 3);
}

TEST_CASE_FIXTURE(TypesFixture, "a custom type that is shown as archived takes no name") {
  Lay({TypeRow("2-9", "car", true), TypeRow("2-10", "Car")});
  CHECK(Written() == Tables{{"2-10", "car"}});
  CHECK(sink.commits.at(0).marks_gone);
}

TEST_CASE_FIXTURE(TypesFixture,
                  "a custom type keeps its table when the elder of its name is gone") {
  sink.given = {{"2-9", "car"}, {"2-10", "car_2_10"}};
  Lay({TypeRow("2-10", "Car")});
  CHECK(Written() == Tables{{"2-10", "car_2_10"}});
  REQUIRE(job.found_types());
  CHECK(job.found_types()->at(0).table == "car_2_10");
}

/// Lists, their members and marketing events, from answers that were laid down.
struct ListsFixture {
  LaidPages source;
  KeptCommits sink;
  FakeClock clock;
  SilentObserver observer;
  std::shared_ptr<SourceClock> source_clock = std::make_shared<SourceClock>();
  RateGovernor governor{RateGovernor::Options{}, source_clock, clock.Now()};
  MemoryLog log;
  ReferenceJob job{
      "acme",
      JobKind::kLists,
      {ReferenceKind::kLists, ReferenceKind::kListMemberships, ReferenceKind::kMarketingEvents},
      {.source = source,
       .sink = sink,
       .source_clock = *source_clock,
       .governor = governor,
       .clock = clock,
       .log = log,
       .observer = observer}};

  static ReferenceRow Row(ReferenceKind kind, std::vector<std::string> keys) {
    ReferenceRow row;
    row.values.resize(TableOf(kind).columns.size());
    for (size_t i = 0; i < keys.size(); ++i) row.values[i] = keys[i];
    return row;
  }
  static ReferencePage PageOf(ReferenceKind kind, std::vector<ReferenceRow> rows,
                              std::optional<std::string> next) {
    ReferencePage page;
    page.batches = {{kind, std::move(rows)}};
    page.next_after = std::move(next);
    return page;
  }
  void Lists(const std::vector<int>& ids, std::optional<std::string> next = {}) {
    std::vector<ReferenceRow> rows;
    for (const int id : ids) rows.push_back(Row(ReferenceKind::kLists, {std::to_string(id)}));
    source.pages.push_back(PageOf(ReferenceKind::kLists, std::move(rows), std::move(next)));
  }
  void Members(int list, const std::vector<int>& ids, std::optional<std::string> next = {}) {
    std::vector<ReferenceRow> rows;
    for (const int id : ids) {
      rows.push_back(
          Row(ReferenceKind::kListMemberships, {std::to_string(list), std::to_string(id)}));
    }
    source.pages.push_back(
        PageOf(ReferenceKind::kListMemberships, std::move(rows), std::move(next)));
  }
  void Events() {
    source.pages.push_back(PageOf(ReferenceKind::kMarketingEvents, {}, std::nullopt));
  }
  void Fails(ApiErrorKind kind, int times = 1) {
    for (int i = 0; i < times; ++i) {
      source.pages.push_back(ApiError{.kind = kind, .message = "it failed"});
    }
  }
  /// Steps until the cycle ends.
  bool Cycle() {
    for (int i = 0; i < 200; ++i) {
      if (StepOnce(job, clock.Now()).end == StepOutcome::End::kCaughtUp)
        return source.pages.empty();
    }
    return false;
  }
  std::vector<ReferenceCommit> Of(ReferenceKind kind) const {
    std::vector<ReferenceCommit> found;
    for (const ReferenceCommit& commit : sink.commits) {
      if (commit.kind == kind) found.push_back(commit);
    }
    return found;
  }
  std::string Complaint(ReferenceKind kind) const {
    for (const ReferenceStatus& status : job.statuses()) {
      if (status.table == TableOf(kind).name) return status.last_error;
    }
    return "no such table";
  }
  bool Distrusted(const std::string& promise) const {
    const auto& all = observer.broken_promises;
    return std::find(all.begin(), all.end(), promise) != all.end();
  }
};

TEST_CASE_FIXTURE(ListsFixture,
                  "members: pages that lead in a circle end, and the next list is read") {
  Lists({1, 2});
  Members(1, {10, 11}, "a");
  Members(1, {12, 13}, "b");
  Members(1, {14, 15}, "a");
  Members(2, {20});
  Events();
  REQUIRE(Cycle());
  const auto members = Of(ReferenceKind::kListMemberships);
  REQUIRE(members.size() == 2);
  CHECK(members[0].rows.size() == 6);
  CHECK_FALSE(members[0].marks_gone);
  CHECK(members[1].marks_gone);
  CHECK(Distrusted("cursor"));
  CHECK(Complaint(ReferenceKind::kListMemberships).find("list 1: its pages do not move on") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(ListsFixture, "members: the commit that ends the last list ends the reading") {
  Lists({1, 2});
  Members(1, {10});
  Members(2, {20});
  Events();
  REQUIRE(Cycle());
  REQUIRE(sink.commits.size() >= 3);
  // A kill right after it would leave a cursor behind all lists, and the next cycle read none.
  CHECK(ParseMembersCursor(sink.cursor_with.at({ReferenceKind::kListMemberships, "1"}))->list == 2);
  CHECK(sink.cursor_with.at({ReferenceKind::kListMemberships, "2"}).empty());
}

TEST_CASE_FIXTURE(ListsFixture, "members: empty pages that say there is more end") {
  Lists({1});
  Members(1, {}, "a");
  Events();
  REQUIRE(Cycle());
  CHECK_FALSE(Of(ReferenceKind::kListMemberships).at(0).marks_gone);
  CHECK(Distrusted("cursor"));
}

TEST_CASE_FIXTURE(ListsFixture, "members: out of order and longer than asked for are said") {
  Lists({1});
  std::vector<int> many;
  for (int id = 300; id > 0; --id) many.push_back(id);
  Members(1, many);
  Events();
  REQUIRE(Cycle());
  CHECK(Of(ReferenceKind::kListMemberships).at(0).rows.size() == 300);
  CHECK_FALSE(Of(ReferenceKind::kListMemberships).at(0).marks_gone);
  CHECK(Distrusted("order"));
  CHECK(Distrusted("limit"));
  CHECK(log.Count("answer.distrusted") == 2);
}

TEST_CASE_FIXTURE(ListsFixture, "members: a page that is too large is asked for in smaller ones") {
  Lists({1});
  Fails(ApiErrorKind::kTooLarge);
  Fails(ApiErrorKind::kDecode);
  Members(1, {10});
  Events();
  REQUIRE(Cycle());
  CHECK(source.limits == std::vector<size_t>{500, 250, 125, 62, 100});
  CHECK(Of(ReferenceKind::kListMemberships).at(0).marks_gone);
}

TEST_CASE_FIXTURE(ListsFixture, "members: a list that cannot be read does not hold up the others") {
  Lists({1, 2});
  Members(1, {10}, "a");
  // 250, 125, 62, 31, 15, 7, 3, 1 and what a single one is given; then beyond all, twice.
  Fails(ApiErrorKind::kTooLarge, 7 + 3 + 2);
  Members(2, {20});
  Events();
  REQUIRE(Cycle());
  const auto members = Of(ReferenceKind::kListMemberships);
  REQUIRE(members.size() == 2);
  CHECK(members[0].rows.size() == 1);
  CHECK_FALSE(members[0].marks_gone);
  CHECK(members[1].marks_gone);
  CHECK(Complaint(ReferenceKind::kListMemberships).find("it failed") != std::string::npos);
}

TEST_CASE_FIXTURE(ListsFixture, "members: a list that is refused does not hold up the others") {
  Lists({1, 2});
  Fails(ApiErrorKind::kBadRequest);
  Members(2, {20});
  Events();
  REQUIRE(Cycle());
  const auto members = Of(ReferenceKind::kListMemberships);
  REQUIRE(members.size() == 2);
  CHECK_FALSE(members[0].marks_gone);
  CHECK(members[1].rows.size() == 1);
  CHECK(Complaint(ReferenceKind::kListMemberships).find("list 1: it failed") != std::string::npos);
}

TEST_CASE_FIXTURE(ListsFixture,
                  "lists: where the next page begins is known without HubSpot's saying so") {
  Lists({1, 2}, "2");
  Lists({3, 4}, "2");
  Lists({5});
  for (int list = 1; list <= 5; ++list) Members(list, {10});
  Events();
  REQUIRE(Cycle());
  CHECK(Of(ReferenceKind::kLists).at(0).rows.size() == 5);
  CHECK(Of(ReferenceKind::kLists).at(0).marks_gone);
  CHECK(source.afters.at(2) == "4");
  CHECK(Distrusted("cursor"));
}

TEST_CASE_FIXTURE(ListsFixture,
                  "lists: a place that jumps ahead of what was shown is not believed") {
  Lists({1, 2}, "40");
  Lists({3});
  for (int list = 1; list <= 3; ++list) Members(list, {10});
  Events();
  REQUIRE(Cycle());
  CHECK(source.afters.at(1) == "2");
  CHECK(Of(ReferenceKind::kLists).at(0).rows.size() == 3);
  CHECK(Distrusted("cursor"));
}

TEST_CASE_FIXTURE(ListsFixture,
                  "lists: one that cannot be read is passed over, and nothing is marked gone") {
  Fails(ApiErrorKind::kServer, 2 + 8 + 2);
  Lists({2});
  Members(2, {10});
  Events();
  REQUIRE(Cycle());
  CHECK(Of(ReferenceKind::kLists).at(0).rows.size() == 1);
  CHECK_FALSE(Of(ReferenceKind::kLists).at(0).marks_gone);
  CHECK(Complaint(ReferenceKind::kLists).find("the list at place 0") != std::string::npos);
}

TEST_CASE_FIXTURE(ListsFixture, "reference: a kind that always fails does not hold up the others") {
  Lists({1});
  Members(1, {10});
  Fails(ApiErrorKind::kServer, 2 + 6 + 2);
  REQUIRE(Cycle());
  CHECK(Complaint(ReferenceKind::kMarketingEvents) == "it failed");
  CHECK(Complaint(ReferenceKind::kLists).empty());
}

}  // namespace
}  // namespace hubmirror::testing
