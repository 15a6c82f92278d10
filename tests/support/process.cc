#include "support/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "support/await.h"
#include "support/temp_directory.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::vector<std::string> EnvironmentLines(const std::map<std::string, std::string>& added) {
  std::vector<std::string> lines;
  for (const char* kept : {"PATH", "TMPDIR", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                           "TSAN_OPTIONS", "LSAN_OPTIONS"}) {
    const char* value = std::getenv(kept);
    if (value != nullptr && !added.contains(kept)) lines.push_back(std::string(kept) + "=" + value);
  }
  for (const auto& [name, value] : added) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Between fork and exec only system calls are made: the test may have threads.
pid_t Spawn(std::vector<std::string> command, std::vector<std::string> environment,
            const fs::path& log) {
  const std::vector<char*> arguments = Pointers(command);
  const std::vector<char*> variables = Pointers(environment);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child > 0) return child;

  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
  const int in = open("/dev/null", O_RDONLY);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  dup2(in, 0);
  dup2(out, 1);
  dup2(out, 2);
  close_range(3, ~0U, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(arguments[0], arguments.data(), variables.data());
  _exit(127);
}

ProcessEnd EndOf(int status) {
  if (WIFEXITED(status)) return {.exit_code = WEXITSTATUS(status), .signal = 0};
  return {.exit_code = -1, .signal = WTERMSIG(status)};
}

}  // namespace

Process::Process(const Options& options)
    : log_(options.log), name_(fs::path(options.command.at(0)).filename()) {
  if (access(options.command[0].c_str(), X_OK) != 0) {
    throw std::runtime_error("no program " + options.command[0]);
  }
  pid_ = Spawn(options.command, EnvironmentLines(options.environment), log_);
}

Process::~Process() {
  if (running()) Kill();
}

bool Process::running() {
  if (end_) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == pid_) end_ = EndOf(status);
  return !end_;
}

void Process::Signal(int signal) {
  if (running()) kill(pid_, signal);
}

std::optional<ProcessEnd> Process::Wait(std::chrono::milliseconds limit) {
  Happens(limit, [this] { return !running(); });
  return end_;
}

void Process::Kill() {
  Signal(SIGKILL);
  int status = 0;
  if (!end_ && waitpid(pid_, &status, 0) == pid_) end_ = EndOf(status);
}

ProcessEnd Process::Terminate(std::chrono::milliseconds limit) {
  Signal(SIGTERM);
  const auto end = Wait(limit);
  if (!end) throw std::runtime_error(name_ + " ignores SIGTERM: " + LogEnd());
  return *end;
}

double Process::CpuSeconds() const {
  return CpuSecondsOf(pid_);
}

int64_t Process::PeakMemoryBytes() const {
  std::istringstream status(ReadFile("/proc/" + std::to_string(pid_) + "/status"));
  for (std::string word; status >> word;) {
    int64_t kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

std::string Process::LogEnd() const {
  constexpr size_t kShown = 4000;
  const std::string text = ReadFile(log_);
  return text.size() > kShown ? "..." + text.substr(text.size() - kShown) : text;
}

ProgramResult RunProgram(const std::vector<std::string>& command,
                         const std::map<std::string, std::string>& environment,
                         std::chrono::milliseconds limit) {
  const TempDirectory directory("output");
  const fs::path log = directory.path() / "log";
  Process process({.command = command, .environment = environment, .log = log});
  const auto end = process.Wait(limit);
  if (!end) throw std::runtime_error(command[0] + " does not end: " + process.LogEnd());
  return {.end = *end, .output = ReadFile(log)};
}

double CpuSecondsOf(pid_t pid) {
  const std::string stat = ReadFile("/proc/" + std::to_string(pid) + "/stat");
  // The name in parentheses may hold blanks; utime is the 14th field of proc(5), so the 12th after.
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(stat.substr(name_end + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double ticks = 0;
  for (int i = 0; i < 4; ++i) {
    double value = 0;
    fields >> value;
    ticks += value;
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace hubmirror::testing
