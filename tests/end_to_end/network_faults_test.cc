// What can go wrong between a daemon and HubSpot: each fault of the network that
// docs/reliability.md numbers.

#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "certificates.h"
#include "support/await.h"
#include "support/http_proxy.h"
#include "support/loopback_server.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

DaemonSettings OfContacts(const std::string& base_url = "") {
  DaemonSettings settings;
  settings.base_url = base_url;
  settings.limits = "{shutdown: 20s, request: 3s}";
  settings.portals[0].objects = {"contacts", "companies"};
  return settings;
}

PortalOptions Portal() {
  return {.scenario_json = R"({"portals":[{"portal_id":1234567,"seed":116,
    "objects":{"contacts":400,"companies":90},"tokens":[{"token":"pat-na1-simulated-token"}]}]})"};
}

void Change(const World& world, int seed) {
  world.portal.StartScript(R"({"events":50,"seconds":1,"seed":)" + std::to_string(seed) + "}");
  world.portal.AwaitScript(30s);
}

void ExpectSaid(const World& world, const std::string& state, const std::string& words) {
  std::string message;
  const bool said = Happens(30s, [&] {
    const auto stream = world.daemon.Stream("acme", "contacts");
    message = stream.Text("message");
    return stream.Text("state") == state && message.find(words) != std::string::npos;
  });
  CAPTURE(words);
  CAPTURE(message);
  INFO(world.mirror.StreamStates());
  CHECK(said);
}

void ExpectNothingLost(World& world) {
  world.mirror.Settle(90s);
  world.ExpectNoDifferences();
}

TEST_CASE("fault 16: a name server that fails, knows nothing, or names another address") {
  auto first = std::make_unique<HttpProxy>();
  World world(Portal(), OfContacts("http://localhost:" + std::to_string(first->port())));
  first->ForwardTo(world.portal.url());
  const fs::path address = world.daemon.directory().Write("address", "");
  world.daemon.SetVariable("LD_PRELOAD", NAMED_HOST_LIBRARY);
  world.daemon.SetVariable("HUBMIRROR_TEST_ADDRESS", address);
  world.daemon.Start();
  ExpectSaid(world, "failing", "localhost");
  CHECK(world.portal.Requests("list") == 0);
  world.daemon.directory().Write("address", "127.0.0.1");
  world.mirror.WaitBackfill(60s);

  // It moves: the old address answers no longer, and for a while no server knows the new one.
  HttpProxy second({.tls = {}, .port = first->port(), .address = "127.0.0.2"});
  second.ForwardTo(world.portal.url());
  world.daemon.directory().Write("address", "none");
  first.reset();
  Change(world, 1);
  ExpectSaid(world, "failing", "localhost");
  world.daemon.directory().Write("address", "127.0.0.2");
  ExpectNothingLost(world);
}

TEST_CASE("fault 17: a certificate that is unknown, of another host or expired gets no token") {
  const Certificates certificates;
  const auto serve = [&](const char* name, int port) {
    return std::make_unique<HttpProxy>(
        HttpProxy::Options{.tls = certificates.Of(name), .port = port});
  };
  auto proxy = serve("right", 0);
  const int port = proxy->port();
  DaemonSettings settings = OfContacts(proxy->url());
  settings.ca_file = certificates.authority();
  World world(Portal(), settings);
  proxy->ForwardTo(world.portal.url());
  world.Load();

  int seed = 1;
  for (const auto& [name, words] : std::vector<std::pair<const char*, const char*>>{
           {"self_signed", "self-signed"}, {"other_host", "localhost"}, {"expired", "expired"}}) {
    CAPTURE(name);
    proxy.reset();
    proxy = serve(name, port);
    proxy->ForwardTo(world.portal.url());
    world.portal.ResetStats();
    Change(world, seed++);
    ExpectSaid(world, "failing", words);
    CHECK(world.portal.Requests("") == 0);
    proxy.reset();
    proxy = serve("right", port);
    proxy->ForwardTo(world.portal.url());
    ExpectNothingLost(world);
  }
}

TEST_CASE("fault 18: connections that are reset, cut half-way, or go silent") {
  World world(Portal(), OfContacts());
  world.Load();
  const auto strike = [&](const char* faults) {
    world.portal.Control("faults", R"({"clear":true,"faults":[)" + std::string(faults) + "]}");
  };
  strike(R"({"match":"/crm/*","kind":"reset","chance":1})");
  Change(world, 1);
  ExpectSaid(world, "failing", "closed the connection without an answer");
  strike(R"({"match":"/crm/*","kind":"reset","chance":0.4,"count":8},
            {"match":"/crm/*","kind":"truncate","chance":0.4,"count":8})");
  Change(world, 2);
  ExpectNothingLost(world);
  strike("");

  // Half open: connections stand that nobody is behind, and new ones are taken and not served.
  world.portal.process().Signal(SIGSTOP);
  ExpectSaid(world, "failing", "limits.request");
  CHECK(world.daemon.StatusCodeOf("/livez") == 200);
  world.portal.process().Signal(SIGCONT);
  Change(world, 3);
  ExpectNothingLost(world);
}

TEST_CASE("fault 19: a redirect is not followed, and no token goes with it") {
  const LoopbackServer elsewhere(
      {[](LoopbackServer::Connection& connection) { connection.ReadRequest(); }},
      LoopbackServer::Then::kRepeatLast);
  World world(Portal(), OfContacts());
  world.Load();
  world.portal.Control("faults",
                       R"({"faults":[{"match":"/crm/*","kind":"redirect","chance":1,"location":")" +
                           elsewhere.url() + R"(/login"}]})");
  Change(world, 1);
  ExpectSaid(world, "failing", "api.base_url");
  CHECK(elsewhere.connections() == 0);
  world.portal.Control("faults", R"({"clear":true})");
  ExpectNothingLost(world);
}

}  // namespace
}  // namespace hubmirror::testing
