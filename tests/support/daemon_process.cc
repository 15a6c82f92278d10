#include "support/daemon_process.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "support/await.h"
#include "support/http_json.h"
#include "support/programs.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto kDaemonStartLimit = 60s;

}  // namespace

DaemonProcess::DaemonProcess(DaemonSettings settings) : settings_(std::move(settings)) {
  for (const char* name : {"run", "state", "secrets"}) {
    fs::create_directory(directory_.path() / name);
    fs::permissions(directory_.path() / name, fs::perms::owner_all);
  }
  WriteFiles();
}

void DaemonProcess::WriteFiles() const {
  for (const DaemonPortal& portal : settings_.portals) {
    directory_.Write("secrets/" + portal.key + ".token", portal.token + "\n");
    if (portal.hash_key) {
      directory_.Write("secrets/" + portal.key + ".hash", *portal.hash_key + "\n");
    }
    if (portal.refresh_token) {
      directory_.Write("secrets/" + portal.key + ".refresh", *portal.refresh_token + "\n");
    }
  }
  directory_.Write("secrets/client", "simulated-secret\n");
  directory_.Write("hubmirror.yaml",
                   ToYaml(settings_, {.state_dir = directory_.path() / "state",
                                      .control_socket = directory_.path() / "run/control.sock",
                                      .secret_dir = secret_directory()}));
}

std::map<std::string, std::string> DaemonProcess::Environment() const {
  std::map<std::string, std::string> environment = variables_;
  environment["RUNTIME_DIRECTORY"] = directory_.path() / "run";
  return environment;
}

void DaemonProcess::SetVariable(const std::string& name, const std::string& value) {
  variables_.erase(name);
  if (!value.empty()) variables_.emplace(name, value);
}

void DaemonProcess::Launch() {
  // A killed daemon leaves its address behind.
  fs::remove(address_file());
  process_ = std::make_unique<Process>(Process::Options{
      .command = {BuiltProgram("hubmirrord"), "--config", directory_.path() / "hubmirror.yaml"},
      .environment = Environment(),
      .log = log_.value_or(directory_.path() / "log")});
}

void DaemonProcess::Start() {
  Launch();
  const bool ready = Happens(kDaemonStartLimit, [this] {
    return !process_->running() || (fs::exists(address_file()) && StatusCodeOf("/livez") == 200);
  });
  if (!ready || !process_->running()) {
    throw std::runtime_error("the daemon did not start: " + process_->LogEnd());
  }
}

ProcessEnd DaemonProcess::RunToEnd(std::chrono::milliseconds limit) {
  Launch();
  const auto end = process_->Wait(limit);
  if (!end) throw std::runtime_error("the daemon goes on running: " + process_->LogEnd());
  return *end;
}

void DaemonProcess::Kill() {
  process_->Kill();
}

ProcessEnd DaemonProcess::Terminate() {
  return process_->Terminate();
}

bool DaemonProcess::running() {
  return process_ && process_->running();
}

std::string DaemonProcess::url() const {
  std::string address = ReadFile(address_file());
  address.erase(address.find_last_not_of('\n') + 1);
  return "http://" + address;
}

compare::Json DaemonProcess::Status() const {
  return JsonOf(HttpGet(url(), "/api/v1/status"), "/api/v1/status");
}

compare::Json DaemonProcess::Stream(const std::string& portal, const std::string& object) const {
  return Status()["portals"][portal]["streams"][object];
}

int DaemonProcess::StatusCodeOf(const std::string& path) const {
  return HttpGet(url(), path).status;
}

std::optional<double> DaemonProcess::Metric(const std::string& name,
                                            const std::vector<std::string>& labels) const {
  std::optional<double> sum;
  std::istringstream lines(HttpGet(url(), "/metrics").body);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name + " ") && !line.starts_with(name + "{")) continue;
    const bool wanted = std::all_of(labels.begin(), labels.end(), [&line](const std::string& l) {
      return line.find(l) != std::string::npos;
    });
    if (wanted) sum = sum.value_or(0) + std::stod(line.substr(line.rfind(' ') + 1));
  }
  return sum;
}

ProgramResult DaemonProcess::Cli(const std::vector<std::string>& words,
                                 std::chrono::milliseconds limit) const {
  std::vector<std::string> command = {BuiltProgram("hubmirror"), "--config",
                                      directory_.path() / "hubmirror.yaml"};
  command.insert(command.end(), words.begin(), words.end());
  return RunProgram(command, Environment(), limit);
}

std::string DaemonProcess::Log() const {
  return ReadFile(directory_.path() / "log");
}

}  // namespace hubmirror::testing
