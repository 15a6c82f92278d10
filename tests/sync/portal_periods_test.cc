// How often jobs come round, by what they cost and what HubSpot offers.

#include "sync/portal_periods.h"

#include <doctest/doctest.h>

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

StreamPlan Planned() {
  StreamPlan plan;
  plan.interval = 60s;
  plan.archived_every = 15min;
  plan.sweep_every = 24h;
  return plan;
}

TEST_CASE("periods: what reads everything takes a tenth of our day at most") {
  // 25,000 requests in 250,000 a day of ours: once a day.
  CHECK(PortalPeriods::Affordable(15min, 25'000, 250'000) == 24h);
  CHECK(PortalPeriods::Affordable(15min, 100, 250'000) == 15min);
  CHECK(PortalPeriods::Affordable(15min, 25'000, std::nullopt) == 15min);
  CHECK(PortalPeriods::Affordable(15min, 25'000, 0) == 15min);
}

TEST_CASE("periods: only the lists count on the smallest day there is where ours is not known") {
  PortalPlan plan;
  plan.quota_share = 0.5;
  const PortalPeriods periods(plan);
  CHECK(periods.Of(PeriodRule::kAsPlanned, 1h, 12'500, std::nullopt) == 1h);
  CHECK(periods.Of(PeriodRule::kAffordable, 1h, 12'500, std::nullopt) == 1h);
  CHECK(periods.Of(PeriodRule::kAffordableOnAny, 1h, 12'500, std::nullopt) == 24h);
  CHECK(periods.Of(PeriodRule::kAffordableOnAny, 1h, 12'500, 1'250'000) == 2h + 24min);
}

TEST_CASE("periods: a quiet stream is asked as often as its freshness target needs") {
  StreamPlan plan = Planned();
  PortalPlan portal;
  portal.streams = {plan};
  const PortalPeriods periods(portal);
  CHECK(periods.Interval(plan, 59min) == 60s);
  CHECK(periods.Interval(plan, 1h) == 3min);
  // Never more often than one that is not quiet.
  plan.freshness_target = 90s;
  CHECK(periods.Interval(plan, 1h) == 60s);
}

TEST_CASE("periods: where there is no archived list it is asked for once a day") {
  CHECK(PortalPeriods::OfArchivedList(15min, true, 25'000, 250'000) == 24h);
  CHECK(PortalPeriods::OfArchivedList(15min, false, 0, 250'000) == 24h);
  CHECK(PortalPeriods::OfArchivedList(48h, false, 0, 250'000) == 48h);
}

TEST_CASE("periods: the live list is walked as often as what it stands in for") {
  const StreamPlan plan = Planned();
  CHECK(PortalPeriods::OfLiveList(plan, {.live_pages = 10}, 250'000) == 24h);
  CHECK(PortalPeriods::OfLiveList(plan, {.has_archived = false, .live_pages = 10}, 250'000) ==
        15min);
  // As rarely as asked for is rare enough, whatever it costs.
  CHECK(PortalPeriods::OfLiveList(plan, {.has_archived = false, .live_pages = 100'000}, 250'000) ==
        24h);
  CHECK(PortalPeriods::OfLiveList(plan, {.searchable = false, .live_pages = 10}, 250'000) == 60s);
  CHECK(PortalPeriods::OfLiveList(plan, {.searchable = false, .live_pages = 25'000}, 250'000) ==
        24h);
}

TEST_CASE("periods: all come a little early, and not all at once") {
  CHECK(PortalPeriods::Early(100s, 0.0) == 90s);
  CHECK(PortalPeriods::Early(100s, 0.5) == 95s);
}

}  // namespace
}  // namespace hubmirror
