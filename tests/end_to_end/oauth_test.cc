#include <doctest/doctest.h>

#include <string>

#include "support/await.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPortal = R"({"portals":[{"portal_id":1234567,"seed":61,"records":3000,
  "latency":"150ms","limits":false,"switches":{"refresh_rotation":"rotates"},
  "oauth":{"client_id":"simulated-client","client_secret":"simulated-secret",
           "refresh_token":"na1-first","redirect_uris":["http://127.0.0.1:9000/callback"],
           "expires_in":EXPIRES}}]})";

std::string PortalWithTokensOf(int seconds) {
  std::string json = kPortal;
  return json.replace(json.find("EXPIRES"), 7, std::to_string(seconds));
}

DaemonSettings WithRefreshToken(const std::string& token) {
  DaemonSettings settings;
  settings.portals[0].refresh_token = token;
  return settings;
}

double FailedPolls(const World& world) {
  return world.daemon.Metric("hubmirror_poll_failures_total").value_or(0);
}

TEST_CASE("oauth: tokens that expire every few seconds fail no poll, and survive a kill") {
  World world({.scenario_json = PortalWithTokensOf(4)}, WithRefreshToken("na1-first"));
  world.daemon.Start();
  Await("a refresh", 60s, [&] { return world.portal.Requests("token", 200) >= 2; });
  world.daemon.Kill();

  // The configured refresh token was used up by now; the newest is in the state directory.
  world.Load();

  CHECK(FailedPolls(world) == 0);
  CHECK(world.portal.Requests("list", 401) == 0);
  CHECK(world.portal.Requests("token", 400) == 0);
  world.ExpectEqual();
}

TEST_CASE("oauth: a revoked grant stops the portal and names the next step") {
  World world({.scenario_json = PortalWithTokensOf(4)}, WithRefreshToken("na1-first"));
  world.Load();

  world.portal.Control("tokens", R"({"portal":1234567,"action":"revoke_refresh"})");

  Await("the stream to be blocked", 60s, [&] {
    const auto stream = world.daemon.Stream("acme", "contacts");
    return stream.Text("state") == "blocked" && stream.Text("reason") == "auth";
  });
  CHECK(world.daemon.Stream("acme", "contacts").Text("message").find("authorize") !=
        std::string::npos);
  CHECK(world.daemon.running());
}

TEST_CASE("oauth: a wrong client secret is our fault and never taken for a revoked grant") {
  World world({.scenario_json = PortalWithTokensOf(1800)}, WithRefreshToken("na1-first"));
  world.daemon.directory().Write("secrets/client", "not-the-secret\n");
  world.daemon.Start();
  Await("the stream to be blocked", 60s,
        [&] { return world.daemon.Stream("acme", "contacts").Text("state") == "blocked"; });
  const std::string message = world.daemon.Stream("acme", "contacts").Text("message");
  CAPTURE(message);
  CHECK(message.find("client_secret") != std::string::npos);
  CHECK(world.daemon.Log().find("not-the-secret") == std::string::npos);
}

}  // namespace
}  // namespace hubmirror::testing
