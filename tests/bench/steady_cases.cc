#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "bench_case.h"
#include "support/await.h"
#include "support/http_json.h"
#include "support/mirror_check.h"
#include "usage_meter.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::duration;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kWatched{120};
constexpr int64_t kChangesPerSecond = 20;
constexpr int64_t kPollSeconds = 2;

std::string PortalJson(int64_t id, const std::string& records, const std::string& latency) {
  return R"({"portal_id":)" + std::to_string(id) + ",\"seed\":" + std::to_string(id) + "," +
         records + R"(,"latency":")" + latency + R"(","tokens":[{"token":"pat-na1-bench-)" +
         std::to_string(id) + R"("}],"switches":{"short_pages":"never","unset_values":"null"}})";
}

/// How late changes were in the mirror, 20 of them a second on one portal.
Figures Freshness(int64_t records) {
  PortalProcess portal(
      {.scenario_json =
           "{\"portals\":[" +
           PortalJson(1, "\"objects\":{\"contacts\":" + std::to_string(records) + "}", "0ms") +
           "]}"});
  TempPostgres database(BenchServer());
  DaemonSettings settings;
  settings.base_url = portal.url();
  settings.dsn = database.Dsn();
  settings.log_level = "info";
  settings.defaults = UsersDefaults();
  settings.defaults["interval"] = "2s";
  settings.defaults["overlap"] = "10s";
  settings.portals[0].portal_id = 1;
  settings.portals[0].token = "pat-na1-bench-1";
  settings.portals[0].objects = {"contacts"};
  DaemonProcess daemon(settings);
  const MirrorCheck mirror(portal, daemon, database.Dsn(), daemon.settings().portals[0]);
  daemon.Start();
  mirror.WaitBackfill(15min);
  mirror.Settle();

  portal.ResetStats();
  const double daemon_before = daemon.process().CpuSeconds();
  UsageMeter meter(portal, database);
  const std::string began = database.Run("SELECT clock_timestamp()");
  const int64_t changes = kChangesPerSecond * kWatched.count();
  portal.StartScript(R"({"events":)" + std::to_string(changes) +
                     ",\"seconds\":" + std::to_string(kWatched.count()) +
                     R"(,"objects":["contacts"],"weights":{"create":0,"update":100,"archive":0,)"
                     R"("restore":0,"merge":0,"erase":0,"purge":0,"calculate":0}})");
  portal.AwaitScript(kWatched + 60s);
  Figures requests = RequestFigures(portal);
  Figures figures = meter.Stop(daemon, daemon_before);
  std::this_thread::sleep_for(10s);

  const auto lateness = [&](const char* share) {
    return std::stod(
        database.Run("SELECT extract(epoch FROM percentile_cont(" + std::string(share) +
                     ") WITHIN GROUP (ORDER BY _synced_at - lastmodifieddate)) FROM acme.contacts "
                     "WHERE lastmodifieddate > '" +
                     began + "'"));
  };
  const double polls = FigureOf(figures, "seconds") / static_cast<double>(kPollSeconds);
  const double beside = FigureOf(requests, "requests") - polls;
  figures.emplace_back("lateness_p50", lateness("0.5"));
  figures.emplace_back("lateness_p99", lateness("0.99"));
  figures.emplace_back("requests_per_change", beside / static_cast<double>(changes));
  for (auto& figure : requests) figures.push_back(std::move(figure));
  daemon.Terminate();
  return figures;
}

DaemonSettings ManyPortals(const PortalProcess& portal, const TempPostgres& database,
                           int64_t portals) {
  DaemonSettings settings;
  settings.base_url = portal.url();
  settings.dsn = database.Dsn();
  settings.log_level = "info";
  settings.defaults = UsersDefaults();
  settings.portals.clear();
  for (int64_t id = 1; id <= portals; ++id) {
    DaemonPortal one;
    one.key = "p" + std::to_string(id);
    one.schema = one.key;
    one.portal_id = id;
    one.token = "pat-na1-bench-" + std::to_string(id);
    settings.portals.push_back(one);
  }
  return settings;
}

/// How many steps began, by the longest delay in seconds that they had.
std::map<double, double> SchedulerDelays(const DaemonProcess& daemon) {
  std::map<double, double> counts;
  std::istringstream lines(HttpGet(daemon.url(), "/metrics").body);
  constexpr std::string_view kBucket = "hubmirror_scheduler_delay_seconds_bucket{le=\"";
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kBucket)) continue;
    counts[std::stod(line.substr(kBucket.size()))] = std::stod(line.substr(line.rfind(' ') + 1));
  }
  return counts;
}

/// What 99 of 100 steps between two counts were not late by, as Prometheus would tell it: within
/// its bucket, by proportion.
double DelayP99(const std::map<double, double>& before, const std::map<double, double>& after) {
  const double all = after.rbegin()->second - before.rbegin()->second;
  double least = 0;
  double below = 0;
  for (const auto& [most, count] : after) {
    const double within = count - before.at(most);
    if (within >= 0.99 * all) {
      if (std::isinf(most)) return least;
      return within == below ? most
                             : least + (most - least) * (0.99 * all - below) / (within - below);
    }
    least = most;
    below = within;
  }
  return least;
}

/// How long an answer of the local port takes, and how large it is.
void AddAnswer(DaemonProcess& daemon, const std::string& path, const std::string& name,
               Figures& figures) {
  const auto asked = steady_clock::now();
  const double before = daemon.process().CpuSeconds();
  const std::string body = HttpGet(daemon.url(), path).body;
  const double took = duration<double>(steady_clock::now() - asked).count();
  figures.emplace_back(name + "_seconds", took);
  figures.emplace_back(name + "_cpu", daemon.process().CpuSeconds() - before);
  figures.emplace_back(name + "_mb", static_cast<double>(body.size()) / 1e6);
}

void AwaitFirstLoads(const DaemonProcess& daemon, int64_t streams) {
  Await("the first loads", 60min, [&] {
    std::this_thread::sleep_for(2s);
    const auto current = daemon.Metric("hubmirror_stream_state", {"state=\"current\""});
    return current && *current >= static_cast<double>(streams);
  });
}

/// What many portals cost in which nothing happens. `portals` of 100 records in six streams.
Figures IdlePortals(int64_t portals) {
  std::string scenario;
  for (int64_t id = 1; id <= portals; ++id) {
    scenario += (id > 1 ? "," : "") + PortalJson(id, "\"records\":100", "200ms");
  }
  PortalProcess portal({.scenario_json = "{\"portals\":[" + scenario + "]}"});
  TempPostgres database(BenchServer());
  DaemonProcess daemon(ManyPortals(portal, database, portals));
  UsageMeter loads(portal, database);
  daemon.Start();
  AwaitFirstLoads(daemon, 6 * portals);
  const Figures loading = loads.Stop(daemon);
  // What comes after the first loads (links, reference tables, comparisons) is over then.
  std::this_thread::sleep_for(60s);

  const auto delays = SchedulerDelays(daemon);
  const double before = daemon.process().CpuSeconds();
  UsageMeter meter(portal, database);
  std::this_thread::sleep_for(kWatched);
  Figures figures = meter.Stop(daemon, before);
  figures.emplace_back("schedule_delay_p99", DelayP99(delays, SchedulerDelays(daemon)));
  figures.emplace_back("share_of_a_core",
                       FigureOf(figures, "daemon_cpu") / FigureOf(figures, "seconds"));
  figures.emplace_back("memory_mb", *daemon.Metric("process_resident_memory_bytes") / 1e6);
  AddAnswer(daemon, "/metrics", "scrape", figures);
  AddAnswer(daemon, "/", "page", figures);
  AddAnswer(daemon, "/api/v1/status", "status", figures);
  figures.emplace_back("connections",
                       std::stod(database.Run("SELECT count(*) FROM pg_stat_activity WHERE "
                                              "application_name LIKE 'hubmirror%'")));
  for (const char* name : {"seconds", "daemon_cpu", "server_cpu"}) {
    figures.emplace_back("first_loads_" + std::string(name), FigureOf(loading, name));
  }
  daemon.Terminate();
  return figures;
}

}  // namespace

std::vector<BenchCase> SteadyCases() {
  return {
      {.name = "freshness",
       .what = "20 changes a second, interval 2 s",
       .run = Freshness,
       .records = 20'000,
       .bounds = {{"lateness_p50", 1.8}, {"lateness_p99", 4}, {"requests_per_change", 0.06}}},
      {.name = "idle_portals",
       .what = "1,000 portals of six streams in which nothing happens, interval 60 s",
       .runs = 1,
       .run = IdlePortals,
       .records = 1000,
       .bounds = {{"peak_memory_mb", 256},
                  {"share_of_a_core", 0.25},
                  {"schedule_delay_p99", 1},
                  {"scrape_seconds", 0.5},
                  {"connections", 8}}},
  };
}

}  // namespace hubmirror::testing
