#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench_case.h"
#include "limited_load.h"
#include "support/process.h"
#include "support/temp_postgres.h"
#include "usage_meter.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::duration;
using std::chrono::steady_clock;

using Environment = std::map<std::string, std::string>;

void MustRun(const std::vector<std::string>& command, const Environment& environment,
             std::chrono::milliseconds limit) {
  const ProgramResult result = RunProgram(command, environment, limit);
  if (result.end != ProcessEnd{.exit_code = 0}) throw std::runtime_error(result.output);
}

/// What tests/bench/peer takes for the same portal. It has no polls, links or archived lists to
/// read, which makes it faster than something that keeps a mirror.
Figures LoadByPeer(const std::string& scenario) {
  MustRun({NPM_INSTALL, PEER, PEER_PACKAGES}, {}, 5min);
  const std::string script = std::string(PEER_PACKAGES) + "/load.mjs";
  std::filesystem::copy_file(std::string(PEER) + "/load.mjs", script,
                             std::filesystem::copy_options::overwrite_existing);
  PortalProcess portal({.scenario_json = scenario});
  const TempPostgres database(BenchServer());
  const double server_before = ServerCpuSeconds(database);
  const double client_before = ChildrenCpuSeconds();
  const auto began = steady_clock::now();
  // The packages are found from where it runs.
  MustRun({"/bin/sh", "-c", "cd \"$1\" && exec \"$2\" \"$3\" \"$4\"", "sh", PEER_PACKAGES, NODE,
           script, portal.url()},
          {{"PGHOST", database.socket_directory()},
           {"PGPORT", std::to_string(database.port())},
           {"PGUSER", "postgres"},
           {"PGDATABASE", "postgres"}},
          30min);
  const double took = duration<double>(steady_clock::now() - began).count();
  const double client = ChildrenCpuSeconds() - client_before;
  database.Run("CHECKPOINT");
  return {{"seconds", took},
          {"client_cpu", client},
          {"server_cpu", ServerCpuSeconds(database) - server_before},
          {"violations", static_cast<double>(portal.LimitViolations().total())}};
}

Figures BesidePeer(int64_t records) {
  const std::string scenario =
      LimitedScenario("\"records\":" + std::to_string(records), "scattered");
  const Figures peer = LoadByPeer(scenario);
  Figures figures = LoadUnderLimits(scenario, {});
  for (const auto& [name, value] : peer) figures.emplace_back("peer_" + name, value);
  figures.emplace_back("cpu_beside_peer",
                       FigureOf(figures, "daemon_cpu") / FigureOf(peer, "client_cpu"));
  figures.emplace_back("server_cpu_beside_peer",
                       FigureOf(figures, "server_cpu") / FigureOf(peer, "server_cpu"));
  figures.emplace_back("time_beside_peer",
                       FigureOf(figures, "seconds") / FigureOf(peer, "seconds"));
  return figures;
}

}  // namespace

std::vector<BenchCase> PeerCases() {
  return {{.name = "peer",
           .what = "first load under real limits beside HubSpot's Node client and pg",
           .run = BesidePeer,
           .records = 46'000,
           .bounds = {{"cpu_beside_peer", 0.1}, {"time_beside_peer", 0.5}, {"violations", 0}}}};
}

}  // namespace hubmirror::testing
