// What a first load costs: contacts of 250 properties from a portal without limits into a
// PostgreSQL with default settings, against psql's \copy of the very same rows in the same run.
// usage: first_load_bench [RECORDS]    (100000)
// Exit status 1 when a promised figure is missed.

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/await.h"
#include "support/daemon_process.h"
#include "support/mirror_check.h"
#include "support/portal_process.h"
#include "support/process.h"
#include "support/temp_directory.h"
#include "support/temp_postgres.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;

constexpr double kMostDaemonCpuPer100k = 2.0;
constexpr double kMostTimesRawCopy = 2.8;
constexpr double kMostMemoryMb = 100;

double ChildrenCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Processor time of a whole server: postmaster, what its ended children used, and the living ones.
double ServerCpuSeconds(pid_t postmaster) {
  double total = CpuSecondsOf(postmaster);
  const std::string parent_line = "PPid:\t" + std::to_string(postmaster) + "\n";
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (ReadFile(entry.path() / "status").find(parent_line) == std::string::npos) continue;
    total += CpuSecondsOf(std::atoi(name.c_str()));
  }
  return total;
}

std::string Scenario(int64_t records) {
  return R"({"portals":[{"portal_id":1234567,"seed":7,"limits":false,"objects":{"contacts":)" +
         std::to_string(records) + R"(},"properties":{"contacts":250},)" +
         R"("tokens":[{"token":"pat-na1-simulated-token"}],)" +
         R"("switches":{"short_pages":"never","unset_values":"missing"}}]})";
}

DaemonSettings Settings(const PortalProcess& portal, const TempPostgres& database) {
  DaemonSettings settings;
  settings.base_url = portal.url();
  settings.dsn = database.Dsn();
  settings.portals[0].objects = {"contacts"};
  // A portal without limits tells none, and the daemon would keep to the smallest tier.
  settings.defaults = {{"burst", "10000"},
                       {"interval", "1m"},
                       {"freshness_target", "5m"},
                       {"catalog", "{every: 5m}"},
                       {"archived", "{every: 15m}"}};
  settings.log_level = "info";
  return settings;
}

struct Figures {
  double seconds = 0;
  double daemon_cpu = 0;
  double server_cpu = 0;
  double portal_cpu = 0;
  double memory_mb = 0;
  int64_t rows = 0;
  int64_t requests = 0;
  int64_t list_pages = 0;
};

Figures Load(PortalProcess& portal, TempPostgres& database, DaemonProcess& daemon) {
  const MirrorCheck mirror(portal, daemon, database.Dsn(), daemon.settings().portals[0]);
  Figures figures;
  const double server_before = ServerCpuSeconds(database.pid());
  const double portal_before = portal.process().CpuSeconds();
  const auto start = std::chrono::steady_clock::now();
  daemon.Start();
  Await("the end of the first load", 15min, [&] {
    std::this_thread::sleep_for(200ms);
    return mirror.BackfillDone();
  });
  figures.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  figures.daemon_cpu = daemon.process().CpuSeconds();
  figures.memory_mb = static_cast<double>(daemon.process().PeakMemoryBytes()) / 1e6;
  figures.portal_cpu = portal.process().CpuSeconds() - portal_before;
  figures.requests = portal.Requests("");
  figures.list_pages = portal.Requests("list contacts");
  daemon.Terminate();
  database.Run("CHECKPOINT");
  figures.server_cpu = ServerCpuSeconds(database.pid()) - server_before;
  figures.rows = std::stoll(database.Run("SELECT count(*) FROM acme.contacts"));
  return figures;
}

/// Processor time of psql and the server for copying the same rows into the same columns.
double RawCopy(TempPostgres& database) {
  const TempDirectory directory("copy");
  const std::string file = directory.path() / "contacts.copy";
  const auto psql = [&](const std::string& command) {
    const ProgramResult result = RunProgram(
        {FindPostgresProgram("psql"), "-X", "-q", "-d", database.Dsn(), "-c", command}, {}, 15min);
    if (result.end != ProcessEnd{.exit_code = 0}) throw std::runtime_error(result.output);
  };
  psql("\\copy (SELECT * FROM acme.contacts WHERE NOT archived) TO '" + file + "'");
  database.Run(
      "CREATE TABLE public.raw (LIKE acme.contacts); ALTER TABLE public.raw ADD PRIMARY KEY (id)");
  database.Run("CHECKPOINT");

  const double server_before = ServerCpuSeconds(database.pid());
  const double client_before = ChildrenCpuSeconds();
  psql("\\copy public.raw FROM '" + file + "'");
  const double client = ChildrenCpuSeconds() - client_before;
  database.Run("CHECKPOINT");
  return client + ServerCpuSeconds(database.pid()) - server_before;
}

bool Judge(const std::string& what, double found, double limit) {
  const bool kept = found <= limit;
  std::cout << std::setw(52) << std::left << what << std::right << std::setw(8) << found
            << "  at most " << limit << (kept ? "" : "  MISSED") << '\n';
  return kept;
}

int Run(int64_t records) {
  PortalProcess portal({.scenario_json = Scenario(records)});
  // Autovacuum wakes up by the clock and would count for whom it meets.
  TempPostgres database({.durable = true, .settings = {{"autovacuum", "off"}}});
  DaemonProcess daemon(Settings(portal, database));

  const Figures load = Load(portal, database, daemon);
  const double raw_copy = RawCopy(database);

  const double per_100k = 100'000.0 / static_cast<double>(records);
  std::cout << std::fixed << std::setprecision(2);
  std::cout << load.rows << " rows in " << load.seconds << " s; CPU s: daemon " << load.daemon_cpu
            << ", server " << load.server_cpu << ", portal " << load.portal_cpu
            << "; raw copy (psql and server) " << raw_copy << '\n';
  std::cout << load.requests << " requests, " << load.list_pages
            << " of them live list pages; least "
            << "possible " << (records + 99) / 100 << " pages\n";
  const bool cpu =
      Judge("daemon CPU s per 100,000 records", load.daemon_cpu * per_100k, kMostDaemonCpuPer100k);
  const bool ratio = Judge("daemon + server CPU, times raw copy",
                           (load.daemon_cpu + load.server_cpu) / raw_copy, kMostTimesRawCopy);
  const bool memory = Judge("peak memory of the daemon, MB", load.memory_mb, kMostMemoryMb);
  return cpu && ratio && memory ? 0 : 1;
}

}  // namespace
}  // namespace hubmirror::testing

int main(int count, char** words) {
  try {
    return hubmirror::testing::Run(count > 1 ? std::atoll(words[1]) : 100'000);
  } catch (const std::exception& error) {
    std::cerr << "first_load_bench: " << error.what() << '\n';
    return 2;
  }
}
