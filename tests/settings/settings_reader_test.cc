#include "settings/reading/settings_reader.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "settings/keys/settings_text.h"
#include "settings/no_environment.h"
#include "settings/reading/check_report.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

Environment With(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  };
}

const std::string kHead = "version: 1\ndatabase: {dsn: \"dbname=crm\"}\n";
const std::string kSmallest = kHead + "portals: {acme: {portal_id: 1234567, token: env:T}}\n";

Settings Read(const std::string& text, const Environment& environment = NoEnvironment) {
  const auto reading = ReadSettings(text, environment);
  INFO(CheckText(reading, "file"));
  REQUIRE(reading.settings.has_value());
  return *reading.settings;
}

const StreamPlan& Stream(const Settings& settings, const std::string& object) {
  for (const StreamPlan& stream : settings.portals.front().plan.streams) {
    if (stream.object.name == object) return stream;
  }
  throw std::runtime_error("no stream " + object);
}

TEST_CASE("the smallest file has all documented defaults") {
  const Settings settings = Read(kSmallest);

  CHECK(settings.database.dsn == "dbname=crm");
  CHECK(!settings.database.password);
  CHECK(settings.database.pool ==
        PoolSettings{
            .size = 4, .mode = PoolMode::kDirect, .statement_timeout = 30s, .lock_timeout = 5s});
  CHECK(settings.api == ApiSettings{.base_url = "https://api.hubapi.com",
                                    .version = "2026-09",
                                    .app_url = "https://app.hubspot.com"});
  CHECK(settings.web == WebSettings{.listen = "127.0.0.1:9437"});
  CHECK(settings.log == LogSettings{LogLevel::kInfo, LogFormat::kAuto});
  CHECK(settings.limits == LimitSettings{.workers = std::nullopt,
                                         .memory_bytes = 256 << 20,
                                         .response_bytes = 64 << 20,
                                         .request = 25s,
                                         .shutdown = 30s,
                                         .webhooks = 8});
  CHECK(settings.state_dir == "/var/lib/hubmirror");
  CHECK(settings.control.socket == "/run/hubmirror/control.sock");
}

TEST_CASE("a portal without settings of its own is planned as the model plans it") {
  const Settings settings = Read(kSmallest);

  REQUIRE(settings.portals.size() == 1);
  const PortalSettings& portal = settings.portals.front();
  CHECK(portal.enabled);
  CHECK(portal.token == SecretRef{SecretRef::Kind::kEnvironment, "T"});
  CHECK(!portal.oauth);
  PortalPlan expected{.key = "acme", .portal_id = {1234567}, .schema = "acme"};
  for (const char* name : {"companies", "contacts", "deals", "emails", "tasks", "tickets"}) {
    expected.streams.push_back({.object = *FindObjectType(name)});
  }
  CHECK(portal.plan == expected);
}

TEST_CASE("folders come from the environment unless the file names them") {
  const auto environment =
      With({{"STATE_DIRECTORY", "/var/lib/one:/var/lib/two"}, {"RUNTIME_DIRECTORY", "/run/one"}});

  const Settings given = Read("state_dir: /srv/state\n" + kSmallest, environment);
  CHECK(given.state_dir == "/srv/state");
  CHECK(given.control.socket == "/run/one/control.sock");
  CHECK(Read(kSmallest, environment).state_dir == "/var/lib/one");
}

TEST_CASE("an object wins over its portal, the portal over defaults") {
  const Settings settings = Read(kHead +
                                 "defaults: {interval: 10s, overlap: 2m, sweep: {every: 6h}}\n"
                                 "portals:\n"
                                 "  acme:\n"
                                 "    portal_id: 1\n"
                                 "    token: env:T\n"
                                 "    interval: 20s\n"
                                 "    objects:\n"
                                 "      contacts: {interval: 30s, columns: [email, phone]}\n"
                                 "      deals:\n");

  CHECK(Stream(settings, "contacts").interval == 30s);
  CHECK(Stream(settings, "contacts").columns == std::vector<std::string>{"email", "phone"});
  CHECK(Stream(settings, "contacts").sweep_every == 6h);
  CHECK(Stream(settings, "deals").interval == 20s);
  CHECK(Stream(settings, "deals").overlap == 2min);
  CHECK(settings.portals.front().plan.streams.size() == 2);
}

TEST_CASE("a map of objects in defaults brings its settings to every portal without objects") {
  const Settings settings = Read(kHead +
                                 "defaults: {objects: {contacts: {interval: 7s}}}\n"
                                 "portals: {acme: {portal_id: 1, token: env:T, interval: 9s}}\n");

  CHECK(Stream(settings, "contacts").interval == 7s);
}

TEST_CASE("object types go by name or id, in any order") {
  const Settings settings =
      Read(kHead + "portals: {acme: {portal_id: 1, token: env:T, objects: [0-5, deals, 0-1]}}\n");

  const auto& streams = settings.portals.front().plan.streams;
  REQUIRE(streams.size() == 3);
  CHECK(streams[0].object.name == "contacts");
  CHECK(streams[1].object.name == "deals");
  CHECK(streams[2].object.name == "tickets");
}

TEST_CASE("auto in a portal undoes a burst given in defaults") {
  const Settings settings = Read(kHead +
                                 "defaults: {burst: 100}\n"
                                 "portals: {acme: {portal_id: 1, token: env:T, burst: auto}}\n");

  CHECK(!settings.portals.front().plan.burst);
}

TEST_CASE("an OAuth app has its id in the file and its secrets elsewhere") {
  const Settings settings =
      Read(kHead +
           "portals: {acme: {portal_id: 1, daily: 500000, oauth: {client_id: app, client_secret: "
           "env:S, refresh_token: credential:r}}}\n");

  const auto& oauth = settings.portals.front().oauth;
  REQUIRE(oauth);
  CHECK(oauth->client_id == "app");
  CHECK(oauth->client_secret.Text() == "env:S");
  CHECK(oauth->refresh_token->Text() == "credential:r");
  CHECK(settings.portals.front().plan.daily == 500000);
}

TEST_CASE("webhooks are read with their rules, and shown as they were read") {
  const Settings settings =
      Read(kHead +
           "portals: {acme: {portal_id: 1, token: env:T, feed: {enabled: true, webhooks:"
           " [{name: won, url: \"https://hooks.example.com/h?x=1\", secret: [env:NEW, env:OLD],"
           " batch: 20, when: [{object: deals, property: dealstage, from: [~, open], to: [won]},"
           " {op: [erase]}]}, {name: all, url: \"http://127.0.0.1:9/\", secret: env:S}]}}}");

  const std::vector<WebhookSettings>& webhooks = settings.portals.at(0).webhooks;
  REQUIRE(webhooks.size() == 2);
  CHECK(webhooks[0].plan == WebhookPlan{.name = "won",
                                        .url = "https://hooks.example.com/h?x=1",
                                        .when = {{.object = "deals",
                                                  .property = "dealstage",
                                                  .from = {"", "open"},
                                                  .to = {"won"}},
                                                 {.object = "*", .op = {"erase"}}},
                                        .batch = 20});
  REQUIRE(webhooks[0].secrets.size() == 2);
  CHECK(webhooks[0].secrets[0].Text() == "env:NEW");
  CHECK(webhooks[1].plan == WebhookPlan{.name = "all", .url = "http://127.0.0.1:9/"});

  const auto again = ReadSettings(ShowSettings(settings), NoEnvironment);
  REQUIRE(again.settings);
  CHECK(*again.settings == settings);
}

TEST_CASE("config show has every default and hides no setting") {
  const std::string shown = ShowSettings(Read(kSmallest));

  CHECK(shown.find("  pool:\n    size: 4\n    mode: direct\n") != std::string::npos);
  CHECK(shown.find("  workers: auto\n") != std::string::npos);
  CHECK(shown.find("    token: \"env:T\"\n") != std::string::npos);
  CHECK(shown.find("      contacts:\n        interval: 1m\n") != std::string::npos);
  CHECK(shown.find("ca_file") == std::string::npos);
}

TEST_CASE("config check counts what it accepts, as text and as JSON") {
  const auto reading = ReadSettings(kSmallest, NoEnvironment);

  CHECK(CheckText(reading, "a.yaml") == "a.yaml: good, 1 portal with 6 streams\n");
  const std::string json = CheckJson(reading, "a.yaml");
  CHECK(json.find("\"ok\": true") != std::string::npos);
  CHECK(json.find("\"streams\": 6") != std::string::npos);
}

TEST_CASE("config check gives programs the place and the next step of each problem") {
  const std::string json =
      CheckJson(ReadSettings("versoin: 1\n" + kSmallest, NoEnvironment), "a.yaml");

  CHECK(json.find("\"ok\": false") != std::string::npos);
  CHECK(json.find("\"line\": 1") != std::string::npos);
  CHECK(json.find("\"path\": \"versoin\"") != std::string::npos);
  CHECK(json.find("\"next\": \"did you mean version?\"") != std::string::npos);
}

TEST_CASE("a file that is not there says so and how to name another") {
  const auto reading = ReadSettingsFile("/nonexistent/hubmirror.yaml", NoEnvironment);

  CHECK(reading.unreadable);
  REQUIRE(reading.problems.size() == 1);
  CHECK(FormatProblem(reading.problems[0], "/nonexistent/hubmirror.yaml") ==
        "/nonexistent/hubmirror.yaml: cannot be read: No such file or directory; name the file "
        "with --config, or give this user access to it");
  CHECK(ReadSettingsFile("/tmp", NoEnvironment).unreadable);
}

TEST_CASE("secrets that cannot be fetched are warned of, credentials only inside the service") {
  const Settings settings = Read(kHead +
                                 "portals:\n"
                                 "  a: {portal_id: 1, token: env:T}\n"
                                 "  b: {portal_id: 2, token: credential:b}\n"
                                 "  c: {portal_id: 3, token: file:/nonexistent/c, enabled: false}\n"
                                 "  d: {portal_id: 4, token: file:/nonexistent/d}\n");

  const auto outside = CheckSecrets(settings, With({{"T", "token"}}));
  REQUIRE(outside.size() == 1);
  CHECK(outside[0].path == "portals.d.token");
  CHECK(outside[0].severity == Severity::kWarning);
  CHECK(CheckSecrets(settings, With({{"CREDENTIALS_DIRECTORY", "/nonexistent"}})).size() == 3);
}

TEST_CASE("a thousand portals that inherit one mistake report it once") {
  std::string text = kHead + "defaults: {interval: 10m}\nportals:\n";
  for (int i = 1; i <= 1000; ++i) {
    text += "  p" + std::to_string(i) + ": {portal_id: " + std::to_string(i) + ", token: env:T}\n";
  }

  CHECK(ReadSettings(text, NoEnvironment).problems.size() == 1);
}

TEST_CASE("a file over 8 MiB is refused unread") {
  const auto reading = ReadSettings(std::string((8 << 20) + 1, '#'), NoEnvironment);
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].what == "the file is larger than 8 MiB");
}

TEST_CASE("lists of properties that several objects have are told from an object's own") {
  const Settings settings = Read(
      kHead +
      "portals: {acme: {portal_id: 1234567, token: env:T, properties: {include: [email], exclude: "
      "[\"hs_*\"]}, objects: {contacts: {}, companies: {}, deals: {properties: {include: "
      "[amount]}}}}}\n");
  CHECK(Stream(settings, "contacts").shared_lists ==
        std::vector<std::string>{"properties.include", "properties.exclude"});
  CHECK(Stream(settings, "deals").shared_lists == std::vector<std::string>{"properties.exclude"});
}

}  // namespace
}  // namespace hubmirror
