#include <doctest/doctest.h>

#include <chrono>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "long_settings.h"
#include "receiver.h"
#include "support/await.h"
#include "support/feed_copy.h"
#include "support/sql_session.h"
#include "told.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr size_t kBatch = 500;

/// Reads the feed by its name until it is stopped, as a program does that forgets nothing of what
/// it was given: a connection that is lost is opened again, and the number goes on where the last
/// commit left it.
class Consumer {
 public:
  Consumer(std::string dsn, std::string name)
      : dsn_(std::move(dsn)), name_(std::move(name)), thread_([this](const std::stop_token& stop) {
          while (!stop.stop_requested()) Follow(stop);
        }) {}

  /// What it was given first, in that order, and how much of it came again. Ends it.
  struct Given {
    std::vector<int64_t> seqs;
    size_t again = 0;
    size_t lost_sessions = 0;
  };
  Given End() {
    thread_.request_stop();
    thread_.join();
    return std::move(given_);
  }

 private:
  void Follow(const std::stop_token& stop) {
    try {
      Session session(dsn_);
      while (!stop.stop_requested()) {
        if (!ReadOnce(session)) std::this_thread::sleep_for(50ms);
      }
    } catch (const std::runtime_error&) {
      ++given_.lost_sessions;
      std::this_thread::sleep_for(100ms);
    }
  }

  bool ReadOnce(Session& session) {
    const std::string read =
        session.Run("BEGIN; SELECT string_agg(seq::text, ' ' ORDER BY seq) FROM acme.feed_read('" +
                    name_ + "', " + std::to_string(kBatch) + ")");
    std::istringstream words(read);
    int64_t last = 0;
    for (int64_t seq = 0; words >> seq; last = seq) {
      if (known_.insert(seq).second) {
        given_.seqs.push_back(seq);
      } else {
        ++given_.again;
      }
    }
    if (last > 0)
      session.Run("SELECT acme.feed_ack('" + name_ + "', " + std::to_string(last) + ")");
    session.Run("COMMIT");
    return last > 0;
  }

  const std::string dsn_;
  const std::string name_;
  Given given_;
  std::set<int64_t> known_;
  std::jthread thread_;
};

std::vector<int64_t> EntriesAbove(const World& world, int64_t from) {
  std::istringstream words(
      world.Sql("SELECT string_agg(seq::text, ' ' ORDER BY seq) FROM acme.changes WHERE seq > " +
                std::to_string(from)));
  std::vector<int64_t> seqs;
  for (int64_t seq = 0; words >> seq;) seqs.push_back(seq);
  return seqs;
}

TEST_CASE("long feed: fifty kills of daemon and database, and every entry reaches every reader") {
  const auto seed = static_cast<uint64_t>(FromEnvironment("HUBMIRROR_SEED", 1));
  const auto events = FromEnvironment("HUBMIRROR_EVENTS", 50'000);
  const auto kills = static_cast<size_t>(FromEnvironment("HUBMIRROR_KILLS", 50));
  const auto seconds = events / 50;
  const Receiver receiver;
  DaemonSettings settings = BriskSettings();
  settings.defaults["feed"] = "{enabled: true, everything: true, webhooks: [" +
                              receiver.Webhook("ok", "/ok") + ", " +
                              receiver.Webhook("odd", "/odd") + "]}";
  World world(RealPortal(seed, FromEnvironment("HUBMIRROR_RECORDS", 46'000)), settings);
  MESSAGE(world.portal.Announcement());
  world.Load(20min);
  world.mirror.Settle(600s);
  Await("webhooks", 120s, [&] { return HasTold(world, "ok") && HasTold(world, "odd"); });
  FeedCopy copy(world.AdminDsn(), "acme");
  copy.Take();
  const int64_t from = copy.last();
  std::vector<std::unique_ptr<Consumer>> consumers;
  for (const std::string name : {"billing", "search", "archive"}) {
    world.Sql("SELECT acme.feed_start('" + name + "', " + std::to_string(from) + ")");
    consumers.push_back(std::make_unique<Consumer>(world.AdminDsn(), name));
  }

  world.portal.StartScript(R"({"events":)" + std::to_string(events) + R"(,"seconds":)" +
                           std::to_string(seconds) + R"(,"erasures_max":100,"seed":)" +
                           std::to_string(seed) + "}");
  std::mt19937 random(static_cast<std::mt19937::result_type>(seed));
  std::uniform_int_distribution<int64_t> life_ms(500,
                                                 2 * 1000 * seconds / static_cast<int64_t>(kills));
  for (size_t kill = 0; kill < kills; ++kill) {
    std::this_thread::sleep_for(std::chrono::milliseconds(life_ms(random)));
    copy.Follow();
    if (kill % 2 == 0) {
      world.daemon.Kill();
      world.daemon.Start();
    } else {
      world.database.Crash();
      world.database.Start();
    }
  }
  world.portal.AwaitScript(20min);
  world.ExpectEqual(900s);

  MESSAGE("entries replayed at the end: " << copy.Follow());
  CHECK(copy.Differences() == "");
  const std::vector<int64_t> all = EntriesAbove(world, from);
  Await("the webhooks to be told all", 600s,
        [&] { return HasTold(world, "ok") && HasTold(world, "odd"); });
  Await("the consumers to have read all", 120s, [&] {
    return world.Sql("SELECT bool_and(seq = " + std::to_string(all.back()) +
                     ") FROM acme.feed_consumers") == "t";
  });
  for (const auto& consumer : consumers) {
    const Consumer::Given given = consumer->End();
    CHECK(given.seqs == all);
    CHECK(given.again <= kBatch * kills);
    MESSAGE("entries " << given.seqs.size() << ", again " << given.again << ", sessions lost "
                       << given.lost_sessions);
  }
  const auto wanted = EntriesToTell(world, from);
  constexpr size_t kWebhookBatch = 100;
  CheckTold(receiver.Log("/ok"), from, wanted, kWebhookBatch * kills);
  CheckTold(receiver.Log("/odd"), from, wanted, kWebhookBatch * kills);
}

}  // namespace
}  // namespace hubmirror::testing
