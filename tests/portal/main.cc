#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>

#include "command_line.h"
#include "endpoints/api.h"
#include "faults/control.h"
#include "http/event_loop.h"

namespace simulated_portal {
namespace {

constexpr Duration kScriptStep = 10;

/// Signals arrive as events of the loop, so that ending is an ordinary return.
int OpenSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Portals MakePortals(const Scenario& scenario) {
  Portals portals;
  for (const PortalSettings& settings : scenario.portals) {
    portals.push_back(std::make_unique<Portal>(settings, WallNow()));
    size_t records = 0;
    for (const size_t count : settings.records) records += count;
    std::cout << "portal " << settings.portal_id << " seed " << settings.seed << " records "
              << records << "\n";
    for (const Switches::Line& line : portals.back()->switches.Lines()) {
      std::cout << "switch " << line.name << "=" << line.setting << "\n";
    }
  }
  return portals;
}

/// Written whole or not at all: readers wait for the file to appear.
void WriteAddress(const std::string& path, const std::string& address) {
  const std::string draft = path + ".new";
  std::ofstream file(draft);
  file << address << "\n";
  file.close();
  if (!file || std::rename(draft.c_str(), path.c_str()) != 0) {
    throw std::runtime_error("cannot write " + path);
  }
}

void Serve(const CommandLine& command_line, int signal_fd) {
  Portals portals = MakePortals(command_line.scenario);
  TrafficStats stats;
  Api api(portals, stats, command_line.scenario.version);
  EventLoop* server = nullptr;
  Control control(portals, stats, [&server](std::string& out) {
    const EventLoop::Counters& counters = server->counters();
    out.append("\"bytes_sent\":").append(std::to_string(counters.bytes_sent));
    out.append(",\"bytes_received\":").append(std::to_string(counters.bytes_received));
    out.append(",\"connections\":").append(std::to_string(counters.connections));
    out.append(",\"cpu_seconds\":").append(std::to_string(CpuSeconds())).append(",");
  });
  EventLoop loop(command_line.host, command_line.port, [&](const HttpRequest& request) {
    const Instant now = WallNow();
    control.StepScripts(now);
    api.DoLateWork(now);
    if (Control::IsControl(request)) return control.Answer(request, now);
    return api.Answer(request, now);
  });
  server = &loop;
  std::function<void()> step = [&] {
    control.StepScripts(WallNow());
    api.DoLateWork(WallNow());
    loop.After(kScriptStep, step);
  };
  loop.After(kScriptStep, step);
  const std::string address = command_line.host + ":" + std::to_string(loop.port());
  std::cout << "listening on http://" << address << std::endl;
  if (!command_line.addr_file.empty()) WriteAddress(command_line.addr_file, address);
  loop.Run(signal_fd);
}

int Main(std::span<const char* const> arguments) {
  try {
    const CommandLine command_line = ParseCommandLine(arguments);
    if (command_line.list_switches) {
      std::cout << Switches::Table();
      return 0;
    }
    const int signal_fd = OpenSignals();
    Serve(command_line, signal_fd);
    close(signal_fd);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "simulated-portal: " << error.what() << "\n";
    return 2;
  }
}

}  // namespace
}  // namespace simulated_portal

int main(int argc, char** argv) {
  return simulated_portal::Main({argv + 1, static_cast<size_t>(argc - 1)});
}
