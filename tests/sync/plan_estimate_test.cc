#include "sync/plan_estimate.h"

#include <doctest/doctest.h>

#include "sync/operation_cost.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

PortalPlan TwoObjects() {
  PortalPlan plan;
  for (const char* name : {"contacts", "deals"}) {
    StreamPlan stream{.object = *FindObjectType(name)};
    stream.interval = 60s;
    stream.catalog_every = 1h;
    stream.archived_every = 24h;
    stream.sweep_every = 24h;
    stream.verify_every = 24h;
    stream.links_every = 24h;
    plan.streams.push_back(stream);
  }
  plan.lists_every = 24h;
  return plan;
}

int64_t Requests(const PlanEstimate& estimate, const std::string& name) {
  for (const PlanEstimate::Job& job : estimate.jobs) {
    if (job.name == name) return job.requests_a_day;
  }
  return -1;
}

TEST_CASE("plan: a request for every hundred records and every thousand of each pair's links") {
  const auto estimate = EstimatePlan(TwoObjects(), {{"contacts", 100'001}, {"deals", 100}}, 0);
  CHECK(Requests(estimate, "sweep") == 1001 + 1);
  CHECK(Requests(estimate, "verify") == 1001 + 1);
  // Contacts with contacts and with deals, deals with deals: the lower type's records are asked.
  CHECK(Requests(estimate, "links") == 2 * 101 + 1);
  CHECK(Requests(estimate, "changes") == 2 * 1440 + 20 + 1);
  // Live and archived definitions, groups and the count; deals have pipelines, contacts have none.
  CHECK(Requests(estimate, "catalog") == 24 * 4 + 24 * 5);
  int64_t sum = 0;
  for (const PlanEstimate::Job& job : estimate.jobs) sum += job.requests_a_day;
  CHECK(estimate.requests_a_day == sum);
  CHECK(estimate.jobs.front().name == "changes");
  CHECK(estimate.changes_a_day == 2000 + 2);
  CHECK(estimate.requests_for_changes == Requests(estimate, "changes"));
}

TEST_CASE("plan: what is read for named properties is counted") {
  PortalPlan plan = TwoObjects();
  plan.streams[0].columns = {"hs_hidden"};
  for (StreamPlan& stream : plan.streams) stream.catalog_every = 5min;
  const auto estimate = EstimatePlan(plan, {}, 1000);
  // Two kinds of sensitive definitions and a page of records, once an hour.
  CHECK(Requests(estimate, "catalog") == 288 + 24 * (3 + 3) + 288 * 2 + 24 * 3);
  plan.streams[0].columns.clear();
  CHECK(EstimatePlan(plan, {}, 1000).backfill_requests == estimate.backfill_requests - 3);
}

TEST_CASE("plan: a wider burst makes the first load shorter, in proportion") {
  PortalPlan plan = TwoObjects();
  const auto slow = EstimatePlan(plan, {}, 100'000);
  plan.burst = 1000;
  const auto fast = EstimatePlan(plan, {}, 100'000);
  CHECK(slow.backfill_requests == fast.backfill_requests);
  CHECK(slow.backfill > 9 * fast.backfill);
}

TEST_CASE("plan: where HubSpot refuses the archived list the sweep comes round in its place") {
  PortalPlan plan = TwoObjects();
  plan.streams[0].object = *FindObjectType("meetings");
  for (StreamPlan& stream : plan.streams) stream.archived_every = 15min;
  plan.daily = 250'000;
  plan.quota_share = 0.5;
  const auto estimate = EstimatePlan(plan, {{"meetings", 1000}, {"deals", 1000}}, 0);
  CHECK(estimate.without_archived_list == std::vector<std::string>{"meetings"});
  CHECK(Requests(estimate, "archived") == 96);
  CHECK(Requests(estimate, "sweep") == 96 * 10 + 10);

  // Never more than a tenth of our share of the day, and never less than `sweep.every`.
  const auto many = EstimatePlan(plan, {{"meetings", 500'000}, {"deals", 1000}}, 0);
  CHECK(Requests(many, "sweep") == 2 * 5000 + 10);
  const auto most = EstimatePlan(plan, {{"meetings", 5'000'000}, {"deals", 1000}}, 0);
  CHECK(Requests(most, "sweep") == 50'000 + 10);
}

std::string Costs(OperationKind kind, const StreamSize& size) {
  const PortalPlan plan = TwoObjects();
  std::string text;
  for (const auto& part : CostOfOperation(kind, plan, plan.streams.front(), size)) {
    text += (text.empty() ? "" : " ") + std::to_string(part.requests);
  }
  return text;
}

TEST_CASE("cost: what an operation asks for grows with the records, as its pages do") {
  CHECK(Costs(OperationKind::kPoll, {.rows = 100'001}) == "1");
  CHECK(Costs(OperationKind::kBackfill, {.rows = 100'001}) == "1001");
  CHECK(Costs(OperationKind::kVerify, {.rows = 0}) == "1");
  CHECK(Costs(OperationKind::kResolve, {.rows = 100'001, .pending = 0}) == "0");
  CHECK(Costs(OperationKind::kResolve, {.rows = 100'001, .pending = 101}) == "4");
  // Definitions, search, list, archived list, links to contacts and to deals.
  CHECK(Costs(OperationKind::kSettle, {.rows = 100'001}) == "4 1 1001 20 202");
}

}  // namespace
}  // namespace hubmirror
