// How a portal and its streams stand, in words.

#include "sync/portal_report.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "support/portal_fixture.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

TEST_CASE("report: nine streams that ask for nine searches a second are each looked at in three") {
  PortalFixture acme({.objects = {"companies", "contacts", "deals", "tickets", "products", "calls",
                                  "emails", "meetings", "notes"},
                      .stream = [](StreamPlan& stream) { stream.interval = 1s; }});
  acme.sync->Report(acme.clock.Now());
  CHECK(acme.observer.streams.size() == 9);
  for (const auto& [object, status] : acme.observer.streams) {
    CHECK(status.jobs.at(JobKind::kChanges).target == 3s);
  }
}

TEST_CASE("report: a consumer of the feed that is lost, or about to be, is a warning") {
  PortalPlan plan;
  plan.key = "acme";
  plan.feed.enabled = true;
  const TimePoint now{std::chrono::days{20'000}};
  FeedStatus feed;
  feed.consumers = {{.name = "well", .waits_since = now - std::chrono::days{7}},
                    {.name = "slow", .waits_since = now - std::chrono::days{7} - 1s},
                    {.name = "old", .waits_since = now - std::chrono::days{40}, .lost = true}};

  const std::vector<std::string> warnings = FeedWarnings(plan, feed, now);

  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0].find("consumer slow has not read for 7 days, and entries go after 30 days") !=
        std::string::npos);
  CHECK(warnings[1].find("hubmirror feed reset acme old --to now") != std::string::npos);
  feed.consumers.clear();
  feed.bytes = plan.feed.size_max + 1;
  CHECK(FeedWarnings(plan, feed, now).at(0).find("raise feed.size_max") != std::string::npos);
}

TEST_CASE("report: rows that need a person, and what holds them, are warnings") {
  PortalPlan plan;
  plan.key = "acme";
  WriteStatus write{.objects = {{.object = "contacts", .rows = {{"queued", 900}}}}};
  CHECK(WriteWarnings(plan, write).empty());
  write.objects[0].rows = {{"failed", 1}, {"conflict", 2}, {"unknown", 3}};
  write.objects[0].doubt = 3;
  write.objects[0].blocked = 1;
  write.objects[0].loops = 2;
  write.objects[0].holds = {{.reason = "mass", .message = "too many"},
                            {.reason = "paused", .message = "paused by hand"}};
  const std::vector<std::string> warnings = WriteWarnings(plan, write);
  REQUIRE(warnings.size() == 7);
  CHECK(warnings[0].find("contacts is held: too many") != std::string::npos);
  CHECK(warnings[0].find("`hubmirror write release acme`") != std::string::npos);
  CHECK(warnings[1].find("`hubmirror write resume acme`") != std::string::npos);
  CHECK(warnings[2].find("3 rows of which nobody knows") != std::string::npos);
  CHECK(warnings[3].find("1 row that failed") != std::string::npos);
  CHECK(warnings[4].find("2 rows in conflict: `hubmirror write list acme/contacts --state "
                         "conflict`") != std::string::npos);
  CHECK(warnings[5].find("2 records written again and again") != std::string::npos);
  CHECK(warnings[5].find("`hubmirror write release acme/contacts/ID`") != std::string::npos);
  CHECK(warnings[6].find("grant it in HubSpot; the event write.blocked") != std::string::npos);

  const WriteStatus taken{.objects = {{.object = "contacts", .view_taken = true}}};
  CHECK(WriteWarnings(plan, taken) ==
        std::vector<std::string>{"write: contacts has no view to write into: another relation is "
                                 "called contacts_write; rename or drop that, then `hubmirror "
                                 "reload`"});
}

TEST_CASE("report: a first load shows how far it is and how long it still takes") {
  PortalFixture acme;
  acme.hubspot->page_size = 10;
  for (int64_t id = 1; id <= 2000; ++id) acme.hubspot->Put(id);
  for (int step = 0; step < 60; ++step) {
    const auto next = acme.sync->Next(acme.clock.Now());
    acme.clock.Advance(250ms);
    if (const auto* turn = std::get_if<PortalSync::Assignment>(&next)) acme.sync->Run(*turn);
    acme.sync->Report(acme.clock.Now());
  }
  const StreamStatus status = acme.companies();
  CHECK(status.load_running);
  CHECK(status.load_done > 0);
  CHECK(status.load_expected == 2000);
  REQUIRE(status.load_eta);
  CHECK(*status.load_eta > 10s);
  CHECK(acme.observer.portal.buffered_bytes >= 0);
  CHECK(acme.Logged("backfill.started") == 1);

  acme.WorkFor(2min);
  CHECK(acme.companies().state == StreamState::kCurrent);
  CHECK(acme.Logged("backfill.finished") == 1);
  CHECK(acme.companies().load_done == 2000);
}

TEST_CASE("report: a first load that ends between two reports is said to have ended, once") {
  PortalFixture acme;
  acme.hubspot->Put(1);
  for (int turn = 0; turn < 240; ++turn) {
    acme.Work();
    acme.clock.Advance(250ms);
  }
  acme.sync->Report(acme.clock.Now());
  CHECK(acme.Logged("backfill.finished") == 1);

  acme.WorkFor(1min);
  CHECK(acme.companies().state == StreamState::kCurrent);
  CHECK(acme.Logged("backfill.finished") == 1);
}

TEST_CASE("report: a stream that cannot be searched says how it is followed") {
  PortalFixture acme;
  acme.hubspot->Put(1);
  acme.hubspot->search_refused = true;
  acme.WorkFor(10min);
  CHECK(acme.companies().state == StreamState::kCurrent);
  CHECK(acme.companies().message.find("does not know this object type") != std::string::npos);
  acme.hubspot->Put(1, {{"name", "b"}});
  acme.WorkFor(2min);
  CHECK(acme.sink->rows.at(1).line.find('b') != std::string::npos);
}

TEST_CASE("report: an archived list that is too long for a tenth of the day says how often") {
  PortalFixture acme({.budget = {.quota_share = 1, .daily = 960}});
  for (int64_t id = 1; id <= 20; ++id) {
    acme.hubspot->Put(id);
    acme.hubspot->Archive(id);
  }
  // Twenty pages every quarter of an hour would be twice the day.
  acme.hubspot->page_size = 1;
  acme.WorkFor(2min);
  CHECK(acme.companies().message.find("the archived list is walked every 300 minutes") !=
        std::string::npos);
  CHECK(acme.companies().jobs.at(JobKind::kArchived).target == 300min);
}

TEST_CASE(
    "report: whoever is older than its target is late, with the quota's word where it is why") {
  PortalFixture acme({.stream = [](StreamPlan& stream) { stream.interval = 10min; }});
  acme.hubspot->Put(1);
  acme.WorkFor(1min);
  REQUIRE(acme.companies().state == StreamState::kCurrent);
  acme.clock.Advance(6min);
  CHECK(acme.companies().state == StreamState::kLate);
  CHECK(acme.companies().reason == "freshness_target");
}

TEST_CASE("report: records that nothing proves gone are told with the way to decide") {
  PortalFixture acme;
  acme.hubspot->Put(1);
  acme.hubspot->Put(2);
  acme.WorkFor(1min);
  acme.hubspot->Erase(2);
  acme.operations().Backfill("");
  acme.WorkFor(1h);
  const StreamStatus status = acme.companies();
  REQUIRE(status.unproved == 1);
  CHECK(status.message.find("hubmirror resolve acme/companies --accept") != std::string::npos);
}

TEST_CASE("report: what the database is told is told once, until it changes") {
  PortalFixture acme;
  acme.hubspot->Put(1);
  acme.WorkFor(1min);
  REQUIRE(acme.sink->states.size() == 1);
  CHECK(acme.sink->states[0] == "current");
  acme.operations().Pause("", true);
  acme.WorkFor(2s);
  REQUIRE(acme.sink->states.size() == 2);
  CHECK(acme.sink->states[1] == "paused/operator");
  CHECK(acme.Logged("stream.state") == 1);
}

TEST_CASE("report: a portal with custom types, lists and owners tells of each") {
  PortalFixture acme({.plan = [](PortalPlan& plan) { plan.custom_asked = {"cars"}; }});
  acme.references.types = {{.type_id = "2-1", .name = "cars", .full_name = "p1_cars"}};
  acme.hubspot->Put(1);
  CHECK_FALSE(acme.sync->found_types());
  acme.WorkFor(1min);
  REQUIRE(acme.sync->found_types());
  CHECK(acme.sync->found_types()->front().type_id == "2-1");
  const auto& reference = acme.observer.portal.reference;
  REQUIRE(reference.size() == 8);
  CHECK(std::ranges::all_of(reference, [](const ReferenceStatus& status) {
    return status.last_complete_at && status.target > 0s;
  }));
}

TEST_CASE("portal report: a webhook that needs a person is a warning with the next step") {
  const PortalPlan plan{.key = "acme"};
  const TimePoint now{std::chrono::days(20'000)};
  const auto of = [&](FeedWebhook webhook) {
    webhook.name = "won";
    std::string all;
    for (const std::string& warning : FeedWarnings(plan, {.webhooks = {webhook}}, now)) {
      all += warning + "\n";
    }
    return all;
  };
  CHECK(of({}) == "");
  CHECK(of({.failing = true, .reason = "it answered HTTP 503", .waits_since = now - 14min}) == "");
  CHECK(of({.failing = true, .reason = "it answered HTTP 503", .waits_since = now - 16min}) ==
        "feed: webhook won waits for its receiver: it answered HTTP 503\n");
  CHECK(of({.stopped = true, .reason = "it is gone for good (HTTP 410)"}) ==
        "feed: webhook won is stopped (it is gone for good (HTTP 410)): mend the receiver, then "
        "`hubmirror feed webhook start acme won`\n");
  CHECK(of({.lost = true}) ==
        "feed: webhook won has missed entries, which are dropped: `hubmirror feed webhook start "
        "acme won --to oldest`\n");
  CHECK(of({.dead = 2}) ==
        "feed: the receiver of webhook won refused 2 for good: `hubmirror feed dead list acme "
        "won`\n");
}

}  // namespace
}  // namespace hubmirror::testing
