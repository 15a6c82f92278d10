#include "budget/rate_governor.h"

#include <doctest/doctest.h>

#include "budget/exchanges.h"

using namespace hubmirror;
using namespace hubmirror::testing;
using namespace std::chrono_literals;

namespace {

/// Long after the start, when the windows have warmed up.
constexpr Instant kLater = kStart + 1min;

RateGovernor Governor(RateGovernor::Options options = {}) {
  return RateGovernor(options, ClockFromNoon(), kStart);
}

/// Takes slots until none is free; each request is answered after 50 ms.
int TakeAll(RateGovernor& governor, Lane lane, Instant now) {
  int taken = 0;
  while (taken < 1000 && governor.Take(lane, 1, now).open()) ++taken;
  const Endpoint endpoint = lane == Lane::kSearch ? Endpoint::kSearch : Endpoint::kList;
  for (int i = 0; i < taken; ++i) governor.OnExchange(Answered(endpoint, now));
  return taken;
}

Exchange WithBurst(Instant sent_at, int64_t limit, int64_t remaining) {
  Exchange answer = Answered(Endpoint::kList, sent_at);
  answer.rate.burst_limit = limit;
  answer.rate.burst_remaining = remaining;
  return answer;
}

Instant NotBefore(RateGovernor& governor, Lane lane, Instant now) {
  const Slot slot = governor.Take(lane, 1, now);
  REQUIRE_FALSE(slot.open());
  return slot.not_before();
}

}  // namespace

TEST_CASE("rate governor: until an answer tells the limit it is that of the smallest tier") {
  RateGovernor governor = Governor();
  CHECK(TakeAll(governor, Lane::kBurst, kLater) == 97);
}

TEST_CASE("rate governor: the limit comes from the answers, 97 % of it is planned") {
  RateGovernor governor = Governor();
  REQUIRE(governor.Take(Lane::kBurst, 1, kLater).open());
  governor.OnExchange(WithBurst(kLater, 190, 189));
  governor.OnExchange(WithBurst(kLater, 190, 188));
  CHECK(TakeAll(governor, Lane::kBurst, kLater + 20s) == 184);
}

TEST_CASE("rate governor: a configured limit keeps room for others, it cannot make more") {
  RateGovernor low = Governor({.burst = 50});
  low.OnExchange(WithBurst(kStart, 190, 189));
  low.OnExchange(WithBurst(kStart, 190, 188));
  CHECK(TakeAll(low, Lane::kBurst, kLater) == 48);

  RateGovernor high = Governor({.burst = 1000});
  high.OnExchange(WithBurst(kStart, 190, 189));
  high.OnExchange(WithBurst(kStart, 190, 188));
  CHECK(TakeAll(high, Lane::kBurst, kLater) == 184);
}

TEST_CASE("rate governor: a burst slot comes back ten seconds after its request can have arrived") {
  RateGovernor governor = Governor();
  REQUIRE(TakeAll(governor, Lane::kBurst, kLater) == 97);
  CHECK(NotBefore(governor, Lane::kBurst, kLater + 1s) == kLater + 10'050ms);
}

TEST_CASE(
    "rate governor: a slow answer holds its burst slot no longer than its request may travel") {
  RateGovernor governor = Governor({.burst = 1});
  REQUIRE(governor.Take(Lane::kBurst, 1, kLater).open());
  governor.OnExchange(Answered(Endpoint::kList, kLater, 5s));
  CHECK(NotBefore(governor, Lane::kBurst, kLater + 5s) == kLater + 10'300ms);
}

TEST_CASE("rate governor: a search slot comes back one second after the answer") {
  RateGovernor governor = Governor();
  REQUIRE(TakeAll(governor, Lane::kSearch, kLater) == 4);
  CHECK(NotBefore(governor, Lane::kSearch, kLater + 100ms) == kLater + 1'050ms);
  CHECK(TakeAll(governor, Lane::kSearch, kLater + 1'050ms) == 4);
}

TEST_CASE("rate governor: searches and other requests do not share slots") {
  RateGovernor governor = Governor();
  REQUIRE(TakeAll(governor, Lane::kBurst, kLater) > 0);
  CHECK(TakeAll(governor, Lane::kSearch, kLater) == 4);
  CHECK(TakeAll(governor, Lane::kAssociations, kLater) > 0);
  CHECK(governor.Take(Lane::kFree, 1, kLater).open());
}

TEST_CASE("rate governor: a slot that was not used goes back at once") {
  RateGovernor governor = Governor({.burst = 1});
  REQUIRE(governor.Take(Lane::kBurst, 1, kLater).open());
  REQUIRE_FALSE(governor.Take(Lane::kBurst, 1, kLater).open());
  governor.GiveBack(Lane::kBurst);
  CHECK(governor.Take(Lane::kBurst, 1, kLater).open());
}

TEST_CASE("rate governor: a step of two requests takes two slots or none") {
  RateGovernor governor = Governor({.burst = 4});
  REQUIRE(governor.Take(Lane::kBurst, 2, kLater).open());
  CHECK_FALSE(governor.Take(Lane::kBurst, 2, kLater).open());
  CHECK(governor.Take(Lane::kBurst, 1, kLater).open());
}

TEST_CASE("rate governor: what others use of the same limit is held back") {
  RateGovernor governor = Governor();
  REQUIRE(governor.Take(Lane::kBurst, 1, kLater).open());
  governor.OnExchange(WithBurst(kLater, 100, 39));
  // 61 counted, one of them ours: 60 are somebody else's.
  CHECK(TakeAll(governor, Lane::kBurst, kLater + 1s) == 97 - 61);
}

TEST_CASE("rate governor: a search refused waits a second and halves the pace for a minute") {
  RateGovernor governor = Governor();
  REQUIRE(governor.Take(Lane::kSearch, 1, kLater).open());
  governor.OnExchange(Refusal(Endpoint::kSearch, kLater, ApiErrorKind::kSearchLimit));

  CHECK(NotBefore(governor, Lane::kSearch, kLater + 100ms) == kLater + 1'050ms);
  CHECK(TakeAll(governor, Lane::kSearch, kLater + 2s) == 2);
  CHECK(TakeAll(governor, Lane::kSearch, kLater + 59s) == 2);
  CHECK(TakeAll(governor, Lane::kSearch, kLater + 62s) == 4);
}

TEST_CASE("rate governor: Retry-After is obeyed") {
  RateGovernor governor = Governor();
  Exchange refusal = Refusal(Endpoint::kList, kLater, ApiErrorKind::kBurstLimit);
  refusal.retry_after = 7s;
  governor.OnExchange(refusal);
  CHECK(NotBefore(governor, Lane::kBurst, kLater + 1s) == kLater + 7'050ms);
  CHECK(governor.Take(Lane::kSearch, 1, kLater + 1s).open());
}

TEST_CASE("rate governor: a burst refused without Retry-After waits a whole window") {
  RateGovernor governor = Governor();
  governor.OnExchange(Refusal(Endpoint::kList, kLater, ApiErrorKind::kBurstLimit));
  CHECK(NotBefore(governor, Lane::kBurst, kLater + 1s) == kLater + 10'050ms);
}

TEST_CASE("rate governor: while the account is being moved nothing is sent") {
  RateGovernor governor = Governor();
  Exchange moving = Refusal(Endpoint::kList, kLater, ApiErrorKind::kMigrating);
  moving.retry_after = 1h;
  governor.OnExchange(moving);
  CHECK(NotBefore(governor, Lane::kBurst, kLater + 1min) == kLater + 1h + 50ms);
  CHECK(NotBefore(governor, Lane::kSearch, kLater + 1min) == kLater + 1h + 50ms);
}

TEST_CASE("rate governor: a lock is waited for") {
  RateGovernor governor = Governor();
  governor.OnExchange(Refusal(Endpoint::kBatchRead, kLater, ApiErrorKind::kLocked));
  CHECK(NotBefore(governor, Lane::kBurst, kLater + 100ms) == kLater + 2'050ms);
}

TEST_CASE("rate governor: our share of the day includes requests still under way") {
  RateGovernor governor = Governor({.quota_share = 0.5, .daily = 20});
  governor.OnExchange(Answered(Endpoint::kAccount, kStart));
  CHECK(TakeAll(governor, Lane::kBurst, kLater) == 9);
  CHECK_FALSE(governor.Take(Lane::kSearch, 1, kLater + 1s).open());
  CHECK(governor.daily_share() == 10);
}

TEST_CASE("rate governor: a day refused is over for all lanes") {
  RateGovernor governor = Governor();
  governor.OnExchange(Refusal(Endpoint::kList, kLater, ApiErrorKind::kDailyLimit));
  CHECK_FALSE(governor.Take(Lane::kBurst, 1, kLater + 1s).open());
  CHECK_FALSE(governor.Take(Lane::kSearch, 1, kLater + 1s).open());
}

TEST_CASE("rate governor: the requests of the day survive a restart") {
  RateGovernor before = Governor({.quota_share = 0.5, .daily = 20});
  before.OnExchange(Answered(Endpoint::kAccount, kStart));
  REQUIRE(TakeAll(before, Lane::kBurst, kLater) == 9);

  RateGovernor after = Governor({.quota_share = 0.5, .daily = 20});
  after.OnExchange(Answered(Endpoint::kAccount, kStart));
  after.Restore(before.Save());

  CHECK_FALSE(after.Take(Lane::kBurst, 1, kLater).open());
  CHECK(after.Status(kLater).requests_today == 10);
}

TEST_CASE("rate governor: a saved budget that cannot be read is none") {
  RateGovernor governor = Governor({.quota_share = 0.5, .daily = 20});
  for (const char* saved : {"", "{}", "[]", "nonsense", R"({"day":"x","requests":null})"}) {
    governor.Restore(saved);
  }
  CHECK(governor.Status(kLater).requests_today == 0);
}

TEST_CASE("rate governor: one answer with a tiny limit slows nothing") {
  RateGovernor governor = Governor();
  for (int i = 0; i < 2; ++i) governor.OnExchange(WithBurst(kStart, 190, 189));
  Exchange odd = WithBurst(kStart + 10s, 10, 10);
  odd.rate.daily_limit = 10'000;
  odd.rate.daily_remaining = 0;
  governor.OnExchange(odd);
  CHECK(TakeAll(governor, Lane::kBurst, kLater) == 184);
}

TEST_CASE("rate governor: a day that headers wrongly end is asked about, and heals") {
  RateGovernor governor = Governor();
  Exchange wrong = Answered(Endpoint::kList, kLater);
  wrong.rate.daily_limit = 10'000;
  wrong.rate.daily_remaining = 0;
  for (int i = 0; i < 2; ++i) governor.OnExchange(wrong);
  Exchange right = wrong;
  right.rate.daily_limit = 650'000;
  right.rate.daily_remaining = 600'000;

  int sent = 0;
  Instant now = kLater + 1s;
  for (; now < kLater + 1h; now += 1s) {
    if (!governor.Take(Lane::kBurst, 1, now).open()) continue;
    if (++sent == 3) break;
    // Nothing else leaves while the one that asks is under way.
    CHECK_FALSE(governor.Take(Lane::kBurst, 1, now + 10ms).open());
    Exchange answer = Answered(Endpoint::kList, now);
    answer.rate = right.rate;
    governor.OnExchange(answer);
  }
  CHECK(sent == 3);
  CHECK(now > kLater + 10min);
  CHECK(now < kLater + 11min);
}

TEST_CASE("rate governor: no Retry-After of a window's limit is longer than a window") {
  RateGovernor governor = Governor();
  Exchange refusal = Refusal(Endpoint::kList, kLater, ApiErrorKind::kBurstLimit);
  refusal.retry_after = 24h;
  governor.OnExchange(refusal);
  CHECK(NotBefore(governor, Lane::kBurst, kLater + 1s) == kLater + 1min + 50ms);
}

TEST_CASE("rate governor: the status tells what HubSpot told") {
  RateGovernor governor = Governor({.quota_share = 0.5});
  Exchange answer = WithBurst(kLater, 190, 150);
  answer.rate.daily_limit = 625'000;
  answer.rate.daily_remaining = 600'000;
  governor.OnExchange(answer);
  governor.OnExchange(answer);

  const PortalStatus status = governor.Status(kLater);

  CHECK(status.burst_limit == 190);
  CHECK(status.burst_remaining == 150);
  CHECK(status.daily_limit == 625'000);
  CHECK(status.daily_remaining == 600'000);
  CHECK(status.daily_share == 312'500);
  CHECK(status.requests_today == 2);
}

TEST_CASE("rate governor: the status says that others have used up the day, and until when") {
  RateGovernor governor = Governor({.quota_share = 0.5});
  Exchange answer = Answered(Endpoint::kList, kLater);
  answer.rate.daily_limit = 625'000;
  answer.rate.daily_remaining = 0;
  governor.OnExchange(answer);
  governor.OnExchange(answer);
  CHECK_FALSE(governor.Take(Lane::kBurst, 1, kLater + 1s).open());

  const PortalStatus status = governor.Status(kLater + 1s);

  CHECK(status.stopped_by == "quota");
  CHECK(status.used_by_others == 624'998);
  CHECK(status.message ==
        "HubSpot allows no more requests today: 625,000 of 625,000 were used, 624,998 of them by "
        "others; reading resumes at the account's midnight, 2026-09-02T00:00:00.000Z");
  CHECK(governor.Status(kLater + 12h).stopped_by.empty());
}

TEST_CASE("rate governor: a refusal for the day says so where no header does") {
  RateGovernor governor = Governor();
  governor.OnExchange(Answered(Endpoint::kList, kLater));
  CHECK(governor.Status(kLater + 1s).message.empty());
  governor.OnExchange(Refusal(Endpoint::kList, kLater, ApiErrorKind::kDailyLimit));

  const PortalStatus status = governor.Status(kLater + 1s);

  CHECK(status.stopped_by == "quota");
  CHECK_FALSE(status.used_by_others);
  CHECK(status.message ==
        "HubSpot allows no more requests today: 2 of those used were ours; reading resumes at the "
        "account's midnight, 2026-09-02T00:00:00.000Z");
}

TEST_CASE("rate governor: the status says that our own share is used up") {
  RateGovernor governor = Governor({.quota_share = 0.5, .daily = 10});
  for (int i = 0; i < 5; ++i) governor.OnExchange(Answered(Endpoint::kList, kLater));

  const PortalStatus status = governor.Status(kLater + 1s);

  CHECK(status.stopped_by == "quota");
  CHECK(status.message ==
        "our share of the day is used up, all 5 requests; reading resumes at the account's "
        "midnight, 2026-09-02T00:00:00.000Z; raise quota_share or lengthen the intervals");
}

TEST_CASE("rate governor: a move of the account is said once it takes two minutes") {
  RateGovernor governor = Governor();
  Exchange moved = Refusal(Endpoint::kList, kLater, ApiErrorKind::kMigrating);
  moved.retry_after = 1h;
  governor.OnExchange(moved);
  CHECK(governor.Status(kLater + 119s).stopped_by.empty());
  CHECK(governor.Status(kLater + 121s).stopped_by == "api");
  CHECK(governor.Status(kLater + 121s).message.find("between data centres") != std::string::npos);

  governor.OnExchange(Answered(Endpoint::kList, kLater + 1h));
  CHECK(governor.Status(kLater + 1h).stopped_by.empty());
}

TEST_CASE("rate governor: the token endpoint costs nothing") {
  RateGovernor governor = Governor();
  governor.OnExchange(Answered(Endpoint::kToken, kLater));
  CHECK(governor.Status(kLater).requests_today == 0);
}
