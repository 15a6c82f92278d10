#include "postgres/feed/feed_bell.h"

#include <doctest/doctest.h>

#include <thread>

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
  Session listener(dsn());
  listener.Run("LISTEN hubmirror_changes");
  FeedBell bell({.dsn = dsn(), .password = {}}, time);
  CHECK(Value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hubmirror' AND"
              " datname = current_database()") == "0");

  bell.Ring("acme", 7);

  std::string heard;
  Await("a hint", 10s, [&] { return !(heard = listener.Heard()).empty(); });
  CHECK(heard == R"({"schema" : "acme", "last" : 7})");
}

TEST_CASE_FIXTURE(MirrorFixture, "feed bell: each rings on a channel of its own") {
  const SystemClock time;
  Session listener(dsn());
  listener.Run("LISTEN hubmirror_outbox");
  FeedBell feed({.dsn = dsn(), .password = {}}, time);
  FeedBell bell({.dsn = dsn(), .password = {}}, time, "hubmirror_outbox");
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
  Session listener(dsn());
  listener.Run("LISTEN hubmirror_changes");
  FeedBell bell({.dsn = dsn(), .password = {}}, time);
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

TEST_CASE("feed bell: what is told while there is no database is told when there is one again") {
  const SystemClock time;
  TempPostgres server;
  FeedBell bell({.dsn = server.Dsn(), .password = {}}, time);
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
