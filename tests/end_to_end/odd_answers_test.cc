// A HubSpot that answers in good form and breaks its promises, and records that it cannot show. No
// answer is believed because it is well-formed, no request is all or nothing: the mirror ends
// equal.

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

// Requests name types by their ids: contacts are 0-1. Small pages of links, so that some have more
// than one; two lists of some hundred members.
constexpr const char* kScenario = R"({"portals":[{"portal_id":1234567,"seed":66,
  "objects":{"contacts":420,"companies":90},"reference":{"owners":3,"lists":3,"events":0,"members":420},
  "switches":{"link_page":"tiny","search_returns":"index"},
  "tokens":[{"token":"pat-na1-simulated-token"}]}]})";

DaemonSettings Settings() {
  DaemonSettings settings;
  settings.limits = "{shutdown: 20s, response: 1MiB}";
  settings.portals[0].objects = {"contacts", "companies"};
  settings.portals[0].object_settings = {{"contacts", "{history: [city, email]}"},
                                         {"companies", "{}"}};
  return settings;
}

/// A loaded mirror of a portal that can be made to lie.
class Liar {
 public:
  Liar() : world({.scenario_json = kScenario}, Settings()) {
    world.mirror.Follow({{"contacts", {"city", "email"}}});
    world.Load();
    ExpectEqual();
  }

  void Lie(const std::string& faults) {
    world.portal.ResetStats();
    began_ = SteadyClock::now();
    world.portal.Control("faults", R"({"clear":true,"faults":[)" + faults + "]}");
  }
  void StopLying() { world.portal.Control("faults", R"({"clear":true})"); }

  void Change(uint64_t seed) {
    world.portal.StartScript(
        R"({"events":80,"seconds":1,"seed":)" + std::to_string(seed) +
        R"(,"weights":{"create":15,"update":50,"archive":8,"restore":5,"merge":3,
      "calculate":4,"link":10,"unlink":5}})");
    world.portal.AwaitScript(30s);
  }

  /// Settled, with the history of all that changed, and without a difference.
  void ExpectEqual() {
    world.mirror.Settle(60s);
    const bool walked = Happens(30s, [&] {
      return world.Sql(
                 "SELECT (SELECT count(*) FROM acme._due) = 0 AND bool_and(coalesce("
                 "(cursor->>'walked')::bool, false)) FROM acme._stream_state"
                 " WHERE job = 'history'") == "t";
    });
    INFO(world.mirror.StreamStates());
    CHECK(walked);
    world.ExpectNoDifferences();
  }

  /// What polls every second and settles once needs no more than this many requests.
  void ExpectCalm(const std::string& requests) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(SteadyClock::now() - began_).count();
    const int64_t asked = world.portal.Requests(requests);
    CAPTURE(requests);
    CAPTURE(seconds);
    CAPTURE(asked);
    CHECK(asked <= 60 + 2 * seconds);
  }

  double BrokenPromises() const {
    return world.daemon.Metric("hubmirror_broken_promises_total").value_or(0);
  }

  World world;

 private:
  SteadyClock::time_point began_;
};

struct Round {
  std::string says;
  std::vector<std::string> lies;
  std::vector<std::string> asked;  ///< the requests that must not run away
  bool counted = true;             ///< as a promise that the mirror needs
};

TEST_CASE(
    "odd answers: whatever lies, for good or for a while, leaves no gap and nothing runs away") {
  const std::vector<Round> rounds = {
      {"a search is out of order, links are of a stranger",
       {R"({"match":"/crm/objects/*/0-1/search","kind":"disorder","chance":1})",
        R"({"match":"/crm/associations/*","kind":"stranger","count":2})"},
       {"search contacts", "links"}},
      {"a search counts more than it shows",
       {R"({"match":"/crm/objects/*/0-1/search","kind":"wrong_total","by":7,"chance":1})"},
       {"search contacts"}},
      // A search is read on behind its last id, whatever it says itself.
      {"a search is where it was, and so are links",
       {R"({"match":"/crm/objects/*/0-1/search","kind":"same_cursor","chance":1})",
        R"({"match":"/crm/associations/*","kind":"same_cursor","count":2})"},
       {"search contacts", "links"},
       /*counted=*/false},
      {"a search shows what is outside its window, a batch shows a stranger",
       {R"({"match":"/crm/objects/*/0-1/search","kind":"outsider","count":3})",
        R"({"match":"/crm/objects/*/batch/read","kind":"stranger","count":3})"},
       {"search contacts", "batch read"}},
      {"a list page is out of order, a batch leaves one out",
       {R"({"match":"/crm/objects/*/0-1","method":"GET","kind":"disorder","count":2})",
        R"({"match":"/crm/objects/*/batch/read","kind":"left_out","count":2})"},
       {"list contacts", "batch read"}},
      {"a list is where it was",
       {R"({"match":"/crm/objects/*/0-1","method":"GET","kind":"same_cursor","count":3})"},
       {"list contacts"}}};
  Liar liar;
  uint64_t seed = 1;
  for (const Round& round : rounds) {
    CAPTURE(round.says);
    const auto before = liar.BrokenPromises();
    std::string lies;
    for (const std::string& lie : round.lies) lies += (lies.empty() ? "" : ",") + lie;
    liar.Lie(lies);
    // More than one page of a search, in which order and cursors count.
    liar.world.portal.Mutate(R"({"object":"contacts","kind":"import","count":230})");
    liar.Change(seed++);
    liar.ExpectEqual();
    for (const std::string& requests : round.asked) liar.ExpectCalm(requests);
    liar.StopLying();
    if (round.counted) CHECK(liar.BrokenPromises() > before);
  }

  // Somebody who does not exist is named by every search, and looked for each time.
  liar.Lie(R"({"match":"/crm/objects/*/0-1/search","kind":"outsider","chance":1})");
  liar.Change(seed++);
  liar.world.mirror.Settle(60s);
  for (const char* requests : {"search contacts", "batch read"}) liar.ExpectCalm(requests);
  liar.StopLying();
  liar.ExpectEqual();

  // Whoever left a list is marked by the first reading that can be believed.
  liar.Lie(R"({"match":"*/memberships","kind":"same_cursor","count":2})");
  liar.Change(seed);
  liar.world.mirror.Settle(60s);
  liar.ExpectCalm("list members");
  liar.StopLying();
  liar.ExpectEqual();
}

TEST_CASE("odd answers: a record that batches leave out is read by another way, for good") {
  Liar liar;
  World& world = liar.world;
  const std::string record =
      world.Sql("SELECT id::text FROM acme.contacts_live ORDER BY id OFFSET 41 LIMIT 1");
  const auto leave_out = [&](const std::string& more) {
    liar.Lie(R"({"match":"/crm/objects/*/batch/read","kind":"left_out","record":")" + record +
             "\"," + more + "}");
  };
  const auto move_to = [&](const std::string& city) {
    world.portal.Mutate(R"({"object":"contacts","kind":"update","id":")" + record +
                        R"(","properties":{"city":")" + city + "\"}}");
  };
  SUBCASE("twice, where histories are read") {
    leave_out(R"("holds":"propertiesWithHistory","count":2)");
    move_to("Bergen");
    liar.ExpectEqual();
    liar.ExpectCalm("batch read contacts");
  }
  SUBCASE("always: the truth is not known from batches, and nobody is marked as gone") {
    leave_out(R"("chance":1)");
    move_to("Oslo");
    CHECK(Happens(60s, [&] {
      return world.Sql("SELECT city FROM acme.contacts_live WHERE id = " + record) == "Oslo" ||
             world.Sql("SELECT count(*)::text FROM acme._quarantine WHERE id = " + record) == "1" ||
             world.Sql("SELECT count(*)::text FROM acme._pending WHERE id = " + record) == "1";
    }));
    std::this_thread::sleep_for(20s);
    INFO(world.mirror.StreamStates());
    CHECK(world.Sql(
              "SELECT (archived OR erased_at IS NOT NULL)::text FROM acme.contacts WHERE id = " +
              record) == "false");
    liar.ExpectCalm("batch read contacts");
  }
  liar.StopLying();
  world.daemon.Cli({"quarantine", "retry", "acme"});
  liar.ExpectEqual();
}

TEST_CASE(
    "odd answers: records that HubSpot cannot show stand alone in quarantine, the rest goes on") {
  Liar liar;
  World& world = liar.world;
  std::vector<std::string> culprits;
  // Beside each other, which no halving parts early.
  for (const char* place : {"37", "38", "39"}) {
    culprits.push_back(world.Sql("SELECT id::text FROM acme.contacts_live ORDER BY id OFFSET " +
                                 std::string(place) + " LIMIT 1"));
  }
  const auto of = [&](size_t culprit, const std::string& kind) {
    return R"({"match":"/crm/objects/*","chance":1,"record":")" + culprits[culprit] +
           R"(","kind":)" + kind + "}";
  };
  // One HubSpot fails for, one that cannot be decoded, one whose page is too large.
  liar.Lie(of(0, R"("status","status":500)") + "," + of(1, "\"garbage\"") + "," +
           of(2, R"("huge","bytes":2000000)"));
  const std::string company =
      world.portal.Mutate(R"({"object":"companies","kind":"create","properties":{"name":"new"}})");
  const std::string contact = world.portal.Mutate(
      R"({"object":"contacts","kind":"create","properties":{"firstname":"Zoë"}})");
  CHECK(world.daemon.Cli({"poll", "acme"}).end.exit_code == 0);
  world.daemon.Cli({"settle", "acme", "--wait", "1s"});  // Asks for a sweep, too.
  const std::string quarantined =
      "SELECT count(*)::text FROM acme._quarantine WHERE object = 'contacts' AND id IN (" +
      culprits[0] + "," + culprits[1] + "," + culprits[2] + ")";
  CHECK(Happens(120s, [&] { return world.Sql(quarantined) == "3"; }));

  CHECK(world.Sql("SELECT count(*)::text FROM acme._quarantine") == "3");
  const std::string named = world.daemon.Cli({"quarantine", "list", "acme"}).output;
  INFO(named);
  INFO(world.mirror.StreamStates());
  for (const std::string& culprit : culprits) CHECK(named.find(culprit) != std::string::npos);
  CHECK(world.Sql("SELECT firstname FROM acme.contacts_live WHERE id = " + contact) == "Zoë");
  CHECK(world.Sql("SELECT name FROM acme.companies_live WHERE id = " + company) == "new");
  // They keep the values they had, which are true still; that they are set aside is all there is.
  const auto outcome = world.mirror.Compare();
  INFO(outcome.words);
  CHECK(outcome.report.differences == 3);
  for (const std::string& culprit : culprits) {
    CHECK(outcome.words.find("contacts " + culprit + " _quarantine") != std::string::npos);
  }
  liar.ExpectCalm("batch read contacts");

  liar.StopLying();
  CHECK(world.daemon.Cli({"quarantine", "retry", "acme"}).end.exit_code == 0);
  Await("an empty quarantine", 30s,
        [&] { return world.Sql("SELECT count(*)::text FROM acme._quarantine") == "0"; });
  liar.ExpectEqual();
}

}  // namespace
}  // namespace hubmirror::testing
