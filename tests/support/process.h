#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hubmirror::testing {

/// How a process ended.
struct ProcessEnd {
  int exit_code = -1;  ///< -1 when a signal ended it
  int signal = 0;      ///< 0 when it ended by itself
  friend bool operator==(const ProcessEnd&, const ProcessEnd&) = default;
};

/// A program this test started. It is ended by its own process id in the destructor, and by the
/// kernel when the thread that started it dies. Failures throw std::runtime_error. Owned by one
/// thread.
class Process {
 public:
  struct Options {
    std::vector<std::string> command;  ///< the first word is the path of the program
    /// Added to a small clean environment (PATH, TMPDIR, sanitizer options and locale are kept).
    std::map<std::string, std::string> environment = {};
    std::filesystem::path log;  ///< gets standard output and error, appended
  };

  explicit Process(const Options& options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  /// Whether it still runs; notices when it has ended.
  bool running();

  void Signal(int signal);
  /// Waits for its end; nothing when it still runs at the limit.
  std::optional<ProcessEnd> Wait(std::chrono::milliseconds limit);
  /// SIGKILL, as a crash would.
  void Kill();
  /// SIGTERM; throws when it does not end within the limit.
  ProcessEnd Terminate(std::chrono::milliseconds limit = std::chrono::seconds{40});

  /// Processor time of the process so far, user and system, its ended children included.
  double CpuSeconds() const;
  /// The most memory it ever held (VmHWM).
  int64_t PeakMemoryBytes() const;
  /// The last lines it wrote.
  std::string LogEnd() const;

 private:
  const std::filesystem::path log_;
  const std::string name_;
  pid_t pid_ = -1;
  std::optional<ProcessEnd> end_;
};

/// A program that runs to its end: how it ended and what it wrote.
struct ProgramResult {
  ProcessEnd end;
  std::string output;  ///< standard output and error
};

/// Throws when it does not end within the limit.
ProgramResult RunProgram(const std::vector<std::string>& command,
                         const std::map<std::string, std::string>& environment,
                         std::chrono::milliseconds limit);

/// Processor time of a process by /proc, its waited-for children included; 0 when it is gone.
double CpuSecondsOf(pid_t pid);

}  // namespace hubmirror::testing
