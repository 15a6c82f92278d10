#include "postgres/feed/feed_bell.h"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>

#include "daemon/memory_log.h"
#include "postgres/feed_fixture.h"
#include "support/await.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;
using Hints = std::vector<BellPace::Hint>;

constexpr Instant kStart{1h};

TEST_CASE(
    "feed bell: the first hint goes at once, the next ones ten times a second, with the last") {
  BellPace pace;
  CHECK_FALSE(pace.due_at());
  pace.Note("acme", 5);
  CHECK(pace.Take(kStart) == Hints{{"acme", 5}});
  CHECK(pace.Take(kStart) == Hints{});

  for (int64_t last = 6; last < 100; ++last) pace.Note("acme", last);
  CHECK(pace.Take(kStart + 99ms) == Hints{});
  CHECK(pace.due_at() == kStart + 100ms);
  CHECK(pace.Take(kStart + 100ms) == Hints{{"acme", 99}});
  CHECK_FALSE(pace.due_at());
}

TEST_CASE("feed bell: portals do not wait for each other") {
  BellPace pace;
  pace.Note("acme", 5);
  pace.Take(kStart);
  pace.Note("acme", 6);
  pace.Note("beta", 1);
  CHECK(pace.Take(kStart + 10ms) == Hints{{"beta", 1}});
  CHECK(pace.Take(kStart + 100ms) == Hints{{"acme", 6}});
}

TEST_CASE("feed bell: a hint that could not be told waits again, unless there is a newer one") {
  BellPace pace;
  pace.Note("acme", 5);
  pace.Note("beta", 1);
  const Hints failed = pace.Take(kStart);
  pace.Note("acme", 6);
  pace.Return(failed);
  CHECK(pace.Take(kStart + 99ms) == Hints{});
  CHECK(pace.Take(kStart + 100ms) == Hints{{"acme", 6}, {"beta", 1}});
}

TEST_CASE_FIXTURE(MirrorFixture,
                  "feed bell: who listens hears of the last entry, and no session waits before") {
  const SystemClock time;
  MemoryLog log;
  Session listener(dsn());
  listener.Run("LISTEN hubmirror_changes");
  FeedBell bell({.dsn = dsn(), .password = {}}, time, log);
  CHECK(Value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hubmirror' AND"
              " datname = current_database()") == "0");

  bell.Ring("acme", 7);

  std::string heard;
  Await("a hint", 10s, [&] { return !(heard = listener.Heard()).empty(); });
  CHECK(heard == R"({"schema" : "acme", "last" : 7})");
}

TEST_CASE_FIXTURE(MirrorFixture, "feed bell: each rings on a channel of its own") {
  const SystemClock time;
  MemoryLog log;
  Session listener(dsn());
  listener.Run("LISTEN hubmirror_outbox");
  FeedBell feed({.dsn = dsn(), .password = {}}, time, log);
  FeedBell bell({.dsn = dsn(), .password = {}}, time, log, "hubmirror_outbox");
  feed.Ring("acme", 5);
  bell.Ring("acme", 7);

  std::string heard;
  Await("a hint", 10s, [&] { return !(heard = listener.Heard()).empty(); });
  CHECK(heard == R"({"schema" : "acme", "last" : 7})");
}

TEST_CASE_FIXTURE(MirrorFixture,
                  "feed bell: a lost session is made again at once, and tells what the old one did "
                  "not") {
  const SystemClock time;
  MemoryLog log;
  Session listener(dsn());
  listener.Run("LISTEN hubmirror_changes");
  FeedBell bell({.dsn = dsn(), .password = {}}, time, log);
  bell.Ring("acme", 7);
  Await("a hint", 10s, [&] { return !listener.Heard().empty(); });
  Value(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ="
      " 'hubmirror' AND datname = current_database()");

  bell.Ring("acme", 8);

  std::string heard;
  Await("the hint", 4s, [&] { return !(heard = listener.Heard()).empty(); });
  CHECK(Says(heard, "8}"));
}

/// The machine's clock, which fails once and lets nobody sleep.
class FailingClock final : public Clock {
 public:
  Instant Now() const override {
    if (fails_.exchange(false)) throw std::logic_error("a bug");
    return time_.Now();
  }
  TimePoint WallNow() const override { return time_.WallNow(); }
  bool SleepUntil(Instant, std::stop_token) const override { return true; }
  void WaitUntil(std::condition_variable_any& changed, MutexLock& lock, Instant deadline,
                 std::stop_token stop, const std::function<bool()>& until) const override {
    time_.WaitUntil(changed, lock, deadline, stop, until);
  }

 private:
  const SystemClock time_;
  mutable std::atomic<bool> fails_{true};
};

TEST_CASE_FIXTURE(MirrorFixture,
                  "feed bell: a bug of its own is said, and the hint is told after it") {
  const FailingClock time;
  MemoryLog log;
  Session listener(dsn());
  listener.Run("LISTEN hubmirror_changes");
  FeedBell bell({.dsn = dsn(), .password = {}}, time, log);

  bell.Ring("acme", 7);

  std::string heard;
  Await("the hint", 10s, [&] { return !(heard = listener.Heard()).empty(); });
  CHECK(Says(heard, "7}"));
  REQUIRE(log.lines().size() == 1);
  CHECK(log.lines()[0].starts_with("step.bug: what tells listeners on hubmirror_changes"));
}

TEST_CASE("feed bell: what is told while there is no database is told when there is one again") {
  const SystemClock time;
  MemoryLog log;
  TempPostgres server;
  FeedBell bell({.dsn = server.Dsn(), .password = {}}, time, log);
  server.Stop();
  bell.Ring("acme", 7);
  // The bell has met the closed door and waits.
  std::this_thread::sleep_for(500ms);
  server.Start();
  Session listener(server.Dsn());
  listener.Run("LISTEN hubmirror_changes");

  std::string heard;
  Await("the hint", 20s, [&] { return !(heard = listener.Heard()).empty(); });
  CHECK(Says(heard, "7}"));
}

}  // namespace
}  // namespace hubmirror::testing
