// A comparison reads a list as the walks do: whatever the list does, it ends, and finds what
// differs.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "jobs/walk/verify_job.h"
#include "support/stream_fixture.h"

using namespace hubmirror;
using namespace std::chrono_literals;
using hubmirror::testing::StreamFixture;

namespace {

struct Comparing : StreamFixture {
  explicit Comparing(int records) {
    for (int64_t id = 1; id <= records; ++id) hubspot.Put(id, {{"name", "a"}});
    Load();
    Pass(1min);
    job = std::make_shared<VerifyJob>(context, [this] { return context->SourceNow(); });
    job->Load({.table = sink.table});
  }
  /// Compares through failures, with the time between tries; what it found, when it ends.
  std::optional<VerifyReport> Compare(int failures_most = 60) {
    sink.compared.clear();
    for (int i = 0; i < failures_most; ++i) {
      if (Run(*job).end != StepOutcome::End::kFailed) return job->finished().report;
      Pass(1min);
    }
    return std::nullopt;
  }
  bool Distrusted(const std::string& promise) const {
    return std::ranges::count(observer.broken_promises, promise) > 0;
  }

  std::shared_ptr<VerifyJob> job;
};

}  // namespace

TEST_CASE("verify: the commit that ends it clears its cursor") {
  Comparing stream(30000);
  bool had_place = false;
  while (StepOnce(*stream.job, stream.clock.Now()).end == StepOutcome::End::kMore) {
    const auto stored = stream.sink.progress.find(JobKind::kVerify);
    if (stored != stream.sink.progress.end() && !stored->second.cursor.empty()) had_place = true;
  }
  CHECK(had_place);
  CHECK(stream.sink.progress.at(JobKind::kVerify).cursor.empty());
}

TEST_CASE("verify: what it tells of its reads is what was asked") {
  Comparing stream(350);
  stream.sink.rows.erase(200);
  stream.hubspot.Erase(120);
  const int64_t lists = stream.hubspot.Count("list");
  const auto batches = [&] {
    return stream.hubspot.Count("batch") + stream.hubspot.Count("archived_batch");
  };
  const int64_t batch_reads = batches();
  const auto report = stream.Compare();

  REQUIRE(report);
  CHECK(report->list_pages == 4);
  CHECK(report->list_pages == stream.hubspot.Count("list") - lists);
  // Neither among the archived nor among the live ones, and the latter three times.
  CHECK(report->batch_reads >= 4);
  CHECK(report->batch_reads == batches() - batch_reads);
}

TEST_CASE("verify: a list without order is compared as a whole") {
  Comparing stream(350);
  stream.hubspot.descending_lists = true;
  stream.hubspot.Erase(120);
  stream.sink.rows.erase(200);
  const auto report = stream.Compare();

  REQUIRE(report);
  CHECK(report->checked == 349);
  CHECK(report->missing == 1);
  CHECK(report->extra == 1);
  CHECK(stream.Distrusted("order"));
  // One request finds the disorder, the others read the list.
  CHECK(stream.hubspot.Count("list") < 2 * 4 + 5);
}

TEST_CASE("verify: a list whose pages name the place they were asked from is read on by ids") {
  Comparing stream(350);
  stream.hubspot.stuck_lists = true;
  stream.sink.rows.erase(333);
  const auto report = stream.Compare();

  REQUIRE(report);
  CHECK(stream.sink.compared.size() == 350);
  CHECK(report->missing == 1);
  CHECK(stream.Distrusted("cursor"));
}

TEST_CASE("verify: a page that is too large is asked for with half the limit, down to one") {
  for (const size_t largest : {40, 1}) {
    Comparing stream(250);
    stream.hubspot.largest_page = largest;
    const auto report = stream.Compare(400);
    REQUIRE(report);
    CHECK(report->checked == 250);
    CHECK(report->found() == 0);
  }
}

TEST_CASE("verify: a record that cannot be read is passed, and left to resolve") {
  Comparing stream(250);
  stream.hubspot.unreadable = {137};
  const auto report = stream.Compare();

  REQUIRE(report);
  CHECK(report->checked == 249);
  CHECK(report->found() == 0);
  CHECK(stream.sink.waiting.at(137).cause == PendingCause::kUnreadable);
}

TEST_CASE("verify: whom the list leaves out is asked about in smaller parts, too") {
  Comparing stream(250);
  for (int64_t id = 100; id < 150; ++id) stream.hubspot.left_off_lists.insert(id);
  stream.hubspot.unreadable = {120};
  const auto report = stream.Compare();

  REQUIRE(report);
  CHECK(report->checked == 200);
  CHECK(report->extra == 0);
  CHECK(stream.sink.waiting.at(120).cause == PendingCause::kUnreadable);
}

TEST_CASE("verify: a record that one answer leaves out is not extra") {
  Comparing stream(150);
  stream.hubspot.Archive(40);
  stream.hubspot.left_out = {40};
  stream.hubspot.on_request = [&, asked = 0](const std::string& what) mutable {
    if (what == "archived_batch" && ++asked > 1) stream.hubspot.left_out.clear();
  };

  const auto report = stream.Compare();

  REQUIRE(report);
  CHECK(report->extra == 0);
}

TEST_CASE("verify: a page longer than it was asked for is said") {
  Comparing stream(250);
  stream.hubspot.ignores_limits = true;
  stream.hubspot.page_size = 130;
  const auto report = stream.Compare();

  REQUIRE(report);
  CHECK(report->checked == 250);
  CHECK(stream.Distrusted("limit"));
}
