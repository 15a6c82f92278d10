#include "usage_meter.h"

#include <sys/resource.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "support/temp_directory.h"

namespace hubmirror::testing {
namespace {

constexpr std::array<const char*, 10> kEndpoints = {
    "list",   "list archived", "search", "batch read",  "properties",
    "groups", "pipelines",     "links",  "link labels", ""};

}  // namespace

double FigureOf(const Figures& figures, const std::string& name) {
  for (const auto& [figure, value] : figures) {
    if (figure == name) return value;
  }
  throw std::runtime_error("no figure " + name);
}

double ServerCpuSeconds(const TempPostgres& database) {
  double total = CpuSecondsOf(database.pid());
  const std::string parent_line = "PPid:\t" + std::to_string(database.pid()) + "\n";
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (ReadFile(entry.path() / "status").find(parent_line) == std::string::npos) continue;
    total += CpuSecondsOf(std::atoi(name.c_str()));
  }
  return total;
}

double ChildrenCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

UsageMeter::UsageMeter(PortalProcess& portal, TempPostgres& database)
    : portal_(portal),
      database_(database),
      began_(std::chrono::steady_clock::now()),
      server_before_(ServerCpuSeconds(database)),
      portal_before_(portal.process().CpuSeconds()),
      wal_before_(database.Run("SELECT pg_current_wal_insert_lsn()")) {}

Figures UsageMeter::Stop(DaemonProcess& daemon, double daemon_cpu_before) {
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began_;
  const double daemon_cpu = daemon.process().CpuSeconds() - daemon_cpu_before;
  const auto memory = static_cast<double>(daemon.process().PeakMemoryBytes());
  const double portal_cpu = portal_.process().CpuSeconds() - portal_before_;
  const std::string wal =
      database_.Run("SELECT pg_current_wal_insert_lsn() - '" + wal_before_ + "'");
  database_.Run("CHECKPOINT");
  return {{"seconds", took.count()},
          {"daemon_cpu", daemon_cpu},
          {"server_cpu", ServerCpuSeconds(database_) - server_before_},
          {"portal_cpu", portal_cpu},
          {"wal_mb", std::stod(wal) / 1e6},
          {"peak_memory_mb", memory / 1e6}};
}

Figures RequestFigures(const PortalProcess& portal) {
  Figures figures;
  for (const std::string endpoint : kEndpoints) {
    // "list archived contacts" begins with "list" as well.
    int64_t count = portal.Requests(endpoint.empty() ? "" : endpoint + " ");
    if (endpoint == "list") count -= portal.Requests("list archived ");
    figures.emplace_back(endpoint.empty() ? "requests" : endpoint, static_cast<double>(count));
  }
  figures.emplace_back("violations", static_cast<double>(portal.LimitViolations().total()));
  return figures;
}

std::map<std::string, std::string> UsersDefaults() {
  return {{"interval", "1m"},           {"freshness_target", "5m"}, {"overlap", "1m"},
          {"deep_overlap", "1h"},       {"confirm_after", "10m"},   {"sweep", "{every: 24h}"},
          {"archived", "{every: 15m}"}, {"catalog", "{every: 5m}"}, {"links", "{every: 6h}"},
          {"verify", "{every: 24h}"},   {"lists", "{every: 1h}"},   {"quota_share", "0.5"}};
}

TempPostgres::Options BenchServer() {
  return {.durable = true, .settings = {{"autovacuum", "off"}}};
}

}  // namespace hubmirror::testing
