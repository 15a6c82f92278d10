#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compare/json.h"
#include "support/daemon_settings.h"
#include "support/process.h"
#include "support/temp_directory.h"

namespace hubmirror::testing {

/// `hubmirrord` with its configuration, secrets, state and run directory below one temporary
/// directory, which outlives a kill and a new start. Failures throw std::runtime_error with the end
/// of the daemon's log. Owned by one thread.
class DaemonProcess {
 public:
  /// Writes the files; starts nothing.
  explicit DaemonProcess(DaemonSettings settings);

  DaemonSettings& settings() { return settings_; }
  /// Writes configuration and secrets again after a change of settings().
  void WriteFiles() const;

  /// Added to the daemon's environment, from the next start on; `value` empty: taken out again.
  void SetVariable(const std::string& name, const std::string& value);

  /// Where it logs from the next start on, instead of what Log() reads.
  void set_log(std::filesystem::path log) { log_ = std::move(log); }

  /// Starts it and waits until its local port answers.
  void Start();
  /// Starts it and returns at once, for configurations it is to refuse.
  void Launch();
  /// Starts it, which must end by itself within the limit; returns how.
  ProcessEnd RunToEnd(std::chrono::milliseconds limit = std::chrono::seconds{20});
  /// SIGKILL.
  void Kill();
  /// SIGTERM; returns how it ended.
  ProcessEnd Terminate();
  bool running();
  Process& process() { return *process_; }

  /// Where its local port is, as the daemon says.
  std::string url() const;
  /// `/api/v1/status`.
  compare::Json Status() const;
  /// `portals.P.streams.O` of the status.
  compare::Json Stream(const std::string& portal, const std::string& object) const;
  /// The HTTP status of a path on the local port, 0 when nothing answers.
  int StatusCodeOf(const std::string& path) const;
  /// The sum of one metric over those of its series that have all of the labels
  /// (`object="deals"`); nothing when there is no such series.
  std::optional<double> Metric(const std::string& name,
                               const std::vector<std::string>& labels = {}) const;

  /// Runs `hubmirror --config ... WORDS`.
  ProgramResult Cli(const std::vector<std::string>& words,
                    std::chrono::milliseconds limit = std::chrono::minutes{10}) const;

  /// Everything it logged since the first start.
  std::string Log() const;
  const TempDirectory& directory() const { return directory_; }
  std::filesystem::path secret_directory() const { return directory_.path() / "secrets"; }

 private:
  std::filesystem::path address_file() const { return directory_.path() / "run" / "http.addr"; }
  std::map<std::string, std::string> Environment() const;

  TempDirectory directory_{"daemon"};
  DaemonSettings settings_;
  std::map<std::string, std::string> variables_;
  std::optional<std::filesystem::path> log_;
  std::unique_ptr<Process> process_;
};

}  // namespace hubmirror::testing
