#include "endpoints/rate_limits.h"

#include <doctest/doctest.h>

namespace simulated_portal {
namespace {

using Exceeded = RateLimits::Exceeded;
using Lane = RateLimits::Lane;
constexpr Instant kStart = 1'790'000'000'000;

struct RateLimitsFixture {
  Switches switches{Random(1)};
  RateLimits limits{switches, -5 * 3600 * kSecond};

  Exceeded General(Instant now, const char* app = "app") {
    return limits.Take(app, Lane::kGeneral, now).exceeded;
  }
  Exceeded Search(Instant now, const char* app = "app") {
    return limits.Take(app, Lane::kSearch, now).exceeded;
  }
};

}  // namespace

TEST_CASE_FIXTURE(RateLimitsFixture, "the burst window rolls and belongs to one app") {
  limits.Configure({.burst = 2, .burst_window = 10 * kSecond, .search = 0, .daily = 0});

  CHECK(General(kStart) == Exceeded::kNothing);
  CHECK(General(kStart + 6000) == Exceeded::kNothing);
  CHECK(General(kStart + 9999) == Exceeded::kBurst);
  CHECK(General(kStart + 9999, "other") == Exceeded::kNothing);
  CHECK(General(kStart + 10'000) == Exceeded::kNothing);
  CHECK(General(kStart + 10'001) == Exceeded::kBurst);
  CHECK(limits.burst_peak() == 2);
}

TEST_CASE_FIXTURE(RateLimitsFixture,
                  "searches have their own second, shared by the account or not") {
  limits.Configure({.burst = 1, .search = 2, .daily = 0});
  REQUIRE(switches.Set("search_bucket", "account"));
  CHECK(Search(kStart) == Exceeded::kNothing);
  CHECK(Search(kStart, "other") == Exceeded::kNothing);
  CHECK(Search(kStart + 999) == Exceeded::kSearch);
  CHECK(Search(kStart + 1000) == Exceeded::kNothing);

  REQUIRE(switches.Set("search_bucket", "token"));
  CHECK(Search(kStart + 5000, "a") == Exceeded::kNothing);
  CHECK(Search(kStart + 5000, "a") == Exceeded::kNothing);
  CHECK(Search(kStart + 5000, "b") == Exceeded::kNothing);
  CHECK(Search(kStart + 5000, "a") == Exceeded::kSearch);
}

TEST_CASE_FIXTURE(RateLimitsFixture, "the day ends at midnight of the account") {
  limits.Configure({.burst = 0, .search = 0, .daily = 2});
  // 04:59:59.999 UTC is the last millisecond of the day at -05:00.
  const Instant midnight = kStart - kStart % kDay + kDay + 5 * 3600 * kSecond;
  CHECK(General(midnight - 3) == Exceeded::kNothing);
  CHECK(General(midnight - 2) == Exceeded::kNothing);
  const RateLimits::Verdict refused = limits.Take("app", Lane::kGeneral, midnight - 1);
  CHECK(refused.exceeded == Exceeded::kDaily);
  CHECK(refused.wait == 1);
  CHECK_FALSE(refused.shared);
  CHECK(General(midnight) == Exceeded::kNothing);
  CHECK(limits.daily_used() == 1);
}

TEST_CASE_FIXTURE(RateLimitsFixture, "a search counts for the day only by switch") {
  limits.Configure({.burst = 0, .search = 0, .daily = 1});
  REQUIRE(switches.Set("search_daily_count", "free"));
  CHECK(Search(kStart) == Exceeded::kNothing);
  CHECK(limits.daily_used() == 0);
  REQUIRE(switches.Set("search_daily_count", "counted"));
  CHECK(Search(kStart) == Exceeded::kNothing);
  CHECK(Search(kStart) == Exceeded::kDaily);
}

TEST_CASE_FIXTURE(RateLimitsFixture,
                  "what another app took is told apart from what the client took") {
  limits.Configure({.burst = 0, .search = 5, .daily = 0});
  REQUIRE(switches.Set("search_bucket", "account"));
  limits.SetOtherApp({.requests_per_second = 0, .searches_per_second = 4});
  CHECK(Search(kStart) == Exceeded::kNothing);
  CHECK(Search(kStart + 1000) == Exceeded::kNothing);
  const RateLimits::Verdict refused = limits.Take("app", Lane::kSearch, kStart + 1001);
  CHECK(refused.exceeded == Exceeded::kSearch);
  CHECK(refused.shared);
}

TEST_CASE_FIXTURE(RateLimitsFixture, "a limit of 0 never refuses") {
  limits.Configure({.burst = 0, .search = 0, .daily = 0});
  for (int i = 0; i < 1000; ++i) {
    CHECK(General(kStart) == Exceeded::kNothing);
    CHECK(Search(kStart) == Exceeded::kNothing);
  }
}

}  // namespace simulated_portal
