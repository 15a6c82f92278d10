#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "compare/json.h"
#include "support/process.h"
#include "support/temp_directory.h"

namespace hubmirror::testing {

/// What a simulated portal is started with; see tests/portal/README.md.
struct PortalOptions {
  uint64_t seed = 1;
  int64_t records = 1000;
  int64_t portal_id = 1234567;
  std::string token = "pat-na1-simulated-token";
  std::string latency = "0ms";
  std::string index_delay = "0ms";
  bool limits = true;
  std::map<std::string, std::string> switches = {};
  /// A scenario instead of the five fields above it.
  std::string scenario_json = {};
};

/// Counts of requests that exceeded a real limit, of all portals together.
struct Violations {
  int64_t burst = 0;
  int64_t search = 0;
  int64_t daily = 0;
  int64_t associations = 0;
  int64_t total() const { return burst + search + daily + associations; }
};

/// The simulated portal as a process of its own, with a verb for each thing a test does to it.
/// Every failure throws std::runtime_error. Owned by one thread.
class PortalProcess {
 public:
  explicit PortalProcess(const PortalOptions& options = {});

  const std::string& url() const { return url_; }
  Process& process() { return *process_; }
  /// What it printed at its start: portals, seeds, switches.
  std::string Announcement() const;

  /// One request to the control endpoint: `Control("mutate", R"({...})")`.
  compare::Json Control(const std::string& request, const std::string& json) const;
  compare::Json Ask(const std::string& request) const;

  /// One change; returns the id the portal names.
  std::string Mutate(const std::string& json) const;
  void StartScript(const std::string& json) const;
  bool script_running() const;
  void AwaitScript(std::chrono::milliseconds limit) const;

  Violations LimitViolations() const;
  /// How many requests were answered to endpoints whose name begins with `prefix` ("list",
  /// "search contacts"), with this status or, for 0, any.
  int64_t Requests(const std::string& prefix, int status = 0) const;
  /// How many requests the portal refused as wrong (400, 404, 405, 414).
  int64_t UnexpectedRequests() const;
  /// The first of them, one a line, with what the portal answered; "" when there was none.
  std::string FirstUnexpected() const;
  void ResetStats() const;

 private:
  TempDirectory directory_{"portal"};
  std::unique_ptr<Process> process_;
  std::string url_;
};

}  // namespace hubmirror::testing
