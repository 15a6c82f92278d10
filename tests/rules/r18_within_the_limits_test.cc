#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "budget/exchanges.h"
#include "budget/rate_governor.h"
#include "sync/portal_periods.h"

// R18: HubSpot never has to refuse a request for a limit of ours, whatever the network does and
// however often the daemon is killed; and while there is work, the allowance is used.

using namespace hubmirror;
using namespace hubmirror::testing;
using namespace std::chrono_literals;

namespace {

/// Counts arrivals as HubSpot does, in true rolling windows.
class CountingAccount {
 public:
  static constexpr int64_t kBurst = 190;
  static constexpr int64_t kSearches = 5;

  int violations = 0;
  int served = 0;
  int64_t burst_remaining = kBurst;

  void Arrive(Lane lane, Instant now) {
    const bool search = lane == Lane::kSearch;
    const int64_t limit = search ? kSearches : kBurst;
    std::deque<Instant>& window = windows_[lane];
    while (!window.empty() && window.front() <= now - (search ? Duration(1s) : Duration(10s))) {
      window.pop_front();
    }
    if (static_cast<int64_t>(window.size()) >= limit) {
      ++violations;
      return;
    }
    window.push_back(now);
    ++served;
    if (!search) burst_remaining = limit - static_cast<int64_t>(window.size());
  }

 private:
  std::map<Lane, std::deque<Instant>> windows_;
};

struct Network {
  int travel_ms = 40;    ///< longest way to HubSpot
  int latency_ms = 150;  ///< longest time it takes to answer
  bool tells_limit = true;
};

/// Workers that always have work for a lane, and the account they ask.
class Daemon {
 public:
  Daemon(CountingAccount& account, Lane lane, Network network, uint32_t seed)
      : account_(account), lane_(lane), network_(network), random_(seed) {
    Start();
  }

  /// Kills it: requests that have left still arrive, what it knew is gone.
  void Restart() {
    for (Request& request : requests_) request.forgotten = true;
    Start();
  }

  void Run(Duration time, int workers = 8) {
    for (const Instant end = now_ + time; now_ < end; now_ += 5ms) {
      Answers();
      while (busy() < workers && governor_->Take(lane_, 1, now_).open()) Send();
    }
  }
  void Idle(Duration time) {
    for (const Instant end = now_ + time; now_ < end; now_ += 5ms) Answers();
  }

 private:
  struct Request {
    Instant sent_at, arrives_at, answered_at;
    bool arrived = false;
    bool forgotten = false;
    int64_t burst_remaining = 0;
  };

  void Start() {
    governor_ = std::make_unique<RateGovernor>(RateGovernor::Options{}, ClockFromNoon(), now_);
  }

  Duration UpTo(int milliseconds) {
    return std::chrono::milliseconds(
        1 + static_cast<int>(random_() % static_cast<uint32_t>(milliseconds)));
  }

  int busy() const {
    return static_cast<int>(
        std::count_if(requests_.begin(), requests_.end(),
                      [](const Request& request) { return !request.forgotten; }));
  }

  void Send() {
    const Instant arrives = now_ + UpTo(network_.travel_ms);
    requests_.push_back({.sent_at = now_,
                         .arrives_at = arrives,
                         .answered_at = arrives + UpTo(network_.latency_ms)});
  }

  void Answers() {
    std::sort(requests_.begin(), requests_.end(),
              [](const Request& a, const Request& b) { return a.arrives_at < b.arrives_at; });
    for (Request& request : requests_) {
      if (request.arrived || request.arrives_at > now_) continue;
      account_.Arrive(lane_, request.arrives_at);
      request.arrived = true;
      request.burst_remaining = account_.burst_remaining;
    }
    std::erase_if(requests_, [this](const Request& request) {
      if (request.answered_at > now_) return false;
      if (!request.forgotten) governor_->OnExchange(AnswerTo(request));
      return true;
    });
  }

  Exchange AnswerTo(const Request& request) const {
    const Endpoint endpoint = lane_ == Lane::kSearch ? Endpoint::kSearch : Endpoint::kList;
    Exchange answer = Answered(endpoint, request.sent_at, request.answered_at - request.sent_at);
    if (network_.tells_limit && lane_ == Lane::kBurst) {
      answer.rate.burst_limit = CountingAccount::kBurst;
      answer.rate.burst_remaining = request.burst_remaining;
    }
    return answer;
  }

  CountingAccount& account_;
  const Lane lane_;
  const Network network_;
  std::mt19937 random_;
  Instant now_ = kStart;
  std::unique_ptr<RateGovernor> governor_;
  std::vector<Request> requests_;
};

}  // namespace

TEST_CASE("R18: a backfill uses the allowance and never passes it") {
  CountingAccount account;
  Daemon daemon(account, Lane::kBurst, {}, 1);
  daemon.Run(60s);
  CHECK(account.violations == 0);
  CHECK(account.served > 6 * 190 * 9 / 10 - 190 / 2);
}

TEST_CASE("R18: nor does it on a slow and uneven network") {
  CountingAccount account;
  Daemon daemon(account, Lane::kBurst, {.travel_ms = 280, .latency_ms = 1500}, 2);
  daemon.Run(60s, 64);
  CHECK(account.violations == 0);
  CHECK(account.served > 900);
}

TEST_CASE("R18: searches stay below the five a second of the account") {
  CountingAccount account;
  Daemon daemon(account, Lane::kSearch, {.travel_ms = 280}, 3);
  daemon.Run(60s);
  CHECK(account.violations == 0);
  CHECK(account.served > 150);
}

TEST_CASE("R18: after a kill in the middle of a backfill the new process is no burst on top") {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    CountingAccount account;
    Daemon daemon(account, Lane::kBurst, {}, seed);
    std::mt19937 random(seed);
    for (int kill = 0; kill < 10; ++kill) {
      daemon.Run(std::chrono::milliseconds(random() % 25'000));
      daemon.Idle(std::chrono::milliseconds(100 + random() % 400));
      daemon.Restart();
    }
    CHECK(account.violations == 0);
  }
}

TEST_CASE("R18: nor after a kill just behind a burst, because HubSpot tells what it has counted") {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    CountingAccount account;
    Daemon daemon(account, Lane::kBurst, {}, seed);
    daemon.Run(20s);
    daemon.Idle(20s);
    daemon.Run(1500ms, 32);
    daemon.Restart();
    // The account is checked first, by one request; the rest comes after its answer.
    daemon.Run(500ms, 1);
    daemon.Run(20s);
    CHECK(account.violations == 0);
  }
}

TEST_CASE("R18: nor do the searches of two processes add up") {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    CountingAccount account;
    Daemon daemon(account, Lane::kSearch, {}, seed);
    std::mt19937 random(seed);
    for (int kill = 0; kill < 20; ++kill) {
      daemon.Run(std::chrono::milliseconds(1000 + random() % 4000));
      daemon.Idle(2s);
      daemon.Run(std::chrono::milliseconds(random() % 500));
      daemon.Restart();
    }
    CHECK(account.violations == 0);
    CHECK(account.served > 50);
  }
}

TEST_CASE("R18: the day ends at our share of it") {
  RateGovernor governor({.quota_share = 0.5, .daily = 1000}, ClockFromNoon(), kStart);
  Instant now = kStart;
  int sent = 0;
  for (int i = 0; i < 100'000 && sent < 2000; ++i, now += 100ms) {
    if (!governor.Take(Lane::kBurst, 1, now).open()) continue;
    governor.OnExchange(Answered(Endpoint::kList, now));
    ++sent;
  }
  CHECK(sent == 500);
  // Noon was at the start; the next day may begin again.
  CHECK(governor.Take(Lane::kBurst, 1, kStart + 12h).open());
}

TEST_CASE("R18: intervals that ask for more searches than an account allows are lengthened alike") {
  PortalPlan plan;
  for (int i = 0; i < 12; ++i) {
    StreamPlan stream;
    stream.interval = i < 8 ? 1s : 2s;
    plan.streams.push_back(stream);
  }
  // Ten a second were asked for.
  const PortalPeriods periods(plan);
  double searches = 0;
  for (const StreamPlan& stream : plan.streams) {
    searches += 1000.0 / static_cast<double>(periods.Interval(stream).count());
  }
  CHECK(searches <= 3.01);
  CHECK(searches > 2.9);
  CHECK(periods.Interval(plan.streams.back()) / periods.Interval(plan.streams.front()) == 2);

  plan.streams.resize(2);
  CHECK(PortalPeriods(plan).Interval(plan.streams.front()) == 1s);
}
