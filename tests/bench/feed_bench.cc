// What the change feed costs: the same commits with the feed off and on, by turns in one run, so
// that a busy machine slows both; then its size, what a consumer takes to read all of it, and what
// it takes to drop days.
// usage: feed_bench [ENTRIES]    (1400000, in 17 days)
// Exit status 1 when a promised figure is missed by more than a quarter.

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iomanip>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "daemon/memory_log.h"
#include "postgres/feed/feed_bell.h"
#include "postgres/feed/feed_partitions.h"
#include "postgres/feed/feed_upkeep.h"
#include "postgres/mirror_fixture.h"
#include "promised.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr int kColumns = 250;
constexpr int64_t kRows = 1'000;
constexpr int kRounds = 15;
constexpr int64_t kDays = 17;

/// One portal of 250 properties, with or without a feed, in a database of its own.
struct Portal : MirrorFixture {
  explicit Portal(bool feed) {
    PortalPlan asking = plan();
    asking.feed.enabled = feed;
    Open(asking);
    std::vector<MirrorColumn> properties;
    for (int i = 0; i < kColumns; ++i) properties.push_back(Property("p" + std::to_string(i)));
    MakeContacts(properties);
    Write(Records(0));
  }
  /// All rows, two values of each changed with the version; the stamp always moves.
  std::vector<Told> Records(int64_t version) {
    std::vector<Told> records;
    for (int64_t id = 1; id <= kRows; ++id) {
      Told& record = records.emplace_back();
      record.id = id;
      record.modified = Second(1'600'000'000 + ++stamp_);
      for (int i = 0; i < 60; ++i)
        record.values["p" + std::to_string(i)] = "value " + std::to_string(i);
      record.values["p1"] = std::to_string(version * 7 + id);
      record.values["p2"] = std::to_string(version * 11 + id);
    }
    return records;
  }
  double CommitMs(int64_t version) {
    const RowBatch batch = Batch(Records(version));
    return MillisecondsOf([&] { Write(batch); });
  }
  int64_t Entries() const { return std::stoll(Value("SELECT count(*) FROM acme.changes")); }

 private:
  int64_t stamp_ = 0;
};

bool CostOfCommits() {
  Portal off(false);
  Portal on(true);
  std::vector<double> changed[2];
  std::vector<double> unchanged[2];
  for (int64_t version = 1; version <= kRounds; ++version) {
    changed[0].push_back(off.CommitMs(version));
    changed[1].push_back(on.CommitMs(version));
  }
  const int64_t entries = on.Entries();
  for (int round = 0; round < kRounds; ++round) {
    unchanged[0].push_back(off.CommitMs(kRounds));
    unchanged[1].push_back(on.CommitMs(kRounds));
  }
  const double off_ms = Quantile(changed[0], 0.5);
  const double on_ms = Quantile(changed[1], 0.5);
  std::cout << "1,000 changed rows of 250 columns, ms: off " << off_ms << ", on " << on_ms << '\n';
  std::cout << "1,000 rows that only moved their stamp, ms: off " << Quantile(unchanged[0], 0.5)
            << ", on " << Quantile(unchanged[1], 0.5) << '\n';
  const bool cost = Judge("changed rows, on / off", on_ms / off_ms, 2.5);
  const bool none =
      Judge("entries of rows that did not change", static_cast<double>(on.Entries() - entries), 0);
  return cost && none;
}

/// A consumer reads all there is, as the documents have it: read, work, ack, commit. The upkeep
/// then lets go what is older than `keep`, in its two steps.
void PrintWholeReadAndRetention(Portal& portal) {
  portal.Value("SELECT acme.feed_reset('bench', 0)");
  Session reader(portal.dsn());
  int64_t read = 0;
  std::vector<double> commits;
  const double all_ms = MillisecondsOf([&] {
    for (std::string found = "0"; !found.empty();) {
      commits.push_back(MillisecondsOf([&] {
        found = reader.Run(
            "BEGIN; WITH e AS MATERIALIZED (SELECT * FROM acme.feed_read('bench', 500)) SELECT"
            " max(seq) || ' ' || count(*) || ' ' || count(e::text) FROM e");
        if (!found.empty()) {
          reader.Run("SELECT acme.feed_ack('bench', " + found.substr(0, found.find(' ')) + ")");
        }
        reader.Run("COMMIT");
      }));
      if (!found.empty()) read += std::stoll(found.substr(found.find(' ')));
    }
  });
  std::cout << "a consumer reads " << read << " entries, 500 a commit, in " << all_ms / 1000
            << " s: " << 1000 * static_cast<double>(read) / all_ms << " a second, ms a commit "
            << Quantile(commits, 0.5) << " (median), " << Quantile(commits, 0.99) << " (p99)\n";

  const auto size = [&] {
    return portal.Value(
        "SELECT count(*) || ' days, ' || round(sum(pg_total_relation_size(inhrelid)) / 1e6) || ' "
        "MB'"
        " FROM pg_inherits WHERE inhparent = 'acme.changes'::regclass");
  };
  FeedUpkeep upkeep(portal.shared_pool(), portal.plan());
  const std::string before = size();
  const double given_up = MillisecondsOf([&] { upkeep.Keep(); });
  portal.Value("UPDATE acme._feed SET raised_at = raised_at - interval '61 minutes'");
  const double dropped = MillisecondsOf([&] { upkeep.Keep(); });
  std::cout << "retention, " << before << ": giving days up " << given_up << " ms, dropping them "
            << dropped << " ms, then " << size() << '\n';
}

/// Entries of three short properties, in so many days.
bool CostOfReading(int64_t entries) {
  Portal portal(true);
  portal.Value("DELETE FROM acme.changes");
  const FeedDay today = FeedDayOf(
      std::stoll(portal.Value("SELECT floor(extract(epoch FROM now()) / 86400)::bigint << 34")));
  const int64_t a_day = entries / kDays;
  for (FeedDay day = today - kDays + 1; day <= today; ++day) {
    Transaction transaction(portal.pool());
    MakeFeedPartitions(transaction.connection(), "acme", day);
    transaction.Run(
        "INSERT INTO acme.changes (seq, tx, object, id, op, pipeline, changed_at, before, after,"
        " cause, origin) SELECT n, n, 'deals', n % 50000, 'update', 'default', now(),"
        " jsonb_build_object('dealstage', (n % 9)::text, 'amount', (n % 10007)::text,"
        " 'hubspot_owner_id', (n % 97)::text), jsonb_build_object('dealstage', (n % 9 + 1)::text,"
        " 'amount', (n % 10007 + 1)::text, 'hubspot_owner_id', (n % 97 + 1)::text), 'changes',"
        " 'hubspot' FROM generate_series(" +
        std::to_string(FirstNumberOf(day)) + "::bigint, " +
        std::to_string(FirstNumberOf(day) + a_day - 1) + ") n");
    transaction.Commit();
  }
  portal.Value("ANALYZE acme.changes");
  const double bytes =
      std::stod(portal.Value("SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE"
                             " inhparent = 'acme.changes'::regclass")) /
      static_cast<double>(a_day * kDays);

  portal.Value("SELECT acme.feed_start('bench', 0)");
  Session reader(portal.dsn());
  std::vector<double> reads;
  for (int round = 0; round < 30; ++round) {
    const std::string stands = std::to_string(FirstNumberOf(today - round % kDays) + 500 * round);
    portal.Value("UPDATE acme.feed_consumers SET seq = " + stands);
    portal.Value("UPDATE acme._feed SET dropped_to = 0");
    reads.push_back(
        MillisecondsOf([&] { reader.Run("SELECT * FROM acme.feed_read('bench', 500)"); }));
  }
  PrintWholeReadAndRetention(portal);
  std::vector<double> drops;
  for (FeedDay day = today - 12; day < today - 7; ++day) {
    drops.push_back(MillisecondsOf([&] { portal.Value("DROP TABLE acme." + FeedPartition(day)); }));
  }
  std::cout << a_day * kDays << " entries in " << kDays << " days; at best, ms: feed_read "
            << Quantile(reads, 0) << ", dropping a day " << Quantile(drops, 0) << '\n';
  const bool size = Judge("bytes an entry", bytes, 420);
  const bool read = Judge("feed_read of 500, ms (median)", Quantile(reads, 0.5), 5);
  const bool drop = Judge("dropping a day, ms (median)", Quantile(drops, 0.5), 18);
  return size && read && drop;
}

/// From the end of a commit to the hint.
bool CostOfHints() {
  Portal portal(true);
  const SystemClock time;
  MemoryLog log;
  FeedBell bell({.dsn = portal.dsn(), .password = {}}, time, log);
  Session listener(portal.dsn());
  listener.Run("LISTEN hubmirror_changes");
  std::vector<double> waits;
  for (int64_t last = 1; last <= 100; ++last) {
    waits.push_back(MillisecondsOf([&] {
      bell.Ring("acme", last);
      while (listener.Heard().empty()) std::this_thread::sleep_for(1ms);
    }));
    std::this_thread::sleep_for(std::chrono::milliseconds(last % 3 == 0 ? 10 : 110));
  }
  return Judge("commit to hint, ms (p99)", Quantile(waits, 0.99), 150);
}

int Run(int64_t entries) {
  std::cout << std::fixed << std::setprecision(2);
  const bool commits = CostOfCommits();
  const bool reading = CostOfReading(entries);
  const bool hints = CostOfHints();
  return commits && reading && hints ? 0 : 1;
}

}  // namespace
}  // namespace hubmirror::testing

int main(int count, char** words) {
  const int64_t entries = count > 1 ? std::atoll(words[1]) : 1'400'000;
  // A read of the bench stays within a day.
  if (count > 2 || entries < hubmirror::testing::kDays * 20'000) {
    std::cerr << "usage: feed_bench [ENTRIES], 340000 or more\n";
    return 64;
  }
  try {
    return hubmirror::testing::Run(entries);
  } catch (const std::exception& error) {
    std::cerr << "feed_bench: " << error.what() << '\n';
    return 2;
  }
}
