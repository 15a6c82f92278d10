#include "jobs/reference/reference_job.h"

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/stream_fixture.h"

namespace hubmirror::test {
namespace {

/// Answers with pages that were laid down before.
class LaidPages final : public ReferenceSource {
 public:
  std::deque<ReferencePage> pages;

  Result<ReferencePage, ApiError> ReadReference(const ReferenceRequest&) override {
    ReferencePage page = std::move(pages.front());
    pages.pop_front();
    return page;
  }
};

class KeptCommits final : public ReferenceSink {
 public:
  std::vector<ReferenceCommit> commits;

  void WriteReference(const std::vector<ReferenceCommit>& written, const std::string&, JobKind,
                      const std::optional<JobProgress>&, const std::string&) override {
    commits.insert(commits.end(), written.begin(), written.end());
  }
  JobProgress LoadReferenceProgress(const std::string&, JobKind) override { return {}; }
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
  std::shared_ptr<SourceClock> source_clock = std::make_shared<SourceClock>();
  RateGovernor governor{RateGovernor::Options{}, source_clock, clock.Now()};
  MemoryLog log;
  ReferenceJob job{"acme",
                   JobKind::kCatalog,
                   {ReferenceKind::kObjectTypes},
                   {.ports = {source, sink},
                    .source_clock = *source_clock,
                    .governor = governor,
                    .clock = clock,
                    .log = log}};

  void Lay(std::vector<ReferenceRow> rows, std::optional<std::string> next = {}) {
    ReferencePage page;
    page.batches = {{ReferenceKind::kObjectTypes, std::move(rows)}};
    page.next_after = std::move(next);
    source.pages.push_back(std::move(page));
  }

  /// The tables by type id, as they were written.
  std::map<std::string, std::string> Written() {
    while (!source.pages.empty()) job.Step(clock.Now());
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

}  // namespace
}  // namespace hubmirror::test
