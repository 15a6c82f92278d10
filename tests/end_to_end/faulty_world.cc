#include "faulty_world.h"

#include <doctest/doctest.h>

#include <utility>

#include "support/await.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

DaemonSettings Through(const HttpProxy& proxy, DaemonSettings settings) {
  if (settings.base_url.empty()) settings.base_url = proxy.url();
  return settings;
}

}  // namespace

const char* const FaultyWorld::kScenario = R"({"portals":[{"portal_id":1234567,"seed":115,
  "objects":{"contacts":420,"companies":90},"tokens":[{"token":"pat-na1-simulated-token"}]}]})";

FaultyWorld& FaultyWorld::OfThisProgram() {
  static FaultyWorld one;
  return one;
}

DaemonSettings FaultyWorld::Settings() {
  DaemonSettings settings;
  settings.limits = "{shutdown: 20s, response: 1MiB, request: 3s}";
  settings.portals[0].objects = {"contacts", "companies"};
  return settings;
}

FaultyWorld::FaultyWorld(DaemonSettings settings, const char* scenario)
    : world({.scenario_json = scenario}, Through(proxy, std::move(settings))) {
  proxy.ForwardTo(world.portal.url());
  world.Load();
  world.ExpectEqual();
}

void FaultyWorld::Strike(const std::string& faults) {
  world.portal.Control("faults", R"({"clear":true,"faults":[)" + faults + "]}");
}

void FaultyWorld::Heal() {
  world.portal.Control("faults", R"({"clear":true})");
  proxy.Set(nullptr);
}

void FaultyWorld::Change() {
  world.portal.StartScript(R"({"events":60,"seconds":1,"seed":)" + std::to_string(seed_++) +
                           R"(,"weights":{"create":15,"update":50,"archive":8,"restore":5,
    "merge":3,"calculate":4,"link":10,"unlink":5}})");
  world.portal.AwaitScript(30s);
}

void FaultyWorld::ExpectSaid(const std::string& state, const std::string& words,
                             std::chrono::seconds within) {
  std::string message;
  const bool said = Happens(within, [&] {
    const auto stream = world.daemon.Stream("acme", "contacts");
    message = stream.Text("message");
    return stream.Text("state") == state && message.find(words) != std::string::npos;
  });
  CAPTURE(state);
  CAPTURE(words);
  CAPTURE(message);
  INFO(world.mirror.StreamStates());
  CHECK(said);
}

void FaultyWorld::ExpectOneToArrive(std::chrono::seconds within) {
  const std::string id = world.portal.Mutate(
      R"({"object":"contacts","kind":"create","properties":{"firstname":"One"}})");
  const bool arrived = Happens(within, [&] {
    return world.Sql("SELECT count(*)::text FROM acme.contacts_live WHERE id = " + id) == "1";
  });
  INFO(world.mirror.StreamStates());
  CHECK(arrived);
}

void FaultyWorld::ExpectNothingLost() {
  Heal();
  // What its index has still to show would be news, right before the comparison.
  Await("the portal's index", 60s, [&] { return world.portal.Ask("quiet").Flag("quiet"); });
  world.mirror.Settle(90s);
  world.ExpectNoDifferences();
  CHECK(world.Sql("SELECT count(*)::text FROM acme._quarantine") == "0");
  CHECK(world.daemon.running());
  const bool current = Happens(30s, [&] {
    return world.daemon.Stream("acme", "contacts").Text("state") == "current" &&
           world.daemon.Stream("acme", "companies").Text("state") == "current";
  });
  INFO(world.mirror.StreamStates());
  CHECK(current);
}

}  // namespace hubmirror::testing
