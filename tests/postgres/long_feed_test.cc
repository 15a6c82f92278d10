// The promises of the change feed at full size. Less of it: HUBMIRROR_FEED_ENTRIES=50000,
// HUBMIRROR_FEED_READERS=10, HUBMIRROR_FEED_KILLS=5.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "postgres/mirror_fixture.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kRecords = 1'000;  // changed in each commit

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoll(value);
}

/// Follows the feed by a number of its own, as fast as it can, until `last` is there.
struct Follower {
  int64_t read = 0;
  int64_t disorder = 0;  ///< numbers that did not rise

  void Follow(const std::string& dsn, int64_t from, const std::atomic<int64_t>& last) {
    Session session(dsn);
    for (int64_t at = from; last == 0 || at < last;) {
      const std::string above = std::to_string(at);
      // Disorder would show as a number at or below the one before, and what appears later below
      // what was read as one that is missing in the end.
      std::istringstream answer(session.Run(
          "SELECT count(*) || ' ' || count(*) FILTER (WHERE seq <= previous) || ' ' ||"
          " coalesce(max(seq), " +
          above + ") FROM (SELECT seq, lag(seq, 1, " + above +
          "::bigint) OVER () AS previous FROM (SELECT seq FROM acme.changes WHERE seq > " + above +
          " ORDER BY seq LIMIT 20000) e) f"));
      int64_t entries = 0;
      int64_t fallen = 0;
      answer >> entries >> fallen >> at;
      read += entries;
      disorder += fallen;
      if (entries == 0) std::this_thread::sleep_for(50ms);
    }
  }
};

/// Room on the server for all readers; before anything else is connected.
struct RoomForReaders {
  RoomForReaders() {
    SharedServer().Run("ALTER SYSTEM SET max_connections = 400");
    SharedServer().Restart();
  }
};

struct LongFeed : RoomForReaders, MirrorFixture {
  LongFeed() {
    PortalPlan fed = plan();
    fed.feed.enabled = true;
    Open(fed);
    MakeContacts({Property("a"), Property("b"), Property("c")});
  }
  std::vector<Told> All(int64_t version) const {
    std::vector<Told> records;
    for (int64_t id = 1; id <= kRecords; ++id) {
      const std::string value = std::to_string(version * id % 1'000'003);
      records.push_back({.id = id,
                         .modified = Second(1'600'000'000 + version),
                         .values = {{"a", value}, {"b", value + "b"}, {"c", "same"}}});
    }
    return records;
  }
  /// As a kill of the daemon or of PostgreSQL's sessions does: what is under way is rolled back,
  /// and the portal is claimed anew.
  void Kill() {
    Value(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ="
        " 'hubmirror' AND datname = current_database()");
    for (int tries = 0; tries < 50; ++tries) {
      try {
        sink().Claim();
        return;
      } catch (const DatabaseError&) {
        std::this_thread::sleep_for(20ms);
      }
    }
    FAIL("the portal cannot be claimed");
  }
};

TEST_CASE_FIXTURE(LongFeed,
                  "long feed: every reader has every entry, in order, over kills, and each entry "
                  "says truly what was before") {
  const int64_t commits = FromEnvironment("HUBMIRROR_FEED_ENTRIES", 1'000'000) / kRecords;
  const int64_t kills = FromEnvironment("HUBMIRROR_FEED_KILLS", 50);
  const auto readers = static_cast<size_t>(FromEnvironment("HUBMIRROR_FEED_READERS", 100));
  Write(All(0));
  const std::string start = Value("SELECT max(seq) FROM acme.changes");
  std::atomic<int64_t> last = 0;
  std::vector<Follower> followers(readers);
  std::vector<std::jthread> threads;
  for (Follower& follower : followers) {
    threads.emplace_back([&] { follower.Follow(dsn(), std::stoll(start), last); });
  }

  const auto began = std::chrono::steady_clock::now();
  int64_t killed = 0;
  for (int64_t commit = 1; commit <= commits; ++commit) {
    if (commit * kills / commits > killed) {
      // In the middle of a commit, as far as the clock decides.
      std::jthread killer([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(commit * 7 % 40));
        Value(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ="
            " 'hubmirror' AND datname = current_database()");
      });
      try {
        Write(All(commit));
      } catch (const DatabaseError&) {
      }
      killer.join();
      Kill();
      ++killed;
    }
    Write(All(commit));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  last = std::stoll(Value("SELECT max(seq) FROM acme.changes"));
  threads.clear();

  const std::string entries = Value("SELECT count(*) FROM acme.changes WHERE seq > " + start);
  MESSAGE(entries << " entries in " << took.count() << " s, " << killed << " kills, " << readers
                  << " readers");
  CHECK(std::stoll(entries) >= commits * kRecords);
  for (const Follower& follower : followers) {
    CHECK(follower.read == std::stoll(entries));
    CHECK(follower.disorder == 0);
  }
  CHECK(Value("SELECT count(*) FROM (SELECT seq, op, (after ->> 'follows')::bigint AS follows,"
              " lag(seq) OVER (ORDER BY seq) AS previous FROM acme.changes) e WHERE previous <>"
              " coalesce(CASE op WHEN 'epoch' THEN follows END, seq - 1)") == "0");
  // The last thing said of a record is what the next entry says was there.
  CHECK(Value("SELECT count(*) FROM (SELECT before, lag(after) OVER (PARTITION BY id ORDER BY seq)"
              " AS said FROM acme.changes WHERE id IS NOT NULL) e WHERE said IS NOT NULL AND"
              " NOT said @> before") == "0");
  CHECK(Value("SELECT count(*) FROM acme.contacts t JOIN LATERAL (SELECT after FROM acme.changes c"
              " WHERE c.object = 'contacts' AND c.id = t.id ORDER BY seq DESC LIMIT 1) said ON true"
              " WHERE said.after ->> 'a' IS DISTINCT FROM t.a") == "0");
}

}  // namespace
}  // namespace hubmirror::testing
