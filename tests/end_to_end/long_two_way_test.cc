// The two-way sync of docs/writing.md, as it is printed: a table of an application and HubSpot,
// both changed at random for as many rounds as ten days have ten minutes.

#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "compare/history_check.h"
#include "support/document.h"
#include "write_world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

const std::string kPage = std::string(PROJECT_DIR) + "/docs/writing.md";
constexpr const char* kUnderWay = "state IN ('queued', 'sending', 'written', 'unknown')";
// Between our look at HubSpot's value and our request nothing can see that somebody changes it
// (rule W7): usually half a second, more on a machine that is busy.
constexpr compare::Milliseconds kBlindFor = 5'000;

class TwoWay {
 public:
  explicit TwoWay(uint64_t seed) : random_(seed) {
    it.world.Sql(std::string("GRANT CREATE ON SCHEMA public TO ") + WriteWorld::kWriter);
    it.AsWriter(sql_.at(0));
    Sync();
    Take();
  }

  WriteWorld it{
      "{enabled: true, writers: [crm_writer], on_conflict: theirs, brakes: {per_record: "
      "1000}, objects: {contacts: {update: [city], create: true}}}",
      {"contacts"},
      {.seed = 98, .records = 240, .latency = "30ms"},
      [](World&) {}};

  World& world() { return it.world; }
  int made() const { return made_; }

  /// A few changes on either side, and the application's minute.
  void Round() {
    const auto some = [&] { return std::uniform_int_distribution<int>(0, 2)(random_); };
    for (int i = some(); i > 0; --i) {
      it.AsWriter("UPDATE people SET city = 'o" + std::to_string(++values_) +
                  "' WHERE hubspot_id = " + Anybody());
    }
    for (int i = some(); i > 0; --i) {
      world().portal.Mutate(R"({"object":"contacts","kind":"update","id":")" + Anybody() +
                            R"(","properties":{"city":"t)" + std::to_string(++values_) + R"("}})");
    }
    if (random_() % 40 == 0) {
      it.AsWriter("INSERT INTO people (email, city) VALUES ('ours" + std::to_string(++made_) +
                  "@example.com', 'o" + std::to_string(++values_) + "')");
    }
    if (random_() % 40 == 0) {
      world().portal.Mutate(
          R"({"object":"contacts","kind":"create","properties":{"email":"theirs)" +
          std::to_string(++made_) + R"(@example.com","city":"t)" + std::to_string(++values_) +
          R"("}})");
    }
    Sync();
  }

  /// One of what happens to daemons, networks and databases.
  void Trouble() {
    switch (random_() % 5) {
      case 0:
        world().daemon.Kill();
        world().daemon.Start();
        break;
      case 1:
        world().database.Crash();
        world().database.Start();
        break;
      case 2:
        it.Fault("batch/update", "lost_answer");
        break;
      case 3:
        it.Fault("batch/create", "lost_answer");
        break;
      default:
        it.Fault("batch/update", "slow");
    }
    Take();
    PassDoubt();
  }

  /// Another daemon goes on in the place of the first, which does not know.
  void TakeOver() {
    DaemonProcess second(world().daemon.settings());
    second.Start();
    Await("the second daemon to wait beside the first", 120s,
          [&] { return world().Sql("SELECT count(*) FROM acme._write_instances") == "2"; });
    world().daemon.process().Signal(SIGSTOP);
    world().Sql("UPDATE acme._owner SET renewed_at = now() - interval '61 s' RETURNING 1");
    Await("the second daemon to own the portal", 180s,
          [&] { return second.Stream("acme", "contacts").Text("state") == "current"; });
    for (int round = 0; round < 20; ++round) Round();
    PassDoubt();
    world().daemon.process().Signal(SIGCONT);
    Await("the first daemon to know that it owns nothing", 120s,
          [&] { return world().daemon.Stream("acme", "contacts").Text("state") == "passive"; });
    CHECK(second.Terminate() == ProcessEnd{.exit_code = 0});
    world().Sql("UPDATE acme._owner SET renewed_at = now() - interval '61 s' RETURNING 1");
  }

  void AwaitRest() {
    Await("both sides to be the same", 300s, [&] {
      Sync();
      PassDoubt();
      return it.Rows(kUnderWay) == 0 && Differences() == "0";
    });
  }
  std::string Differences() const {
    return it.AsWriter(
        "SELECT count(*) FROM people p FULL JOIN acme.contacts_write c ON c.id = p.hubspot_id"
        " WHERE (p.city, lower(p.email)) IS DISTINCT FROM (c.city, c.email)");
  }
  void Sync() const {
    for (int tries = 0;; ++tries) {
      try {
        it.AsWriter(sql_.at(1));
        return;
      } catch (const std::runtime_error& error) {
        // As the page says: somebody else changed a row, or the server is just coming back.
        if (tries == 50) throw;
        std::this_thread::sleep_for(100ms);
      }
    }
  }

  /// What HubSpot held of `city`, by record, oldest first.
  std::map<std::string, std::vector<std::pair<compare::Milliseconds, std::string>>> Past() const {
    std::map<std::string, std::vector<std::pair<compare::Milliseconds, std::string>>> past;
    const HttpAnswer answer =
        HttpGet(it.world.portal.url(), "/_control/history/1234567/contacts?properties=city");
    REQUIRE(answer.status == 200);
    for (size_t begin = 0; begin < answer.body.size();) {
      const size_t end = std::min(answer.body.find('\n', begin), answer.body.size());
      if (end > begin) {
        const auto line =
            compare::ParseHistoryLine(std::string_view(answer.body).substr(begin, end - begin));
        auto& values = past[std::to_string(line.id)];
        for (const auto& value : line.values) {
          values.emplace_back(std::get<1>(value), std::get<2>(value));
        }
        std::ranges::stable_sort(values, {}, &std::pair<compare::Milliseconds, std::string>::first);
      }
      begin = end + 1;
    }
    return past;
  }

  /// When something happened by our clock that happened at `at` by HubSpot's.
  compare::Milliseconds ByOurClock(compare::Milliseconds at) const {
    auto last = set_ahead_.rbegin();
    while (at - last->second < last->first) ++last;
    return at - last->second;
  }

 private:
  void Take() {
    ids_.clear();
    const std::string all =
        it.AsWriter("SELECT string_agg(hubspot_id::text, ' ') FROM people WHERE hubspot_id > 0");
    for (size_t begin = 0; begin < all.size();) {
      const size_t end = std::min(all.find(' ', begin), all.size());
      ids_.push_back(all.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  const std::string& Anybody() { return ids_[random_() % ids_.size()]; }
  /// HubSpot may be at work on a lost request for two minutes: its clock is set ahead.
  void PassDoubt() {
    if (it.Rows("state IN ('sending', 'unknown')") == 0) return;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const compare::Milliseconds ahead = set_ahead_.back().second + 125'000;
    set_ahead_.emplace_back(now / 1ms, ahead);
    world().portal.Control("settings",
                           R"({"clock_offset":")" + std::to_string(ahead / 1000) + R"(s"})");
  }

  const std::vector<std::string> sql_ = BlocksOf(kPage, "sql", "In step with a table of yours");
  std::mt19937_64 random_;
  std::vector<std::string> ids_;
  int values_ = 0;
  int made_ = 0;
  /// Since when HubSpot's clock has been how far ahead of ours.
  std::vector<std::pair<compare::Milliseconds, compare::Milliseconds>> set_ahead_ = {{0, 0}};
};

TEST_CASE("long two-way sync: after ten days of changes on both sides both are the same") {
  constexpr int kRounds = 1'440;
  TwoWay sync(static_cast<uint64_t>(FromEnvironment("HUBMIRROR_SEED", 1)));
  const int rounds = static_cast<int>(FromEnvironment("HUBMIRROR_ROUNDS", kRounds));
  for (int round = 1; round <= rounds; ++round) {
    CAPTURE(round);
    sync.Round();
    if (round % 40 == 0) sync.Trouble();
    if (round == rounds / 2) sync.TakeOver();
  }
  sync.AwaitRest();
  sync.world().mirror.Settle();
  sync.world().ExpectNoDifferences();
  CHECK(sync.Differences() == "0");

  // Each row is done; each value of ours was written once, or a newer one of theirs was left.
  WriteWorld& it = sync.it;
  CHECK(it.Rows("state <> 'done'") == 0);
  std::map<std::string, int> written;
  for (const compare::Json& line : it.Journal()) ++written[line["properties"].Text("city")];
  for (const auto& [value, times] : written) {
    CAPTURE(value);
    CHECK(times == 1);
  }

  // Whatever of theirs one of ours took the place of was known here, but for the moment of W7.
  std::map<std::string, std::string> base;
  const std::string rows = sync.world().Sql(
      "SELECT string_agg(properties->>'city' || '=' || coalesce(base->>'city', ''), ' ')"
      " FROM acme.outbox WHERE op = 'update'");
  for (size_t begin = 0; begin < rows.size();) {
    const size_t end = std::min(rows.find(' ', begin), rows.size());
    const std::string row = rows.substr(begin, end - begin);
    base[row.substr(0, row.find('='))] = row.substr(row.find('=') + 1);
    begin = end + 1;
  }
  int blind = 0;
  int ours = 0;
  for (const auto& [record, values] : sync.Past()) {
    for (size_t i = 1; i < values.size(); ++i) {
      const auto& [at, value] = values[i];
      const auto& [before_at, before] = values[i - 1];
      if (!value.starts_with('o')) continue;
      ++ours;
      if (!before.starts_with('t') || !base.contains(value) || base.at(value) == before) continue;
      CAPTURE(record);
      CAPTURE(value);
      CAPTURE(before);
      CHECK(sync.ByOurClock(at) - sync.ByOurClock(before_at) < kBlindFor);
      ++blind;
    }
  }
  CHECK(ours > rounds / 4);

  // Nobody is there twice, and what is at rest stays so.
  std::set<std::string> emails;
  const auto truth = it.Truth("contacts");
  for (const auto& [record, properties] : truth) {
    const std::string email = properties.Text("email");
    CAPTURE(email);
    if (!email.empty()) CHECK(emails.insert(email).second);
  }
  CHECK(std::ranges::count_if(emails, [](const std::string& email) {
          return email.starts_with("ours") || email.starts_with("theirs");
        }) == sync.made());
  const int64_t all = it.Rows("true");
  for (int i = 0; i < 5; ++i) sync.Sync();
  CHECK(it.Rows("true") == all);
  MESSAGE(rounds << " rounds: " << all << " rows, " << ours << " values of ours written, " << blind
                 << " values of theirs written over unseen, " << truth.size() << " records");
}

}  // namespace
}  // namespace hubmirror::testing
