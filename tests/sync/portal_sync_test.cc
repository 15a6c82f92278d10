// A portal as a whole: what an operator asks of it and what it says of itself. What its jobs do is
// proved in tests/rules.

#include "sync/portal_sync.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "support/portal_fixture.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

using Portal = PortalFixture;

const ApiError kRefused{
    .kind = ApiErrorKind::kUnauthorized, .status = 530, .message = "HubSpot refuses the token"};

/// A feed of which this much is left, or nothing.
struct CountingKeeper final : FeedKeeper {
  FeedStatus Keep() override {
    ++times;
    if (away) throw DatabaseError(DatabaseError::Kind::kOther, "2BP01", "a view stands on it");
    return {.kept = kept, .last_seq = 5};
  }
  int times = 0;
  bool kept = true;
  bool away = false;
};

TEST_CASE("portal: a first load of all of it comes before what keeps a mirror fresh") {
  Portal acme;
  for (int64_t id = 1; id <= 9000; ++id) acme.hubspot->Put(id);
  for (int64_t id = 1; id <= 500; ++id) acme.hubspot->Archive(id);
  std::optional<int64_t> pages_before;
  acme.hubspot->on_request = [&](const std::string& what) {
    const bool keeps_fresh = what == "archived" || what == "batch" || what == "groups";
    if (keeps_fresh && !pages_before) pages_before = acme.hubspot->Count("list");
  };

  acme.WorkFor(1min);

  CHECK(pages_before.value() == 85);
  CHECK(acme.companies().state == StreamState::kCurrent);
}

TEST_CASE("portal: the end of a first load is told at once") {
  Portal acme;
  acme.hubspot->Put(1);
  acme.sync->Report(acme.clock.Now());
  REQUIRE(acme.observer.Of("companies").state != StreamState::kCurrent);

  for (int i = 0; i < 40; ++i) {
    acme.Work();
    acme.clock.Advance(250ms);
  }

  CHECK(acme.observer.Of("companies").state == StreamState::kCurrent);
}

TEST_CASE("portal: a quiet stream costs 25 searches an hour, and is fresh all the same") {
  Portal acme;
  acme.hubspot->Put(1);
  const auto searches_in = [&](Duration time) {
    const int64_t before = acme.hubspot->Count("search");
    acme.WorkFor(time);
    return acme.hubspot->Count("search") - before;
  };
  CHECK(searches_in(1h) >= 60);
  for (int hour = 0; hour < 3; ++hour) {
    CHECK(searches_in(1h) <= 25);
    CHECK(acme.companies().state == StreamState::kCurrent);
  }

  // What changes is there within the target, and then it is a stream like others.
  acme.hubspot->Put(1, {{"name", "changed"}});
  const Instant changed = acme.clock.Now();
  const auto seen = [&] { return acme.sink->rows.at(1).line.find("changed") != std::string::npos; };
  while (!seen() && acme.clock.Now() - changed < 10min) acme.WorkFor(1s);
  CHECK(acme.clock.Now() - changed < 5min);
  CHECK(searches_in(10min) >= 10);

  // A record that somebody asked for anew is as good as a poll that found something.
  CHECK(searches_in(2h) < 90);
  acme.hubspot->Put(1, {{"name", "changed again"}});
  acme.Refresh(1);
  CHECK(searches_in(10min) >= 10);
}

TEST_CASE("portal: nobody looks at an idle one but for its next step") {
  Portal acme;
  acme.hubspot->Put(1);
  acme.WorkFor(2min);
  int steps = 0;
  int looks = 0;
  for (const Instant end = acme.clock.Now() + 10min; acme.clock.Now() < end;) {
    const auto next = acme.sync->Next(acme.clock.Now());
    if (const auto* step = std::get_if<PortalSync::Assignment>(&next)) {
      acme.sync->Run(*step);
      ++steps;
    } else {
      acme.clock.Advance(std::get<Instant>(next) - acme.clock.Now());
      ++looks;
    }
  }
  CHECK(steps >= 60);
  CHECK(looks <= steps);
}

TEST_CASE("portal: it says anew how it stands after a step, and every ten seconds") {
  Portal acme;
  acme.hubspot->Put(1);
  acme.WorkFor(1min);
  const auto says = [&] {
    acme.observer.streams.clear();
    acme.sync->ReportNews(acme.clock.Now());
    return acme.observer.streams.contains("companies");
  };
  CHECK_FALSE(says());
  acme.clock.Advance(9s);
  CHECK_FALSE(says());
  acme.clock.Advance(1s);
  CHECK(says());

  acme.Work();
  CHECK(says());
  CHECK_FALSE(says());

  // While a step is under way, what it reads counts.
  acme.clock.Advance(1min);
  const auto next = acme.sync->Next(acme.clock.Now());
  REQUIRE(std::holds_alternative<PortalSync::Assignment>(next));
  CHECK(says());
  CHECK(says());
  acme.sync->Run(std::get<PortalSync::Assignment>(next));
}

TEST_CASE("portal: a table that has changed is not kept by jobs that rest") {
  Portal acme;
  acme.hubspot->Put(1);
  acme.WorkFor(30min);
  REQUIRE(acme.companies().state == StreamState::kCurrent);
  const std::weak_ptr<const MirrorTable> before = acme.sink->table;

  acme.hubspot->definitions.push_back(StreamFixture::Defined("city", "string"));
  acme.WorkFor(30min);
  CHECK(acme.sink->table->columns.size() == 5);
  CHECK(before.expired());
}

TEST_CASE("portal: its feed is kept once a minute, and the status tells how it stands") {
  CountingKeeper keeper;
  Portal acme({.feed = &keeper});
  acme.WorkFor(10s);
  CHECK(keeper.times == 1);
  CHECK(acme.observer.portal.feed.value().last_seq == 5);

  acme.WorkFor(3min);
  CHECK(keeper.times == 4);
}

TEST_CASE("portal: where the feed is off and nothing of it is left, nobody looks again") {
  CountingKeeper keeper;
  keeper.kept = false;
  Portal acme({.feed = &keeper});

  acme.WorkFor(30min);

  CHECK(keeper.times == 1);
  CHECK_FALSE(acme.observer.portal.feed.has_value());
}

TEST_CASE("portal: a feed that cannot be kept stops no stream") {
  CountingKeeper keeper;
  keeper.away = true;
  Portal acme({.feed = &keeper});
  acme.hubspot->Put(1);

  acme.WorkFor(5min);

  CHECK(acme.companies().state == StreamState::kCurrent);
  CHECK(keeper.times > 1);
}

TEST_CASE("portal: a mistake of ours is called one, stops one stream, and skips nothing") {
  Portal acme;
  acme.hubspot->Put(1);
  acme.WorkFor(1min);
  REQUIRE(acme.companies().state == StreamState::kCurrent);

  acme.sink->bug = "map::at";
  acme.hubspot->Put(1, {{"name", "changed"}});
  acme.clock.Advance(1min);
  acme.WorkFor(10s);
  const StreamStatus status = acme.companies();
  CHECK(status.state == StreamState::kFailing);
  CHECK(status.reason == "bug");
  CHECK(status.message ==
        "a mistake of ours (std::out_of_range: map::at): report it, with `hubmirror "
        "support-bundle`");
  CHECK(acme.observer.portal.stopped_by.empty());
  CHECK(acme.observer.Retried("bug"));
  CHECK(acme.Logged("step.bug") > 0);
  CHECK(acme.Logged("poll.failed") == 0);
  CHECK(acme.Logged("database.down") == 0);

  acme.sink->bug.clear();
  acme.WorkFor(2min);
  CHECK(acme.companies().state == StreamState::kCurrent);
  CHECK(acme.sink->rows.at(1).line.find("changed") != std::string::npos);
}

TEST_CASE("portal: a mistake of ours that keeps it from being opened holds it, under that name") {
  Portal acme;
  acme.sink->bug = "vector::reserve";
  acme.WorkFor(5s);
  CHECK(acme.companies().reason == "bug");
  CHECK(acme.observer.portal.stopped_by == "bug");
  CHECK(acme.observer.portal.auth_valid);
  CHECK(acme.Logged("portal.held") == 1);
  CHECK(acme.Logged("database.down") == 0);

  acme.sink->bug.clear();
  acme.WorkFor(2min);
  CHECK(acme.companies().state == StreamState::kCurrent);
  CHECK(acme.Logged("portal.resumed") == 1);
}

TEST_CASE("portal: what the table holds is unknown until somebody has asked, never nothing") {
  Portal acme;
  CHECK_FALSE(acme.companies().rows);

  acme.hubspot->errors = {kRefused};
  acme.WorkFor(5s);
  CHECK(acme.companies().state == StreamState::kBlocked);
  CHECK_FALSE(acme.companies().rows);
  CHECK_FALSE(acme.companies().load_running);
}

TEST_CASE("portal: one that cannot be opened shows what the database last knew") {
  Portal acme;
  acme.sink->last_known_rows = {{"companies", 1200}};
  acme.hubspot->errors = {kRefused};
  acme.WorkFor(5s);
  CHECK(acme.companies().state == StreamState::kBlocked);
  CHECK(acme.companies().rows == 1200);
}

TEST_CASE("portal: a reader without a role is a warning, said once, and ends with its cause") {
  Portal acme;
  acme.sink->missing_readers = {"bi"};
  acme.hubspot->Put(1);
  acme.WorkFor(30s);
  CHECK(acme.companies().state == StreamState::kCurrent);
  CHECK(acme.companies().rows == 1);
  REQUIRE(acme.observer.portal.warnings.size() == 1);
  CHECK(acme.observer.portal.warnings[0].find("CREATE ROLE \"bi\"") != std::string::npos);
  CHECK(acme.log.Count("readers.missing") == 1);

  acme.sink->missing_readers.clear();
  acme.WorkFor(1s);
  CHECK(acme.observer.portal.warnings.empty());
}

TEST_CASE("portal: reading a record again ends with what HubSpot shows of it") {
  Portal acme;
  acme.hubspot->Put(1);
  acme.hubspot->Put(2);
  acme.hubspot->Put(3);
  acme.hubspot->Archive(2);
  acme.WorkFor(30s);
  CHECK(acme.Refresh(1).found == FoundRecord::kLive);
  CHECK(acme.Refresh(2).found == FoundRecord::kArchived);
  const OperationProgress nobody = acme.Refresh(999);
  CHECK(nobody.done);
  CHECK(nobody.found == FoundRecord::kNowhere);
}

TEST_CASE("portal: a database that refuses steadily is tried less and less often") {
  Portal acme;
  for (int64_t id = 1; id <= 3; ++id) acme.hubspot->Put(id);
  acme.WorkFor(30s);
  acme.sink->refuses_rows = true;
  acme.hubspot->Put(1, {{"name", "new"}});
  acme.WorkFor(5min);
  CHECK(acme.companies().state == StreamState::kFailing);

  // A minute between two tries, at most: the search goes well each time, and the commit does not.
  const int64_t searches = acme.hubspot->Count("search");
  acme.WorkFor(10min);
  CHECK(acme.hubspot->Count("search") - searches <= 2 * 20);
  CHECK(acme.companies().state == StreamState::kFailing);

  acme.sink->refuses_rows = false;
  acme.WorkFor(2min);
  CHECK(acme.companies().state == StreamState::kCurrent);
}

TEST_CASE("portal: a stream whose sweep is owed is late, and says why") {
  Portal acme;
  for (int64_t id = 1; id <= 5000; ++id) acme.hubspot->Put(id, {{"name", "old"}});
  acme.WorkFor(3min);
  REQUIRE(acme.companies().state == StreamState::kCurrent);
  acme.clock.Advance(48h);
  for (int64_t id = 1; id <= 4000; ++id) acme.hubspot->Put(id, {{"name", "new"}});
  acme.clock.Advance(1min);
  bool owed = false;
  for (int i = 0; i < 1200 && !owed; ++i) {
    acme.Work();
    acme.clock.Advance(250ms);
    const StreamStatus status = acme.companies();
    owed = status.reason == "sweep_owed";
    if (owed) CHECK(status.state == StreamState::kLate);
  }
  CHECK(owed);
  acme.WorkFor(5min);
  CHECK(acme.companies().state == StreamState::kCurrent);
  CHECK(acme.sink->rows.at(4000).line.find("new") != std::string::npos);
}

TEST_CASE("portal: a look that is waited for ends once the database was found away again") {
  Portal acme;
  acme.WorkFor(30s);
  acme.sink->database_away = true;
  acme.WorkFor(30s);
  const ControlTarget target{"acme"};
  acme.sync->operations().Poll("");
  const auto runs = acme.sync->operations().Start(OperationKind::kPoll, target, false);
  // What was found before it was asked may be over by now.
  CHECK_FALSE(acme.sync->operations().ProgressOf(OperationKind::kPoll, target, runs).done);

  acme.Work();
  const OperationProgress progress =
      acme.sync->operations().ProgressOf(OperationKind::kPoll, target, runs);
  CHECK(progress.done);
  REQUIRE(progress.troubled.size() == 1);
  CHECK(progress.troubled[0].state == "failing");
  CHECK(progress.troubled[0].reason == "database");
  CHECK(progress.troubled[0].message == "the database is away");
}

TEST_CASE("portal: a look that found nothing has not ended well when the database is away") {
  Portal acme;
  acme.WorkFor(30s);
  acme.sink->database_away = true;
  const ControlTarget target{"acme"};
  acme.sync->operations().Poll("");
  const auto runs = acme.sync->operations().Start(OperationKind::kPoll, target, false);
  acme.Work();
  const OperationProgress away =
      acme.sync->operations().ProgressOf(OperationKind::kPoll, target, runs);
  REQUIRE(away.troubled.size() == 1);
  CHECK(away.troubled[0].reason == "database");

  acme.sink->database_away = false;
  acme.WorkFor(30s);
  const auto again = acme.sync->operations().Start(OperationKind::kPoll, target, false);
  acme.WorkFor(5s);
  const OperationProgress back =
      acme.sync->operations().ProgressOf(OperationKind::kPoll, target, again);
  CHECK(back.done);
  CHECK(back.troubled.empty());
}

TEST_CASE("portal: a block stands until the job that met it ends well, whatever the others do") {
  Portal acme;
  acme.hubspot->Put(1);
  acme.WorkFor(1min);
  REQUIRE(acme.companies().state == StreamState::kCurrent);
  acme.hubspot->archived_error =
      ApiError{.kind = ApiErrorKind::kForbidden, .status = 403, .message = "a scope is missing"};
  acme.clock.Advance(25h);
  acme.WorkFor(10s);
  REQUIRE(acme.companies().state == StreamState::kBlocked);

  // The block is over for as long as it was set for; a search comes before the archived list.
  acme.clock.Advance(16min);
  const auto searches = acme.hubspot->Count("search");
  while (acme.hubspot->Count("search") == searches) {
    const auto next = acme.sync->Next(acme.clock.Now());
    REQUIRE(std::holds_alternative<PortalSync::Assignment>(next));
    acme.sync->Run(std::get<PortalSync::Assignment>(next));
  }
  CHECK(acme.companies().state == StreamState::kBlocked);
  CHECK(acme.companies().reason == "scope");
  CHECK(acme.companies().message == "a scope is missing");

  acme.hubspot->archived_error.reset();
  acme.WorkFor(10s);
  CHECK(acme.companies().state == StreamState::kCurrent);
}

TEST_CASE(
    "portal: what was asked before a request was refused does not lift the block by its answer") {
  Portal acme;
  std::vector<PortalSync::Assignment> side_by_side;
  for (int turn = 0; turn < 100 && side_by_side.size() < 2; ++turn) {
    const auto next = acme.sync->Next(acme.clock.Now());
    const auto* const step = std::get_if<PortalSync::Assignment>(&next);
    if (step == nullptr) {
      acme.clock.Advance(250ms);
    } else if (step->job->kind() == JobKind::kCatalog) {
      side_by_side.push_back(*step);
    } else {
      acme.sync->Run(*step);
    }
  }
  REQUIRE(side_by_side.size() == 2);
  acme.clock.Advance(100ms);
  acme.hubspot->errors.push_back(
      {.kind = ApiErrorKind::kForbidden, .status = 403, .message = "a scope is missing"});
  acme.sync->Run(side_by_side[0]);
  acme.sync->Run(side_by_side[1]);

  CHECK(acme.companies().state == StreamState::kBlocked);
  CHECK(acme.companies().message == "a scope is missing");
  acme.WorkFor(16min);
  CHECK(acme.companies().state == StreamState::kCurrent);
}

TEST_CASE(
    "portal: a type without an archived list is not late for it; its sweep comes round more "
    "often") {
  Portal acme;
  acme.hubspot->Put(1);
  acme.hubspot->Put(2);
  acme.hubspot->archived_error = ApiError{.kind = ApiErrorKind::kUnsupported,
                                          .status = 400,
                                          .message = "HubSpot has no archived list of this type"};
  acme.WorkFor(1min);

  CHECK(acme.companies().state == StreamState::kCurrent);
  CHECK(acme.companies().message.find("no archived list") != std::string::npos);
  const auto asked = acme.hubspot->Count("archived");
  acme.hubspot->Archive(2);
  acme.clock.Advance(16min);
  acme.WorkFor(30s);

  // Found by the live list, within the time the archived one would have taken.
  CHECK(acme.hubspot->Count("archived") == asked);
  CHECK(acme.sink->rows.at(2).archived);
}

TEST_CASE("portal: a first load that others have left no requests for says so") {
  Portal acme;
  acme.hubspot->Put(1);
  acme.hubspot->Tell();
  Exchange answer{.portal = "acme", .status = 200};
  answer.sent_at = answer.answered_at = acme.clock.Now();
  answer.rate.daily_limit = 250'000;
  answer.rate.daily_remaining = 0;
  acme.governor->OnExchange(answer);
  acme.governor->OnExchange(answer);
  acme.WorkFor(5s);

  CHECK(acme.companies().state == StreamState::kBackfilling);
  CHECK(acme.companies().reason == "quota");
  CHECK(acme.companies().message.find("249,998 of them by others") != std::string::npos);
  CHECK(acme.observer.portal.stopped_by == "quota");
  CHECK(acme.observer.portal.message == acme.companies().message);
}

TEST_CASE("portal: locked records are nothing to tell, until they have been for two minutes") {
  Portal acme;
  acme.hubspot->Put(1);
  acme.WorkFor(1min);
  REQUIRE(acme.companies().state == StreamState::kCurrent);
  const auto said = acme.log.Count();
  const ApiError locked{.kind = ApiErrorKind::kLocked,
                        .status = 423,
                        .message = "the records are locked by a large write (423)"};
  acme.hubspot->errors.assign(10'000, locked);
  acme.WorkFor(110s);
  CHECK(acme.companies().state == StreamState::kCurrent);
  CHECK(acme.log.Count() == said);

  acme.WorkFor(80s);
  CHECK(acme.companies().state == StreamState::kFailing);
  CHECK(acme.companies().message == locked.message);

  acme.hubspot->errors.clear();
  acme.WorkFor(90s);
  CHECK(acme.companies().state == StreamState::kCurrent);
}

TEST_CASE("portal: once an archived list is taken away, the sweep of tomorrow comes at its turn") {
  Portal acme;
  acme.hubspot->Put(1);
  acme.hubspot->Put(2);
  acme.WorkFor(1min);
  REQUIRE(acme.hubspot->Count("archived") == 1);
  const auto swept = acme.hubspot->Count("list");

  acme.hubspot->archived_error = ApiError{.kind = ApiErrorKind::kUnsupported,
                                          .status = 400,
                                          .message = "HubSpot has no archived list of this type"};
  acme.hubspot->Archive(2);
  acme.clock.Advance(16min);
  acme.WorkFor(10s);
  REQUIRE(acme.hubspot->Count("archived") == 2);
  CHECK(acme.hubspot->Count("list") == swept);

  // As often as the archived list would have come.
  acme.clock.Advance(16min);
  acme.WorkFor(30s);
  CHECK(acme.hubspot->Count("list") > swept);
  CHECK(acme.sink->rows.at(2).archived);
}

}  // namespace
}  // namespace hubmirror::testing
