#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench_case.h"
#include "limited_load.h"
#include "support/await.h"
#include "support/mirror_check.h"
#include "usage_meter.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

// A private app of a Professional account: 190 requests in 10 s, 5 searches a second.
constexpr double kPagesPerSecond = 19;
constexpr int64_t kPageRecords = 100;

/// Whatever the shares of the types are, each has a last page that is not full.
int64_t LeastPages(const PortalProcess& portal) {
  int64_t pages = 0;
  const compare::Json portals = portal.Ask("portals");
  for (const compare::Json& one : portals["portals"].AsArray()) {
    for (const auto& [object, counts] : one["records"].AsObject()) {
      pages += (counts["live"].AsInteger() + kPageRecords - 1) / kPageRecords;
    }
  }
  return pages;
}

void AddShape(const std::string& shape, std::vector<BenchCase>& cases) {
  const std::vector<Bound> bounds = {{"times_the_least", 1.10}, {"violations", 0}};
  const auto load = [shape](const std::string& records, std::vector<std::string> objects) {
    return LoadUnderLimits(LimitedScenario(records, shape), std::move(objects));
  };
  cases.push_back(
      {.name = "limits_" + shape,
       .what = "first load of six objects under real limits, ids " + shape,
       .run =
           [load](int64_t records) { return load("\"records\":" + std::to_string(records), {}); },
       .records = 46'000,
       .bounds = bounds});
  cases.push_back({.name = "limits_contacts_" + shape,
                   .what = "first load of contacts alone under real limits, ids " + shape,
                   .runs = 1,
                   .run =
                       [load](int64_t records) {
                         return load("\"objects\":{\"contacts\":" + std::to_string(records) + "}",
                                     {"contacts"});
                       },
                   .records = 200'000,
                   .bounds = bounds});
}

}  // namespace

std::string LimitedScenario(const std::string& records, const std::string& shape) {
  return R"({"portals":[{"portal_id":1234567,"seed":7,"latency":"300ms",)" + records +
         R"(,"ids":{"contacts":")" + shape +
         R"("},"tokens":[{"token":"pat-na1-simulated-token"}],)" +
         R"("switches":{"short_pages":"never","unset_values":"null"}}]})";
}

Figures LoadUnderLimits(const std::string& scenario, std::vector<std::string> objects) {
  PortalProcess portal({.scenario_json = scenario});
  TempPostgres database(BenchServer());
  DaemonSettings settings;
  settings.base_url = portal.url();
  settings.dsn = database.Dsn();
  settings.log_level = "info";
  settings.defaults = UsersDefaults();
  // Polls that find nothing take searches, as they would where a mirror has to be fresh.
  settings.defaults["interval"] = "2s";
  settings.portals[0].objects = std::move(objects);
  DaemonProcess daemon(settings);
  const MirrorCheck mirror(portal, daemon, database.Dsn(), daemon.settings().portals[0]);

  UsageMeter meter(portal, database);
  daemon.Start();
  Await("the end of the first load", 30min, [&] {
    std::this_thread::sleep_for(100ms);
    return mirror.BackfillDone();
  });
  // What comes after it, while the meter waits for a checkpoint, is none of the load's.
  const Figures requests = RequestFigures(portal);
  Figures figures = meter.Stop(daemon);
  const double least = LeastSeconds(portal);
  figures.emplace_back("least_seconds", least);
  figures.emplace_back("times_the_least", FigureOf(figures, "seconds") / least);
  figures.insert(figures.end(), requests.begin(), requests.end());
  daemon.Terminate();
  return figures;
}

double LeastSeconds(const PortalProcess& portal) {
  return static_cast<double>(LeastPages(portal)) / kPagesPerSecond;
}

std::vector<BenchCase> LimitCases() {
  std::vector<BenchCase> cases;
  for (const char* shape :
       {"scattered", "dense", "every_second", "block_first", "block_last", "one_second"}) {
    AddShape(shape, cases);
  }
  return cases;
}

}  // namespace hubmirror::testing
