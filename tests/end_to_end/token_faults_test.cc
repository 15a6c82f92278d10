// Tokens that are rotated, revoked or cut: each fault of tokens that docs/reliability.md numbers.

#include <doctest/doctest.h>

#include <atomic>
#include <string>

#include "faulty_world.h"
#include "support/await.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kScopes =
    R"("oauth","crm.objects.contacts.read","crm.objects.companies.read","crm.objects.owners.read",
    "crm.schemas.contacts.read","crm.schemas.companies.read","crm.lists.read",
    "settings.users.read","settings.users.teams.read","crm.objects.marketing_events.read",
    "crm.objects.contacts.sensitive.read.v2","crm.objects.contacts.highly_sensitive.read.v2",
    "crm.objects.companies.sensitive.read.v2","crm.objects.companies.highly_sensitive.read.v2")";

PortalOptions Portal(int seconds) {
  return {.scenario_json = R"({"portals":[{"portal_id":1234567,"seed":391,
    "objects":{"contacts":400,"companies":90},"switches":{"refresh_rotation":"rotates"},
    "oauth":{"client_id":"simulated-client","client_secret":"simulated-secret",
      "refresh_token":"na1-first","redirect_uris":["http://127.0.0.1:9000/callback"],
      "expires_in":)" + std::to_string(seconds) +
                           "}}]}"};
}

DaemonSettings WithGrant(const std::string& base_url = "") {
  DaemonSettings settings = FaultyWorld::Settings();
  settings.base_url = base_url;
  settings.portals[0].refresh_token = "na1-first";
  return settings;
}

bool Said(const World& world, const std::string& state, const std::string& reason,
          std::chrono::seconds within = 60s) {
  return Happens(within, [&] {
    const auto stream = world.daemon.Stream("acme", "contacts");
    return stream.Text("state") == state && stream.Text("reason") == reason;
  });
}

TEST_CASE("fault 39: killed between receiving a refresh token and saving it") {
  // The answer with the new refresh token is held back until the daemon is dead: it was sent, and
  // nobody has it.
  HttpProxy proxy;
  World world(Portal(6), WithGrant(proxy.url()));
  proxy.ForwardTo(world.portal.url());
  world.Load();
  for (int i = 0; i < 3; ++i) {
    std::atomic<bool> sent = false;
    std::atomic<bool> dead = false;
    proxy.Set([&](const HttpProxy::Asked& asked, HttpProxy::Answer& answer) {
      if (asked.path.find("/token") == std::string::npos || answer.status != 200) return;
      if (sent.exchange(true)) return;
      Happens(20s, [&] { return dead.load(); });
    });
    Await("a refresh", 30s, [&] { return sent.load(); });
    world.daemon.Kill();
    dead = true;
    proxy.Set(nullptr);
    world.daemon.Start();
    CHECK(Said(world, "current", ""));
  }
  world.portal.StartScript(R"({"events":60,"seconds":1,"seed":4})");
  world.portal.AwaitScript(30s);
  world.ExpectEqual();
}

TEST_CASE("fault 40: scopes that are cut stop what needs them, and come back") {
  World world({.scenario_json = R"({"portals":[{"portal_id":1234567,"seed":401,
    "objects":{"contacts":400,"companies":90},"tokens":[{"token":"pat-na1-simulated-token"}]}]})"},
              FaultyWorld::Settings());
  world.Load();
  const auto scopes = [&](std::string held) {
    world.portal.Control("tokens", R"({"portal":1234567,"action":"scopes",
      "token":"pat-na1-simulated-token","scopes":[)" +
                                       held + "]}");
  };
  std::string without_contacts = kScopes;
  const std::string cut = "\"crm.objects.contacts.read\",";
  without_contacts.erase(without_contacts.find(cut), cut.size());
  scopes(without_contacts);
  CHECK(Said(world, "blocked", "scope"));
  CHECK(world.daemon.Stream("acme", "contacts").Text("message").find("crm.objects.contacts.read") !=
        std::string::npos);
  const std::string company = world.portal.Mutate(
      R"({"object":"companies","kind":"create","properties":{"name":"unhindered"}})");
  CHECK(Happens(30s, [&] {
    return world.Sql("SELECT count(*)::text FROM acme.companies_live WHERE id = " + company) == "1";
  }));
  world.portal.Mutate(R"({"object":"contacts","kind":"update"})");
  scopes(kScopes);
  CHECK(world.daemon.Cli({"poll", "acme"}).end.exit_code == 0);
  CHECK(Said(world, "current", ""));
  world.ExpectEqual();
}

TEST_CASE("fault 40: an app that is uninstalled stops its portal and leaves the mirror as it is") {
  World world(Portal(4), WithGrant());
  world.Load();
  world.ExpectEqual();
  world.portal.Control("tokens", R"({"portal":1234567,"action":"delete_hub"})");
  CHECK(Said(world, "blocked", "auth"));
  const std::string message = world.daemon.Stream("acme", "contacts").Text("message");
  CAPTURE(message);
  CHECK(message.find("authorize") != std::string::npos);
  world.ExpectNoDifferences();
  CHECK(world.Sql("SELECT count(*) > 300 FROM acme.contacts_live") == "t");
}

}  // namespace
}  // namespace hubmirror::testing
