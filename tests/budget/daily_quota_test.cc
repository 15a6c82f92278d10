#include "budget/daily_quota.h"

#include <doctest/doctest.h>

using namespace hubmirror;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kNoon{std::chrono::sys_days{std::chrono::year{2026} / 9 / 1} + 12h};

void Count(DailyQuota& quota, int requests, TimePoint at) {
  for (int i = 0; i < requests; ++i) quota.Count(at);
}

/// Two answers that agree.
void Learn(DailyQuota& quota, std::optional<int64_t> limit, std::optional<int64_t> remaining,
           TimePoint at) {
  quota.Learn(limit, remaining, at);
  quota.Learn(limit, remaining, at);
}

}  // namespace

TEST_CASE("daily quota: without a known limit there is no share and no wait") {
  DailyQuota quota(0.5, std::nullopt);
  Count(quota, 1000, kNoon);
  CHECK_FALSE(quota.share().has_value());
  CHECK(quota.Wait(kNoon, 1) == 0ms);
}

TEST_CASE("daily quota: at our share nothing is sent until midnight") {
  DailyQuota quota(0.5, 200);
  Count(quota, 99, kNoon);
  CHECK(quota.Wait(kNoon, 1) == 0ms);
  Count(quota, 1, kNoon);
  CHECK(quota.Wait(kNoon, 1) == 12h);
}

TEST_CASE("daily quota: requests without an answer yet count toward the share") {
  DailyQuota quota(0.5, 200);
  Count(quota, 95, kNoon);
  CHECK(quota.Wait(kNoon, 5) == 0ms);
  CHECK(quota.Wait(kNoon, 6) == 12h);
}

TEST_CASE("daily quota: answers tell the limit, before the configured one") {
  DailyQuota quota(0.5, 1000);
  Learn(quota, 200, std::nullopt, kNoon);
  CHECK(quota.share() == 100);
}

TEST_CASE("daily quota: a limit of nothing is no limit") {
  DailyQuota quota(0.5, std::nullopt);
  Count(quota, 1, kNoon);
  Learn(quota, 0, 0, kNoon);
  CHECK(quota.Wait(kNoon, 1) == 0ms);
}

TEST_CASE("daily quota: midnight is the account's") {
  DailyQuota quota(1.0, 10);
  quota.set_utc_offset(-5h);
  Count(quota, 10, kNoon);
  CHECK(quota.Wait(kNoon, 1) == 17h);
  CHECK(quota.Wait(kNoon + 17h, 1) == 0ms);

  Count(quota, 1, kNoon + 17h);

  CHECK(quota.requests() == 1);
}

TEST_CASE("daily quota: when others have used everything up, we wait too") {
  DailyQuota quota(0.5, std::nullopt);
  Count(quota, 1, kNoon);
  Learn(quota, 1000, 3, kNoon);
  CHECK(quota.Wait(kNoon, 3) == 0ms);
  CHECK(quota.Wait(kNoon, 4) == 12h);
}

TEST_CASE("daily quota: a refusal for the day holds until a request that asks again is served") {
  DailyQuota quota(0.5, 1000);
  Count(quota, 1, kNoon);
  quota.UsedUp(kNoon);
  CHECK(quota.Wait(kNoon + 1min, 1) == 12h - 1min);
  CHECK(quota.ToProbe(kNoon + 1min) == 4min);
  CHECK(quota.ToProbe(kNoon + 6min) == 0ms);

  quota.Served();
  CHECK(quota.Wait(kNoon + 6min, 1) == 0ms);
}

TEST_CASE("daily quota: what one answer tells counts when the next one agrees") {
  DailyQuota quota(0.5, std::nullopt);
  Count(quota, 10'000, kNoon);
  quota.Learn(10'000, 0, kNoon);
  CHECK(quota.Wait(kNoon, 1) == 0ms);
  quota.Learn(650'000, 500'000, kNoon);
  quota.Learn(10'000, 0, kNoon);
  CHECK(quota.Wait(kNoon, 1) == 0ms);
  CHECK_FALSE(quota.limit());
  quota.Learn(10'000, 0, kNoon);
  CHECK(quota.Wait(kNoon, 1) == 12h);
}

TEST_CASE("daily quota: our share of a configured limit is over until midnight, unasked") {
  DailyQuota quota(0.5, 200);
  Count(quota, 100, kNoon);
  CHECK(quota.Wait(kNoon, 1) == 12h);
  CHECK_FALSE(quota.ToProbe(kNoon + 1h));
}

TEST_CASE("daily quota: a day that a wrong clock saved is not waited for") {
  DailyQuota quota(0.5, 200);
  quota.Restore({.day = 24'855, .requests = 100});
  CHECK(quota.Wait(kNoon, 1) == 0ms);
  Count(quota, 1, kNoon);
  CHECK(quota.requests() == 1);
}

TEST_CASE("daily quota: a rest that rises begins a new day") {
  DailyQuota quota(0.5, 100'000);
  Count(quota, 50'000, kNoon);
  Learn(quota, 100'000, 20'000, kNoon);
  REQUIRE(quota.Wait(kNoon, 1) > 0ms);

  Learn(quota, 100'000, 99'990, kNoon + 1min);

  CHECK(quota.requests() == 1);
  CHECK(quota.Wait(kNoon + 1min, 1) == 0ms);
}

TEST_CASE("daily quota: from then on the day begins at that time") {
  DailyQuota quota(0.5, 100'000);
  quota.set_utc_offset(-11h);
  Count(quota, 1, kNoon - 2h);
  Learn(quota, 100'000, 20'000, kNoon - 1min);

  // The account's clocks went back: midnight came at 12:00 and not, as before, at 11:00.
  Learn(quota, 100'000, 99'990, kNoon + 1min);
  Count(quota, 49'999, kNoon + 1min);

  CHECK(quota.Wait(kNoon + 1min, 1) == 24h - 1min);
}

TEST_CASE("daily quota: a rise after a long silence does not tell when the day began") {
  DailyQuota quota(0.5, 100'000);
  Count(quota, 1, kNoon);
  Learn(quota, 100'000, 20'000, kNoon);

  Learn(quota, 100'000, 99'990, kNoon + 5h);
  Count(quota, 49'999, kNoon + 5h);

  CHECK(quota.Wait(kNoon + 5h, 1) == 7h);
}

TEST_CASE("daily quota: answers that overtake each other do not begin a day") {
  DailyQuota quota(0.5, 100'000);
  Count(quota, 10, kNoon);
  Learn(quota, 100'000, 20'000, kNoon);
  Learn(quota, 100'000, 20'120, kNoon);
  CHECK(quota.requests() == 10);
}

TEST_CASE("daily quota: what was saved is the same day's count after a restart") {
  DailyQuota before(0.5, 200);
  Count(before, 100, kNoon);
  DailyQuota after(0.5, 200);
  after.Restore(before.Save());
  CHECK(after.Wait(kNoon, 1) == 12h);
  CHECK(after.Wait(kNoon + 12h, 1) == 0ms);
}
