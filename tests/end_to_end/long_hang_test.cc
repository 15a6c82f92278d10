#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "receiver.h"
#include "support/await.h"
#include "support/sql_session.h"
#include "told.h"
#include "world.h"

// What a webhook that never answers costs everybody else: the same changes with it and without it,
// by turns in one run, so that a busy machine slows both.

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

double Quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

/// Reads the feed by name when it hears that there is something, as the documents have it.
class Consumer {
 public:
  explicit Consumer(std::string dsn)
      : thread_([this, dsn = std::move(dsn)](const std::stop_token& stop) { Follow(dsn, stop); }) {}

  /// Milliseconds from the writing of each entry to here, since the last call.
  std::vector<double> TakeLate() {
    const std::lock_guard lock(mutex_);
    return std::exchange(late_, {});
  }

 private:
  void Follow(const std::string& dsn, const std::stop_token& stop) {
    Session session(dsn);
    session.Run("LISTEN hubmirror_changes");
    while (!stop.stop_requested()) {
      if (session.Heard().empty()) {
        std::this_thread::sleep_for(2ms);
        continue;
      }
      std::istringstream words(
          session.Run("SELECT string_agg(seq || ' ' || 1000 * extract(epoch FROM"
                      " clock_timestamp() - at), ' ' ORDER BY seq) FROM"
                      " acme.feed_read('billing', 1000)"));
      int64_t seq = 0;
      const std::lock_guard lock(mutex_);
      for (double late = 0; words >> seq >> late;) late_.push_back(late);
      if (seq > 0) {
        session.Run("SELECT acme.feed_ack('billing', " + std::to_string(seq) + ")");
      }
    }
  }

  std::mutex mutex_;
  std::vector<double> late_;
  std::jthread thread_;
};

/// How late things were, in milliseconds.
struct Late {
  std::vector<double> mirror;    ///< from HubSpot's stamp to the entry
  std::vector<double> webhook;   ///< from the entry to a receiver that answers
  std::vector<double> consumer;  ///< from the entry to who reads by SQL

  void Add(const Late& other) {
    for (const auto member : {&Late::mirror, &Late::webhook, &Late::consumer}) {
      (this->*member).insert((this->*member).end(), (other.*member).begin(), (other.*member).end());
    }
  }
};

TEST_CASE("long hang: a webhook that never answers makes nobody later") {
  const auto turns = FromEnvironment("HUBMIRROR_TURNS", 6);
  const auto seconds = FromEnvironment("HUBMIRROR_TURN_SECONDS", 60);
  const Receiver receiver;
  DaemonSettings settings;
  settings.defaults["feed"] = "{enabled: true, webhooks: [" + receiver.Webhook("ok", "/ok") + ", " +
                              receiver.Webhook("hang", "/hang") + "]}";
  World world({.seed = 58, .records = 2000, .index_delay = "1s"}, settings);
  world.Load();
  world.mirror.Settle();
  Await("the webhooks", 60s, [&] { return HasTold(world, "ok"); });
  world.Sql("SELECT acme.feed_start('billing')");
  Consumer consumer(world.AdminDsn());

  Late late[2];
  const auto operate = [&](const std::string& verb) {
    const ProgramResult result = world.daemon.Cli({"feed", "webhook", verb, "acme", "hang"});
    INFO(result.output);
    REQUIRE(result.end == ProcessEnd{.exit_code = 0});
  };
  operate("stop");
  for (int64_t turn = 0; turn < turns; ++turn) {
    const bool hangs = turn % 2 == 1;
    if (hangs) operate("start");
    const std::string from = world.Sql("SELECT max(seq) FROM acme.changes");
    const size_t told = receiver.Log("/ok").size();
    const size_t asked = receiver.Log("/hang").size();
    consumer.TakeLate();
    world.portal.StartScript(R"({"events":)" + std::to_string(20 * seconds) + ",\"seconds\":" +
                             std::to_string(seconds) + ",\"seed\":" + std::to_string(turn / 2) +
                             R"(,"objects":["contacts"],"weights":{"create":0,"update":100,)"
                             R"("archive":0,"restore":0,"merge":0,"erase":0,"purge":0,)"
                             R"("calculate":0}})");
    world.portal.AwaitScript(std::chrono::seconds(seconds) + 60s);
    world.mirror.Settle();
    Await("all to be told", 60s, [&] { return HasTold(world, "ok"); });
    CHECK((receiver.Log("/hang").size() > asked) == hangs);
    if (hangs) operate("stop");

    Late found{.consumer = consumer.TakeLate()};
    std::istringstream words(
        world.Sql("SELECT string_agg((1000 * extract(epoch FROM at - changed_at))::text, ' ') FROM"
                  " acme.changes WHERE op = 'update' AND cause = 'changes' AND seq > " +
                  from));
    for (double one = 0; words >> one;) found.mirror.push_back(one);
    const std::vector<Told> log = receiver.Log("/ok");
    for (size_t i = told; i < log.size(); ++i) {
      found.webhook.push_back(static_cast<double>(log[i].late));
    }
    late[hangs ? 1 : 0].Add(found);
  }
  world.ExpectEqual();

  using Figures = std::pair<std::string, std::vector<double> Late::*>;
  for (const auto& [what, member] : {Figures("changed to mirrored", &Late::mirror),
                                     Figures("entry to the other webhook", &Late::webhook),
                                     Figures("entry to the consumer", &Late::consumer)}) {
    const auto& off = late[0].*member;
    const auto& on = late[1].*member;
    CHECK(!off.empty());
    CHECK(!on.empty());
    MESSAGE(what << ", ms, half / 99 of 100: " << Quantile(off, 0.5) << " / " << Quantile(off, 0.99)
                 << " of " << off.size() << "; beside one that hangs " << Quantile(on, 0.5) << " / "
                 << Quantile(on, 0.99) << " of " << on.size());
  }
}

}  // namespace
}  // namespace hubmirror::testing
