// What an operator asks of a portal, and when it has come to its end.

#include "sync/portal_operations.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/portal_fixture.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

/// A loaded portal with everything that there is to mirror, and what is asked of it.
struct Asked : PortalFixture {
  explicit Asked(int records = 3)
      : PortalFixture({.stream = [](StreamPlan& stream) { stream.history = {"name"}; }}) {
    for (int64_t id = 1; id <= records; ++id) hubspot->Put(id, {{"name", "a"}});
    WorkFor(2min);
    REQUIRE(companies().state == StreamState::kCurrent);
  }

  ControlTarget target{"acme"};

  PortalOperations::Runs Start(OperationKind kind, bool repair = false) {
    return operations().Start(kind, target, repair);
  }
  OperationProgress Progress(OperationKind kind, const PortalOperations::Runs& runs) {
    return operations().ProgressOf(kind, target, runs);
  }
  /// How it ends within so long; not `done`: it does not.
  OperationProgress Follow(OperationKind kind, const PortalOperations::Runs& runs,
                           Duration patience = 3min) {
    for (const Instant end = clock.Now() + patience; clock.Now() < end; WorkFor(1s)) {
      OperationProgress progress = Progress(kind, runs);
      if (!progress.done) continue;
      operations().End(kind, target);
      return progress;
    }
    return {};
  }
};

TEST_CASE("settle: every job runs once more, the portal's own too, and nothing is pending") {
  Asked acme;
  const auto lists = acme.hubspot->Count("list");
  const auto archived = acme.hubspot->Count("archived");
  const int owners = acme.references.asked[ReferenceKind::kOwners];
  const int all_lists = acme.references.asked[ReferenceKind::kLists];
  const auto runs = acme.Start(OperationKind::kSettle);
  const OperationProgress begun = acme.Progress(OperationKind::kSettle, runs);
  CHECK_FALSE(begun.done);
  // Catalog, changes, sweep, archived, links; owners and lists.
  CHECK(begun.jobs_left == 7);
  CHECK(begun.pending == 1);

  CHECK(acme.Follow(OperationKind::kSettle, runs).done);
  CHECK(acme.hubspot->Count("list") > lists);
  CHECK(acme.hubspot->Count("archived") > archived);
  CHECK(acme.references.asked[ReferenceKind::kOwners] > owners);
  CHECK(acme.references.asked[ReferenceKind::kLists] > all_lists);
}

TEST_CASE("settle: of one object it leaves the portal's own tables alone") {
  Asked acme;
  acme.target.object = "companies";
  const int owners = acme.references.asked[ReferenceKind::kOwners];
  const auto runs = acme.Start(OperationKind::kSettle);
  CHECK(acme.Progress(OperationKind::kSettle, runs).jobs_left == 5);
  CHECK(acme.Follow(OperationKind::kSettle, runs).done);
  CHECK(acme.references.asked[ReferenceKind::kOwners] == owners);
}

TEST_CASE("settle: who gives it up before its end leaves the jobs at their pace") {
  Asked acme;
  const auto lists = acme.hubspot->Count("list");
  const auto runs = acme.Start(OperationKind::kSettle);
  acme.operations().End(OperationKind::kSettle, acme.target);
  CHECK(acme.Progress(OperationKind::kSettle, runs).jobs_left == 0);
  CHECK(lists == acme.hubspot->Count("list"));
}

TEST_CASE("settle: what waits for a person is named, and not waited for") {
  Asked acme;
  acme.operations().Pause("companies", true);
  const auto runs = acme.Start(OperationKind::kSettle);
  const OperationProgress progress = acme.Follow(OperationKind::kSettle, runs);
  CHECK(progress.done);
  REQUIRE(progress.troubled.size() == 1);
  CHECK(progress.troubled[0].state == "paused");
  acme.operations().Pause("companies", false);
  CHECK(acme.companies().state == StreamState::kCurrent);
}

TEST_CASE("backfill: the whole list is walked again, and counts what it has walked over") {
  Asked acme(30);
  acme.hubspot->page_size = 5;
  const auto lists = acme.hubspot->Count("list");
  const auto runs = acme.Start(OperationKind::kBackfill);
  CHECK(acme.Progress(OperationKind::kBackfill, runs).jobs_left == 1);
  const OperationProgress progress = acme.Follow(OperationKind::kBackfill, runs);
  CHECK(progress.done);
  CHECK(progress.checked == 30);
  CHECK(progress.expected == 30);
  CHECK(acme.hubspot->Count("list") >= lists + 6);
}

TEST_CASE("verify: a comparison of its own, which mends only when it is asked to") {
  Asked acme;
  // The one of the day is over.
  acme.WorkFor(1min);
  acme.sink->repairs = 0;
  const auto looking = acme.Start(OperationKind::kVerify, false);
  const OperationProgress looked = acme.Follow(OperationKind::kVerify, looking);
  REQUIRE(looked.verified.contains("companies"));
  CHECK(looked.verified.at("companies").checked == 3);
  CHECK(looked.checked == 3);
  CHECK(acme.sink->repairs == 0);

  const auto mending = acme.Start(OperationKind::kVerify, true);
  CHECK(acme.Progress(OperationKind::kVerify, mending).jobs_left == 1);
  CHECK(acme.Follow(OperationKind::kVerify, mending).done);
  CHECK(acme.sink->repairs > 0);
}

TEST_CASE("poll: a look that begins now, and ends with it") {
  Asked acme;
  acme.WorkFor(2s);
  const auto searches = acme.hubspot->Count("search");
  acme.operations().Poll("companies");
  const auto runs = acme.Start(OperationKind::kPoll);
  CHECK_FALSE(acme.Progress(OperationKind::kPoll, runs).done);
  CHECK(acme.Follow(OperationKind::kPoll, runs, 5s).done);
  CHECK(acme.hubspot->Count("search") == searches + 1);
}

TEST_CASE("resolve: what became of a record that is suspected to be gone") {
  Asked acme;
  acme.hubspot->Archive(2);
  acme.operations().Backfill("companies");
  acme.WorkFor(5s);
  const auto runs = acme.Start(OperationKind::kResolve);
  acme.operations().Resolve("companies", false);
  CHECK(acme.Progress(OperationKind::kResolve, runs).pending > 0);
  CHECK(acme.Follow(OperationKind::kResolve, runs, 30min).done);
  CHECK(acme.sink->rows.at(2).archived);
}

TEST_CASE("resolve: a stream that is held as suspicious is released when somebody agrees") {
  Asked acme(200);
  for (int64_t id = 1; id <= 200; ++id) acme.hubspot->Put(id, {{"name", ""}});
  acme.sink->values_lost_per_write = {{"name", 200}};
  acme.WorkFor(5min);
  REQUIRE(acme.companies().state == StreamState::kSuspicious);
  CHECK(acme.companies().reason == "mass_change");
  CHECK(acme.Logged("stream.suspicious") == 1);

  acme.sink->values_lost_per_write.clear();
  acme.operations().Resolve("companies", true);
  acme.WorkFor(5min);
  CHECK(acme.companies().state == StreamState::kCurrent);
}

TEST_CASE("refresh: a record that is read again for its own sake") {
  Asked acme;
  acme.hubspot->Calculate(2, "name", "b");
  acme.operations().Refresh("companies", RecordId{2});
  acme.WorkFor(5s);
  CHECK(acme.sink->rows.at(2).line.find('b') != std::string::npos);
}

TEST_CASE("apply schema: a look at the definitions, and the table in step with them") {
  Asked acme;
  acme.hubspot->definitions.push_back(StreamFixture::Defined("score", "number"));
  const auto runs = acme.Start(OperationKind::kApplySchema);
  CHECK(acme.Progress(OperationKind::kApplySchema, runs).jobs_left == 1);
  const OperationProgress progress = acme.Follow(OperationKind::kApplySchema, runs);
  CHECK(progress.done);
  CHECK(progress.blocked.empty());
  const auto& columns = acme.sink->table->columns;
  CHECK(std::ranges::any_of(columns,
                            [](const MirrorColumn& each) { return each.property() == "score"; }));
}

TEST_CASE("cost: of a portal what is beside its streams counts, of an object only that") {
  Asked acme;
  const OperationCost all = acme.operations().CostOf(OperationKind::kSettle, "");
  const OperationCost one = acme.operations().CostOf(OperationKind::kSettle, "companies");
  CHECK(all.requests() > one.requests());
  CHECK(std::ranges::none_of(one.parts, [](const auto& part) { return part.object.empty(); }));
  CHECK(all.at_least == std::chrono::seconds(all.requests() / 10));
}

}  // namespace
}  // namespace hubmirror::testing
