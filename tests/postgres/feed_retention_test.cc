#include "postgres/feed/feed_retention.h"

#include <doctest/doctest.h>

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr FeedDay kToday = 20'800;
constexpr int64_t kMegabyte = 1 << 20;

/// Noon of the day.
TimePoint Noon(FeedDay day) {
  return TimePoint(std::chrono::days(day)) + 12h;
}
int64_t Last(FeedDay day) {
  return FirstNumberOf(day) + 100;
}

/// A megabyte of entries each day from `first` to today, and two days ahead.
FeedFacts Days(FeedDay first) {
  FeedFacts facts{.now = Noon(kToday), .days = {}, .slowest = {}, .dropped_to = 0, .raised_at = {}};
  for (FeedDay day = first; day <= kToday; ++day) {
    facts.days.push_back({.day = day, .last = Last(day), .bytes = kMegabyte});
  }
  facts.days.push_back({.day = kToday + 1, .last = {}, .bytes = 0});
  facts.days.push_back({.day = kToday + 2, .last = {}, .bytes = 0});
  return facts;
}
FeedPlan Plan() {
  FeedPlan plan{.enabled = true};
  plan.keep = std::chrono::days(14);
  plan.keep_max = std::chrono::days(30);
  return plan;
}
using Drop = std::vector<FeedDay>;

TEST_CASE("feed retention: what is younger than `keep` stays, read or not") {
  const FeedRetention retention = DecideRetention(Days(kToday - 14), Plan());
  CHECK_FALSE(retention.raise_to);
  CHECK(retention.drop.empty());
}

TEST_CASE("feed retention: what is older than `keep` and read goes in two steps, an hour apart") {
  FeedFacts facts = Days(kToday - 17);
  facts.slowest = Last(kToday - 3);

  FeedRetention retention = DecideRetention(facts, Plan());
  CHECK(retention.raise_to == Last(kToday - 15));
  CHECK(retention.drop.empty());

  facts.dropped_to = Last(kToday - 15);
  facts.raised_at = facts.now - 59min;
  retention = DecideRetention(facts, Plan());
  CHECK_FALSE(retention.raise_to);
  CHECK(retention.drop.empty());

  facts.raised_at = facts.now - 60min;
  retention = DecideRetention(facts, Plan());
  CHECK(retention.drop == Drop{kToday - 17, kToday - 16, kToday - 15});
  CHECK_FALSE(retention.raise_to);
}

TEST_CASE("feed retention: what a consumer has not read stays until `keep_max`") {
  FeedFacts facts = Days(kToday - 31);
  facts.slowest = Last(kToday - 16) - 1;
  CHECK(DecideRetention(facts, Plan()).raise_to == Last(kToday - 17));

  facts.slowest = 0;
  CHECK(DecideRetention(facts, Plan()).raise_to == Last(kToday - 31));
  facts = Days(kToday - 30);
  facts.slowest = 0;
  CHECK_FALSE(DecideRetention(facts, Plan()).raise_to);
}

TEST_CASE("feed retention: above size_max the oldest go, and never the day that is counted in") {
  FeedFacts facts = Days(kToday - 3);
  facts.slowest = 0;
  FeedPlan plan = Plan();
  plan.size_max = 3 * kMegabyte;
  CHECK(DecideRetention(facts, plan).raise_to == Last(kToday - 3));

  plan.size_max = kMegabyte / 2;
  CHECK(DecideRetention(facts, plan).raise_to == Last(kToday - 1));

  // Of what is about to go, nothing counts.
  facts.dropped_to = Last(kToday - 3);
  facts.raised_at = facts.now - 60min;
  plan.size_max = 3 * kMegabyte;
  const FeedRetention retention = DecideRetention(facts, plan);
  CHECK(retention.drop == Drop{kToday - 3});
  CHECK_FALSE(retention.raise_to);
}

TEST_CASE("feed retention: the hour of what waits does not begin again") {
  FeedFacts facts = Days(kToday - 17);
  facts.dropped_to = Last(kToday - 16);
  facts.raised_at = facts.now - 59min;

  CHECK_FALSE(DecideRetention(facts, Plan()).raise_to);
}

TEST_CASE("feed retention: days without entries go, but for those that numbers may still come to") {
  FeedFacts facts = Days(kToday);
  facts.days.insert(facts.days.begin(), {.day = kToday - 5, .last = {}, .bytes = 0});
  CHECK(DecideRetention(facts, Plan()).drop == Drop{kToday - 5});

  facts.days[1].last.reset();
  facts.days[0].last = Last(kToday - 5);
  CHECK(DecideRetention(facts, Plan()).drop.empty());
}

TEST_CASE("feed retention: the day of the last entry stays, however old") {
  FeedFacts facts = Days(kToday);
  facts.now = Noon(kToday + 100);
  const FeedRetention retention = DecideRetention(facts, Plan());
  CHECK_FALSE(retention.raise_to);
  CHECK(retention.drop == Drop{kToday + 1, kToday + 2});
}

TEST_CASE("feed retention: what a purge gave up goes with its day, later entries do not") {
  FeedFacts facts = Days(kToday - 2);
  facts.dropped_to = Last(kToday) - 1;
  facts.raised_at = facts.now - 2h;

  CHECK(DecideRetention(facts, Plan()).drop == Drop{kToday - 2, kToday - 1});
  facts.now = Noon(kToday + 1);
  facts.days[3].last = Last(kToday + 1);
  CHECK(DecideRetention(facts, Plan()).drop == Drop{kToday - 2, kToday - 1});
}

TEST_CASE(
    "feed retention: a feed that was switched off stays until `keep_max`, then all of it goes") {
  FeedPlan plan = Plan();
  plan.enabled = false;
  FeedFacts facts = Days(kToday - 1);
  facts.slowest = Last(kToday);
  facts.now = Noon(kToday + 20);
  CHECK_FALSE(DecideRetention(facts, plan).raise_to);

  facts.now = Noon(kToday + 31);
  CHECK(DecideRetention(facts, plan).raise_to == Last(kToday));
  facts.dropped_to = Last(kToday);
  facts.raised_at = facts.now - 2h;
  CHECK(DecideRetention(facts, plan).drop == Drop{kToday - 1, kToday, kToday + 1, kToday + 2});
}

}  // namespace
}  // namespace hubmirror::testing
