#include "postgres/feed/feed_upkeep.h"

#include <doctest/doctest.h>

#include <thread>

#include "postgres/feed_fixture.h"

namespace hubmirror::testing {
namespace {

struct UpkeepFixture : FeedFixture {
  UpkeepFixture() {
    Clear();
    MakeDay(-40);
    MakeDay(-20);
    Value("SELECT acme.feed_start('billing')");
  }
  FeedStatus Keep(FeedPlan feed = {.enabled = true}) {
    PortalPlan asking = plan();
    asking.feed = std::move(feed);
    return FeedUpkeep(shared_pool(), asking).Keep();
  }
  void NoteOn(FeedDay day, int64_t count) {
    Note(FirstNumberOf(day), FirstNumberOf(day) + count - 1);
  }
  int64_t Of(FeedDay day, int64_t number) const { return today + FirstNumberOf(day) + number; }
  void AnHourPasses() {
    Value("UPDATE acme._feed SET raised_at = raised_at - interval '61 minutes'");
  }
  bool Stands(FeedDay day) const {
    return Value("SELECT to_regclass('acme." + FeedPartition(FeedDayOf(today) + day) +
                 "') IS NOT NULL") == "t";
  }
  int64_t dropped_to() const { return std::stoll(Value("SELECT dropped_to FROM acme._feed")); }
};

TEST_CASE_FIXTURE(UpkeepFixture,
                  "feed upkeep: a day that all have read goes, an hour after it is given up") {
  NoteOn(-20, 3);
  Note(1, 5);
  StandAt(FirstNumberOf(-20) + 2);

  Keep();
  CHECK(dropped_to() == Of(-20, 2));
  CHECK(Value("SELECT count(*) FROM acme.changes") == "8");
  Keep();
  CHECK(Value("SELECT count(*) FROM acme.changes") == "8");
  AnHourPasses();
  Keep();

  CHECK_FALSE(Stands(-20));
  CHECK(Value("SELECT count(*) FROM acme.changes") == "5");
  CHECK(dropped_to() == Of(-20, 2));
  Connection consumer({.dsn = dsn(), .password = {}});
  NoteEpoch(0, FirstNumberOf(-20) + 2);
  CHECK(FailureOf(consumer, "SELECT * FROM acme.feed_read('billing')") == "none");
}

TEST_CASE_FIXTURE(UpkeepFixture, "feed upkeep: all days that are given up go in one turn") {
  for (const FeedDay day : {-39, -38, -37}) MakeDay(day);
  for (const FeedDay day : {-40, -39, -38, -37}) NoteOn(day, 2);
  Note(1, 1);
  Keep();
  CHECK(dropped_to() == Of(-37, 1));
  AnHourPasses();

  Keep();

  CHECK(Value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'acme.changes'::regclass") ==
        "3");
}

TEST_CASE_FIXTURE(
    UpkeepFixture,
    "feed upkeep: a consumer in a long transaction is neither waited for nor passed over") {
  NoteOn(-20, 3);
  Note(1, 2);
  Value("UPDATE acme.feed_consumers SET seq = " + std::to_string(Of(-20, -1)));
  Session consumer(dsn());
  consumer.Run("BEGIN; SELECT * FROM acme.feed_read('billing')");

  Keep();

  CHECK(dropped_to() == 0);
  consumer.Run("COMMIT");
  CHECK(Stands(-20));
}

TEST_CASE_FIXTURE(
    UpkeepFixture,
    "feed upkeep: a reader in the way of a drop is tried again, and holds up nobody for long") {
  NoteOn(-40, 3);
  Note(1, 2);
  Keep();
  CHECK(dropped_to() == Of(-40, 2));
  AnHourPasses();
  Session reader(dsn());
  reader.Run("BEGIN; SELECT count(*) FROM acme.changes");

  std::jthread keeper([this] { Keep(); });
  Session writer(dsn());
  const auto began = std::chrono::steady_clock::now();
  for (int i = 10; i < 40; ++i) {
    writer.Run("INSERT INTO acme.changes (seq, tx, op) VALUES (" + Seq(i) + ", 1, 'update')");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const auto took = std::chrono::steady_clock::now() - began;
  keeper.join();

  CHECK(took < std::chrono::seconds(3));
  CHECK(Stands(-40));
  reader.Run("COMMIT");
  Keep();
  CHECK_FALSE(Stands(-40));
}

TEST_CASE_FIXTURE(UpkeepFixture,
                  "feed upkeep: none of many old snapshots reads past a drop without an error") {
  NoteOn(-40, 30);
  NoteEpoch(0, FirstNumberOf(-40) + 29);
  Note(1, 5);
  Keep();
  AnHourPasses();
  std::vector<std::unique_ptr<Connection>> readers;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "'reader" + std::to_string(i) + "'";
    Value("SELECT acme.feed_start(" + name + "); UPDATE acme.feed_consumers SET seq = " +
          std::to_string(Of(-40, i)) + " WHERE name = " + name);
  }
  // As they saw it before anything was given up.
  Value("UPDATE acme._feed SET dropped_to = 0");
  for (int i = 0; i < 20; ++i) {
    readers.push_back(
        std::make_unique<Connection>(Connection::Target{.dsn = dsn(), .password = {}}));
    readers.back()->Begin(
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM acme._portal");
  }
  Value("UPDATE acme._feed SET dropped_to = " + std::to_string(Of(-40, 29)));
  Keep();
  REQUIRE_FALSE(Stands(-40));

  int errors = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string read = "SELECT * FROM acme.feed_read('reader" + std::to_string(i) + "')";
    errors += Says(FailureOf(*readers[static_cast<size_t>(i)], read), "HM001") ? 1 : 0;
  }
  CHECK(errors == 20);
}

TEST_CASE_FIXTURE(UpkeepFixture, "feed upkeep: the status says who reads and how far") {
  NoteOn(-20, 3);
  Note(1, 5);
  Value("SELECT acme.feed_start('done'); SELECT acme.feed_start('lost', " +
        std::to_string(Of(-20, 0)) + ")");
  Value("UPDATE acme.feed_consumers SET seq = " + Seq(3) + " WHERE name = 'billing'");
  Value("UPDATE acme._feed SET dropped_to = " + std::to_string(Of(-20, 1)));

  const FeedStatus status = Keep();

  CHECK(status.kept);
  CHECK(status.last_seq == today + 5);
  CHECK(status.bytes > 0);
  CHECK(status.last_at >= status.oldest_at);
  REQUIRE(status.consumers.size() == 3);
  CHECK(status.consumers[0].name == "billing");
  CHECK(status.consumers[0].waits_since.has_value());
  CHECK_FALSE(status.consumers[0].lost);
  CHECK(status.consumers[1].name == "done");
  CHECK_FALSE(status.consumers[1].waits_since.has_value());
  CHECK(status.consumers[2].lost);
}

TEST_CASE_FIXTURE(UpkeepFixture, "feed upkeep: days are made ahead as days pass") {
  Value("DROP TABLE acme." + FeedPartition(FeedDayOf(today) + 2));
  Keep();
  CHECK(Stands(2));
}

TEST_CASE_FIXTURE(MirrorFixture, "feed upkeep: where the feed is off there is nothing to keep") {
  sink().Claim();
  const FeedStatus status = FeedUpkeep(shared_pool(), plan()).Keep();
  CHECK_FALSE(status.kept);
  CHECK(Value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'acme.changes'::regclass") ==
        "0");
}

}  // namespace
}  // namespace hubmirror::testing
