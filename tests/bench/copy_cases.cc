#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench_case.h"
#include "support/await.h"
#include "support/mirror_check.h"
#include "usage_meter.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr double kPer = 100'000;

/// Contacts of 250 properties, 60 of them set, from a portal without limits or latency.
std::string Scenario(int64_t records, bool gzip) {
  return R"({"portals":[{"portal_id":1234567,"seed":7,"limits":false,"objects":{"contacts":)" +
         std::to_string(records) + R"(},"properties":{"contacts":250},"gzip":)" +
         (gzip ? "true" : "false") + R"(,"tokens":[{"token":"pat-na1-simulated-token"}],)" +
         R"("switches":{"short_pages":"never","unset_values":"null"}}]})";
}

/// A mirror of such a portal that is kept while several things are measured.
class Mirror {
 public:
  Mirror(int64_t records, bool gzip, bool feed = false)
      : feed_(feed),
        portal_({.scenario_json = Scenario(records, gzip)}),
        database_(BenchServer()),
        daemon_(Settings()),
        check_(portal_, daemon_, database_.Dsn(), daemon_.settings().portals[0]) {}

  Figures FirstLoad() {
    UsageMeter meter(portal_, database_);
    daemon_.Start();
    Await("the end of the first load", 30min, [&] {
      std::this_thread::sleep_for(200ms);
      return check_.BackfillDone();
    });
    return meter.Stop(daemon_);
  }

  /// What the change feed says of the load itself, not of what happened beside it.
  double EntriesOfAList() const {
    return std::stod(database_.Run(
        "SELECT (SELECT count(*) FROM acme.changes WHERE object = 'contacts' AND cause IN ('load',"
        " 'sweep', 'archived'))::float8 / count(*) FROM acme._stream_state WHERE object ="
        " 'contacts' AND job IN ('sweep', 'archived') AND last_complete_at IS NOT NULL"));
  }

  /// Reads everything once more.
  Figures Sweep() {
    // What a first load leaves to be done is not the sweep's.
    check_.Settle();
    const double before = daemon_.process().CpuSeconds();
    UsageMeter meter(portal_, database_);
    const auto result = daemon_.Cli({"backfill", "acme/contacts", "--wait", "30m"}, 31min);
    if (result.end != ProcessEnd{.exit_code = 0}) throw std::runtime_error(result.output);
    return meter.Stop(daemon_, before);
  }

  void Change(int64_t records) const {
    portal_.Mutate(R"({"object":"contacts","kind":"import","count":)" + std::to_string(records) +
                   R"(,"properties":{"firstname":"changed"}})");
  }

  /// Processor seconds of psql and the server for copying the same rows into the same columns.
  double RawCopy() {
    const std::string file = files_.path() / "contacts.copy";
    Psql("\\copy (SELECT * FROM acme.contacts WHERE NOT archived) TO '" + file + "'");
    database_.Run(
        "DROP TABLE IF EXISTS public.raw; CREATE TABLE public.raw (LIKE acme.contacts); "
        "ALTER TABLE public.raw ADD PRIMARY KEY (id)");
    database_.Run("CHECKPOINT");
    const double server_before = ServerCpuSeconds(database_);
    const double client_before = ChildrenCpuSeconds();
    Psql("\\copy public.raw FROM '" + file + "'");
    const double client = ChildrenCpuSeconds() - client_before;
    database_.Run("CHECKPOINT");
    return client + ServerCpuSeconds(database_) - server_before;
  }

 private:
  DaemonSettings Settings() const {
    DaemonSettings settings;
    settings.base_url = portal_.url();
    settings.dsn = database_.Dsn();
    settings.portals[0].objects = {"contacts"};
    // A portal without limits tells none, and the daemon would keep to the smallest tier.
    settings.defaults = UsersDefaults();
    settings.defaults["burst"] = "10000";
    if (feed_) settings.defaults["feed"] = "{enabled: true}";
    settings.log_level = "info";
    return settings;
  }

  void Psql(const std::string& command) const {
    const ProgramResult result = RunProgram(
        {FindPostgresProgram("psql"), "-X", "-q", "-d", database_.Dsn(), "-c", command}, {}, 15min);
    if (result.end != ProcessEnd{.exit_code = 0}) throw std::runtime_error(result.output);
  }

  const bool feed_;
  mutable PortalProcess portal_;
  TempPostgres database_;
  DaemonProcess daemon_;
  MirrorCheck check_;
  TempDirectory files_{"copy"};
};

/// Adds what the figures are beside a raw copy of the same rows, and the WAL of 100,000 records.
void AddRatios(Figures& figures, double raw_copy, int64_t records) {
  const double daemon = FigureOf(figures, "daemon_cpu");
  const double server = FigureOf(figures, "server_cpu");
  const double wal = FigureOf(figures, "wal_mb");
  figures.emplace_back("raw_copy_cpu", raw_copy);
  figures.emplace_back("records_per_second",
                       static_cast<double>(records) / FigureOf(figures, "seconds"));
  figures.emplace_back("daemon_times_copy", daemon / raw_copy);
  figures.emplace_back("server_times_copy", server / raw_copy);
  figures.emplace_back("both_times_copy", (daemon + server) / raw_copy);
  figures.emplace_back("wal_mb_per_100000", wal * kPer / static_cast<double>(records));
  figures.emplace_back("daemon_cpu_per_100000", daemon * kPer / static_cast<double>(records));
}

Figures FirstLoad(int64_t records, bool gzip) {
  Mirror mirror(records, gzip);
  Figures figures = mirror.FirstLoad();
  AddRatios(figures, mirror.RawCopy(), records);
  return figures;
}

/// The same first load without the change feed and with it, twice each and by turns, so that
/// neither meets a busier machine.
Figures LoadWithFeed(int64_t records) {
  double cpu[2][2] = {};
  double entries = 0;
  for (const bool feed : {false, true, true, false}) {
    Mirror mirror(records, false, feed);
    const Figures figures = mirror.FirstLoad();
    cpu[feed][0] += FigureOf(figures, "daemon_cpu");
    cpu[feed][1] += FigureOf(figures, "server_cpu");
    if (feed) entries = mirror.EntriesOfAList();
  }
  const auto both = [&](bool feed) { return cpu[feed][0] + cpu[feed][1]; };
  return {{"cpu_without_feed", both(false) / 2},    {"cpu_with_feed", both(true) / 2},
          {"daemon_times", cpu[1][0] / cpu[0][0]},  {"server_times", cpu[1][1] / cpu[0][1]},
          {"both_times", both(true) / both(false)}, {"entries_a_list", entries}};
}

std::vector<Bound> LoadBounds() {
  return {{"daemon_times_copy", 0.55},
          {"both_times_copy", 2.0},
          {"daemon_cpu_per_100000", 2.0},
          {"peak_memory_mb", 100}};
}

Figures SecondSweep(int64_t records, int64_t changed) {
  Mirror mirror(records, false);
  mirror.FirstLoad();
  if (changed > 0) mirror.Change(changed);
  Figures figures = mirror.Sweep();
  AddRatios(figures, mirror.RawCopy(), records);
  return figures;
}

}  // namespace

std::vector<BenchCase> CopyCases() {
  return {
      {.name = "copy_plain",
       .what = "first load without limits",
       .runs = 5,
       .run = [](int64_t records) { return FirstLoad(records, false); },
       .records = 200'000,
       .bounds = LoadBounds()},
      {.name = "copy_gzip",
       .what = "first load without limits, compressed",
       .runs = 5,
       .run = [](int64_t records) { return FirstLoad(records, true); },
       .records = 200'000,
       .bounds = LoadBounds()},
      {.name = "copy_million",
       .what = "first load of 1,000,000 without limits",
       .runs = 1,
       .run = [](int64_t records) { return FirstLoad(records, false); },
       .records = 1'000'000,
       .bounds = LoadBounds()},
      {.name = "copy_feed",
       .what = "first load with the change feed, against one without",
       .run = LoadWithFeed,
       .records = 100'000,
       // `loaded`, at the end of the list of live records and of that of archived ones.
       .bounds = {{"both_times", 1.03}, {"entries_a_list", 1}}},
      {.name = "sweep_equal",
       .what = "second sweep, nothing changed",
       .run = [](int64_t records) { return SecondSweep(records, 0); },
       .records = 100'000,
       .bounds = {{"daemon_times_copy", 0.5},
                  {"server_times_copy", 0.15},
                  {"wal_mb_per_100000", 0.5}}},
      {.name = "sweep_one_percent",
       .what = "second sweep, 1 % changed",
       .run = [](int64_t records) { return SecondSweep(records, records / 100); },
       .records = 100'000,
       .bounds = {{"wal_mb_per_100000", 3.5}}},
  };
}

}  // namespace hubmirror::testing
