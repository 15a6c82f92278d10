#include "support/portal_process.h"

#include <stdexcept>

#include "support/await.h"
#include "support/http_json.h"
#include "support/programs.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;
using compare::Json;

// A million records take a while to invent.
constexpr auto kPortalStartLimit = 300s;

std::vector<std::string> CommandFor(const PortalOptions& options, const TempDirectory& directory) {
  std::vector<std::string> command = {BuiltProgram("simulated-portal"),
                                      "--listen",
                                      "127.0.0.1:0",
                                      "--addr-file",
                                      directory.path() / "addr",
                                      "--seed",
                                      std::to_string(options.seed)};
  const auto add = [&command](const std::string& flag, const std::string& value) {
    command.push_back(flag);
    command.push_back(value);
  };
  if (!options.scenario_json.empty()) {
    add("--scenario", directory.Write("scenario.json", options.scenario_json));
  } else {
    add("--records", std::to_string(options.records));
    add("--portal-id", std::to_string(options.portal_id));
    add("--token", options.token);
    add("--latency", options.latency);
    add("--index-delay", options.index_delay);
    if (!options.limits) command.push_back("--no-limits");
  }
  for (const auto& [name, setting] : options.switches) add("--switch", name + "=" + setting);
  return command;
}

}  // namespace

PortalProcess::PortalProcess(const PortalOptions& options) {
  const auto addr_file = directory_.path() / "addr";
  process_ = std::make_unique<Process>(Process::Options{.command = CommandFor(options, directory_),
                                                        .log = directory_.path() / "log"});
  const bool ready = Happens(kPortalStartLimit, [&] {
    return std::filesystem::exists(addr_file) || !process_->running();
  });
  if (!ready || !process_->running()) {
    throw std::runtime_error("the simulated portal did not start: " + process_->LogEnd());
  }
  std::string address = ReadFile(addr_file);
  address.erase(address.find_last_not_of('\n') + 1);
  url_ = "http://" + address;
}

std::string PortalProcess::Announcement() const {
  return ReadFile(directory_.path() / "log");
}

Json PortalProcess::Control(const std::string& request, const std::string& json) const {
  const std::string path = "/_control/" + request;
  return JsonOf(HttpPost(url_, path, json), path + " " + json);
}

Json PortalProcess::Ask(const std::string& request) const {
  const std::string path = "/_control/" + request;
  return JsonOf(HttpGet(url_, path), path);
}

std::string PortalProcess::Mutate(const std::string& json) const {
  return Control("mutate", json).Text("id");
}

void PortalProcess::StartScript(const std::string& json) const {
  Control("script", json);
}

bool PortalProcess::script_running() const {
  return Ask("script")["running"].AsBool();
}

void PortalProcess::AwaitScript(std::chrono::milliseconds limit) const {
  Await("the end of the script of changes", limit, [this] { return !script_running(); });
}

Violations PortalProcess::LimitViolations() const {
  const Json stats = Ask("stats");
  const Json& counted = stats["violations"];
  return {.burst = counted["burst"].AsInteger(),
          .search = counted["search"].AsInteger() + counted["search_shared"].AsInteger(),
          .daily = counted["daily"].AsInteger() + counted["daily_shared"].AsInteger(),
          .associations = counted["associations"].AsInteger()};
}

int64_t PortalProcess::Requests(const std::string& prefix, int status) const {
  const Json stats = Ask("stats");
  int64_t count = 0;
  for (const Json& line : stats["requests"].AsArray()) {
    if (!line.Text("endpoint").starts_with(prefix)) continue;
    if (status == 0 || line["status"].AsInteger() == status) count += line["count"].AsInteger();
  }
  return count;
}

int64_t PortalProcess::UnexpectedRequests() const {
  return Ask("stats")["unexpected"].AsInteger();
}

std::string PortalProcess::FirstUnexpected() const {
  const Json stats = Ask("stats");
  std::string lines;
  for (const Json& words : stats["first_unexpected"].AsArray()) lines += words.AsString() + "\n";
  return lines;
}

void PortalProcess::ResetStats() const {
  Control("stats/reset", "{}");
}

}  // namespace hubmirror::testing
