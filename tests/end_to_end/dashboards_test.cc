#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <thread>

#include "receiver.h"
#include "support/await.h"
#include "support/http_json.h"
#include "world.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

/// A Prometheus of this test alone, scraping one daemon every second.
class TempPrometheus {
 public:
  explicit TempPrometheus(const std::string& target)
      : process_(
            {.command = {"/usr/bin/prometheus", "--config.file=" + Configuration(target).string(),
                         "--storage.tsdb.path=" + (directory_.path() / "data").string(),
                         "--web.listen-address=127.0.0.1:0"},
             .log = directory_.path() / "log"}) {
    Await("Prometheus to listen", 30s, [this] { return !url().empty(); });
  }

  /// Where it listens, by its log; "" before it does.
  std::string url() const {
    constexpr std::string_view kListening = "msg=\"Listening on\" address=";
    const std::string log = ReadFile(directory_.path() / "log");
    const size_t at = log.find(kListening);
    const size_t end = log.find('\n', at);
    if (at == std::string::npos || end == std::string::npos) return "";
    const size_t begin = at + kListening.size();
    return "http://" + log.substr(begin, end - begin);
  }

 private:
  std::filesystem::path Configuration(const std::string& target) const {
    return directory_.Write("prometheus.yml",
                            "global: {scrape_interval: 1s, scrape_timeout: 900ms}\n"
                            "scrape_configs:\n  - job_name: hubmirror\n    static_configs:\n"
                            "      - targets: [\"" +
                                target + "\"]\n");
  }

  TempDirectory directory_{"prometheus"};
  Process process_;
};

// Tidy values, so that who looks at a preview sees what he would see of his own.
constexpr const char* kFleet = R"({"portals":[
  {"portal_id":1234567,"seed":71,"latency":"60ms","switches":{"values":"tidy"},
   "index_delay":"500ms","index_late_share":0.3,"index_late_delay":"4s",
   "objects":{"contacts":9000,"companies":1500,"deals":1200,"tickets":600},
   "reference":{"owners":12,"lists":3},
   "oauth":{"client_id":"simulated-client","client_secret":"simulated-secret",
            "refresh_token":"na1-first","redirect_uris":["http://127.0.0.1:9000/callback"],
            "expires_in":600}},
  {"portal_id":2345678,"seed":72,"latency":"60ms","switches":{"values":"tidy"},
   "objects":{"contacts":3000,"companies":600,"deals":400},
   "tokens":[{"token":"pat-na1-globex"}]},
  {"portal_id":3456789,"seed":73,"latency":"60ms","switches":{"values":"tidy"},
   "objects":{"contacts":1200,"deals":300},
   "tokens":[{"token":"pat-na1-initech"}]}]})";

DaemonSettings FleetSettings(const Receiver& receiver) {
  DaemonSettings settings;
  settings.portals = {
      {.refresh_token = "na1-first", .objects = {"contacts", "companies", "deals", "tickets"}},
      {.key = "globex",
       .portal_id = 2345678,
       .token = "pat-na1-globex",
       .objects = {"contacts", "companies", "deals"}},
      {.key = "initech",
       .portal_id = 3456789,
       .token = "pat-na1-initech",
       .objects = {"contacts", "deals"}}};
  settings.portals[0].write = "{enabled: true, objects: {contacts: {update: [city]}}}";
  settings.defaults = {
      {"sweep", "{every: 20s}"},
      {"verify", "{every: 20s}"},
      {"feed", "{enabled: true, webhooks: [" + receiver.Webhook("won", "/odd") + "]}"}};
  return settings;
}

TEST_CASE("dashboards: every query finds something after a load with faults") {
  const Receiver receiver;
  World world({.scenario_json = kFleet}, FleetSettings(receiver));
  // Slowly, until Prometheus has seen that it loads.
  world.portal.Control("settings", R"({"portal":1234567,"latency":"1s"})");
  world.daemon.Start();
  const TempPrometheus prometheus(world.daemon.url().substr(std::string("http://").size()));
  const std::time_t start = std::time(nullptr);
  Await("a first load to be seen", 60s, [&] {
    const HttpAnswer answer =
        HttpGet(prometheus.url(),
                "/api/v1/query?query=hubmirror_backfill_expected_records%20%3E%200%20and%20"
                "hubmirror_backfill_running%20%3D%3D%201");
    return answer.body.find("\"metric\":") != std::string::npos;
  });
  world.portal.Control("settings", R"({"portal":1234567,"latency":"60ms"})");
  Await("the first load", 3min, [&] {
    return world.daemon.Metric("hubmirror_backfill_running") == 0 &&
           world.daemon.Metric("hubmirror_sync_watermark_timestamp_seconds").has_value();
  });

  world.Sql("SELECT acme.feed_start('billing')");
  world.portal.Control("faults", R"({"portal":1234567,"faults":[
    {"match":"/crm/objects/*/search","kind":"status","status":502,"chance":0.1},
    {"match":"/crm/objects/*/0-1","kind":"reset","count":3}]})");
  for (const auto& [portal, events] : {std::pair(1234567, 1500), {2345678, 300}, {3456789, 100}}) {
    world.portal.StartScript(R"({"portal":)" + std::to_string(portal) + R"(,"events":)" +
                             std::to_string(events) +
                             R"(,"seconds":25,"seed":5,"weights":{"create":20,"update":55,
      "archive":10,"restore":5,"merge":5,"erase":1,"calculate":4}})");
  }
  world.Sql(
      "INSERT INTO acme.outbox (object, op, record_id, properties) SELECT 'contacts', 'update', id,"
      " '{\"city\": \"Ulm\"}' FROM acme.contacts_live ORDER BY id LIMIT 2000");
  world.Sql(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'mirror'");
  // Somebody who asks the local port in a foreign name is refused.
  RunProgram({"/usr/bin/curl", "-sS", "-o", "/dev/null", "-H", "Host: evil.example.com",
              world.daemon.url() + "/metrics"},
             {}, 10s);
  Await("the end of the changes", 60s,
        [&] { return !world.portal.Ask("script?portal=1234567")["running"].AsBool(); });
  world.portal.Control("faults", R"({"portal":1234567,"clear":true})");
  Await("the feed's consumer to be seen", 90s,
        [&] { return world.daemon.Metric("hubmirror_feed_consumer_lost").has_value(); });
  Await("the webhook to be heard", 60s, [&] {
    return world.daemon.Metric("hubmirror_webhook_last_success_timestamp_seconds").value_or(0) > 0;
  });
  Await("rows to be written", 60s, [&] {
    return world.daemon.Metric("hubmirror_write_rows_total", {"outcome=\"done\""}).value_or(0) > 0;
  });
  // And by Prometheus.
  std::this_thread::sleep_for(3s);

  const char* const previews = std::getenv("HUBMIRROR_PREVIEW_DIR");
  std::vector<std::string> command = {"/usr/bin/env",
                                      "node",
                                      std::string(PROJECT_DIR) + "/tests/monitoring/run_boards.mjs",
                                      PROJECT_DIR,
                                      prometheus.url(),
                                      std::to_string(start),
                                      std::to_string(std::time(nullptr)),
                                      world.AdminDsn(),
                                      "acme"};
  if (previews != nullptr) command.emplace_back(previews);
  const ProgramResult result = RunProgram(command, {}, 2min);
  INFO(result.output);
  CHECK(result.end.exit_code == 0);
  MESSAGE(result.output);
}

}  // namespace
}  // namespace hubmirror::testing
