#include <doctest/doctest.h>

#include <random>
#include <thread>

#include "receiver.h"
#include "support/await.h"
#include "told.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

DaemonSettings WithWebhooks(const std::vector<std::string>& webhooks) {
  std::string list;
  for (const std::string& webhook : webhooks) list += (list.empty() ? "" : ", ") + webhook;
  return {.defaults = {{"feed", "{enabled: true, webhooks: [" + list + "]}"}}};
}

TEST_CASE("webhooks: every entry arrives, in order, whatever the receiver does and who is killed") {
  const Receiver receiver;
  World world({.seed = 53, .records = 300, .index_delay = "1s"},
              WithWebhooks({receiver.Webhook("odd", "/odd", ", batch: 20"),
                            receiver.Webhook("ok", "/ok", ", batch: 20"),
                            receiver.Webhook("hang", "/hang")}));
  world.Load();
  world.mirror.Settle();
  Await("webhooks", 60s, [&] { return HasTold(world, "odd") && HasTold(world, "ok"); });
  const std::string from = world.Sql("SELECT max(seq) FROM acme.changes");
  std::mt19937 random(53);
  std::uniform_int_distribution<int> life_ms(500, 4000);

  constexpr size_t kKills = 6;
  world.portal.StartScript(R"({"events":1500,"seconds":40,"seed":7})");
  for (size_t kill = 0; kill < kKills; ++kill) {
    std::this_thread::sleep_for(std::chrono::milliseconds(life_ms(random)));
    world.daemon.Kill();
    world.daemon.Start();
  }
  world.portal.AwaitScript(120s);
  world.ExpectEqual();
  Await("all to be told", 120s, [&] { return HasTold(world, "odd") && HasTold(world, "ok"); });

  const auto wanted = EntriesToTell(world, std::stoll(from));
  CHECK(wanted.size() > 500);
  CheckTold(receiver.Log("/ok"), std::stoll(from), wanted, 20 * kKills);
  // What the receiver took without saying so comes again, too.
  CheckTold(receiver.Log("/odd"), std::stoll(from), wanted, 20 * kKills);
  // The one that hangs was asked, and held up nobody.
  CHECK(receiver.Log("/hang").size() > 0);
  CHECK(world.Sql("SELECT reason FROM acme._webhook WHERE name = 'hang'") ==
        "no whole answer within 10 s");
}

/// What an operator does to webhooks, and what he is told.
void CheckVerbs(const World& world) {
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "feed");
    const ProgramResult result = world.daemon.Cli(words);
    return std::to_string(result.end.exit_code) + ": " + result.output;
  };
  const auto says = [](const std::string& all, const std::string& part) {
    INFO(all);
    CHECK(all.find(part) != std::string::npos);
  };
  says(run({"webhook", "test", "acme", "ok"}), "0: the receiver of ok takes it (HTTP 204)");
  says(run({"webhook", "test", "acme", "gone"}), "it is gone for good (HTTP 410)");
  says(run({"webhook", "test", "acme", "none"}), "64: ");
  says(run({"consumers", "acme"}), "stopped: it is gone for good (HTTP 410)");

  says(run({"webhook", "stop", "acme", "ok"}), "0: ok is stopped");
  says(run({"consumers", "acme", "--json"}), "it was stopped by hand");
  const std::string oldest =
      world.Sql("SELECT min(seq) FROM acme.changes WHERE op NOT IN ('epoch', 'loaded')");
  world.Sql(
      "INSERT INTO acme.webhook_dead (webhook, seq, attempts, status, reason) VALUES ('ok', " +
      oldest + ", 5, 422, 'it answered HTTP 422')");
  says(run({"dead", "list", "acme", "ok"}), oldest);
  says(run({"dead", "retry", "acme", "ok", oldest}), "0: " + oldest + " is taken");
  CHECK(world.Sql("SELECT count(*) FROM acme.webhook_dead") == "0");
  says(run({"dead", "drop", "acme", "ok"}), "0: forgot 0 entries");

  says(run({"webhook", "start", "acme", "ok", "--to", "oldest"}), "0: ok goes on after ");
  Await("all to be told again", 60s, [&] { return HasTold(world, "ok"); });
  world.Sql("UPDATE acme._feed SET dropped_to = " + oldest +
            "; UPDATE acme._webhook SET seq = 1,"
            " moves = moves + 1 WHERE name = 'ok'");
  says(run({"webhook", "start", "acme", "ok"}), "say where it goes on: --to oldest");
  says(run({"webhook", "start", "acme", "ok", "--to", "yesterday"}), "64: ");
  says(run({"webhook", "start", "acme", "ok", "--to", "now"}), "0: ok goes on after ");
}

TEST_CASE("webhooks: each kind of bad receiver is one state with a reason, and harms nobody") {
  const Receiver receiver;
  int nobody = 0;
  {
    Receiver gone;
    const std::string webhook = gone.Webhook("x", "/");
    const size_t at = webhook.find("127.0.0.1:") + 10;
    nobody = std::stoi(webhook.substr(at));
  }
  const std::string secret = ", secret: \"env:NO_SUCH_SECRET\"}";
  World world(
      {.seed = 54, .records = 60},
      WithWebhooks(
          {receiver.Webhook("big", "/big"), receiver.Webhook("gone", "/gone"),
           receiver.Webhook("ill", "/ill"), receiver.Webhook("ok", "/ok"),
           receiver.Webhook("redirect", "/redirect"), receiver.Webhook("reset", "/reset"),
           "{name: nosecret, url: \"http://127.0.0.1:1/\"" + secret,
           "{name: nobody, url: \"http://127.0.0.1:" + std::to_string(nobody) + "/\"" +
               receiver.Webhook("x", "/").substr(receiver.Webhook("x", "/").find(", secret")),
           "{name: plain, url: \"https" +
               receiver.Webhook("x", "/").substr(receiver.Webhook("x", "/").find("://"))}));
  world.Load();
  Await("webhooks", 30s, [&] { return world.Sql("SELECT count(*) FROM acme._webhook") == "9"; });
  world.portal.StartScript(R"({"events":40,"seconds":2,"seed":9})");
  world.portal.AwaitScript(60s);
  world.ExpectEqual();
  Await("all to be told", 60s, [&] { return HasTold(world, "ok") && HasTold(world, "big"); });

  const auto reason = [&](const std::string& name) {
    return world.Sql(
        "SELECT state || ': ' || coalesce(reason, '') FROM acme._webhook WHERE name = '" + name +
        "'");
  };
  CHECK(reason("ok") == "on: ");
  CHECK(reason("big") == "on: ");
  CHECK(reason("gone") == "stopped: it is gone for good (HTTP 410)");
  CHECK(reason("ill") == "on: it answered HTTP 503");
  CHECK(reason("redirect") ==
        "on: it redirects (HTTP 302), which is not followed: set url to where it leads");
  CHECK(reason("reset").find("closed the connection without an answer") != std::string::npos);
  CHECK(reason("nosecret").find("NO_SUCH_SECRET is not set or empty") != std::string::npos);
  CHECK(reason("nobody").find("cannot connect to 127.0.0.1:") != std::string::npos);
  CHECK(reason("plain").find("no TLS with 127.0.0.1:") != std::string::npos);
  CHECK(receiver.Log("/stolen").empty());
  CHECK(receiver.Log("/gone").size() == 1);
  CHECK(world.daemon.Log().find("the secret") == std::string::npos);
  CHECK(world.daemon.Log().find("secret words") == std::string::npos);
  CheckVerbs(world);
}

}  // namespace
}  // namespace hubmirror::testing
