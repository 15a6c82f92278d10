#include "support/temp_postgres.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto kServerStartLimit = 60s;
constexpr auto kStopLimit = 30s;
constexpr auto kPause = 20ms;

struct Account {
  uid_t uid;
  gid_t gid;
};

/// Whom the server runs as; PostgreSQL refuses root.
std::optional<Account> ServerAccount() {
  if (geteuid() != 0) return std::nullopt;
  const passwd* entry = getpwnam("postgres");
  if (entry == nullptr) throw std::runtime_error("run as root, but there is no user postgres");
  return Account{entry->pw_uid, entry->pw_gid};
}

/// Starts a program with its output appended to `log`. Between fork and exec only system calls
/// are made: the test may have threads.
pid_t Spawn(const std::vector<std::string>& command, const fs::path& log, bool dies_with_us) {
  const auto account = ServerAccount();
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child > 0) return child;

  setsid();
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  dup2(out, 1);
  dup2(out, 2);
  // Also the listening sockets of the test must not stay open in the server.
  close_range(3, ~0U, 0);
  if (account && (setgroups(1, &account->gid) != 0 || setgid(account->gid) != 0 ||
                  setuid(account->uid) != 0)) {
    _exit(126);
  }
  if (dies_with_us) {
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (getppid() != parent) _exit(0);
  }
  execv(arguments[0], arguments.data());
  _exit(127);
}

/// Where clusters lie. Making and removing a database's thousand files costs more than what most
/// tests do in it, and on a slow disk much more: memory, where there is plenty.
fs::path ClusterFolder(bool durable) {
  constexpr std::uintmax_t kPlenty = 8ULL << 30;
  const fs::path memory = "/dev/shm";
  std::error_code none;
  const bool chosen = durable || std::getenv("TMPDIR") != nullptr;
  if (chosen || access(memory.c_str(), W_OK) != 0) return fs::temp_directory_path();
  const fs::space_info space = fs::space(memory, none);
  return !none && space.available >= kPlenty ? memory : fs::temp_directory_path();
}

fs::path NewDirectory(bool durable) {
  std::string pattern = (ClusterFolder(durable) / "hubmirror-pg-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  const auto account = ServerAccount();
  if (account && chown(pattern.c_str(), account->uid, account->gid) != 0) {
    throw std::runtime_error("chown failed");
  }
  fs::permissions(pattern, fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec |
                               fs::perms::group_read | fs::perms::others_read);
  return pattern;
}

std::string EndOf(const fs::path& log) {
  std::ifstream file(log);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  constexpr size_t kShown = 2000;
  return text.size() > kShown ? text.substr(text.size() - kShown) : text;
}

/// Runs a program to its end, as whom the server runs.
void RunAsServer(const std::vector<std::string>& command, const fs::path& log) {
  const pid_t child = Spawn(command, log, false);
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) throw std::runtime_error(command.front() + " failed: " + EndOf(log));
}

/// A cluster that never ran. Those of a program are copies of it: initdb takes most of the
/// processor time of a server that does little.
class FreshCluster {
 public:
  FreshCluster() : directory_(NewDirectory(/*durable=*/false)) {
    try {
      RunAsServer({FindPostgresProgram("initdb"), "-D", data(), "-U", "postgres", "-A", "trust",
                   "-E", "UTF8", "--locale=C", "-N"},
                  directory_ / "log");
    } catch (...) {
      Remove();
      throw;
    }
  }
  ~FreshCluster() { Remove(); }
  FreshCluster(const FreshCluster&) = delete;
  FreshCluster& operator=(const FreshCluster&) = delete;

  fs::path data() const { return directory_ / "data"; }

 private:
  void Remove() {
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }

  fs::path directory_;
};

}  // namespace

int FreePort() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound = bind(probe, generic, size) == 0 && getsockname(probe, generic, &size) == 0;
  close(probe);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

fs::path FindPostgresProgram(const std::string& name) {
  int newest = 0;
  fs::path found;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql")) {
    const int version = std::atoi(entry.path().filename().c_str());
    const fs::path program = entry.path() / "bin" / name;
    if (version <= newest || !fs::exists(program)) continue;
    newest = version;
    found = program;
  }
  if (found.empty()) throw std::runtime_error("no " + name + " below /usr/lib/postgresql");
  return found;
}

TempPostgres::TempPostgres() : TempPostgres(Options{}) {}

TempPostgres::TempPostgres(Options options)
    : options_(std::move(options)), directory_(NewDirectory(options_.durable)) {
  try {
    if (options_.standby_of == nullptr) {
      static const FreshCluster fresh;
      RunAsServer({"/bin/cp", "-R", fresh.data(), directory_ / "data"}, directory_ / "log");
    } else {
      RunAsServer(
          {FindPostgresProgram("pg_basebackup"), "-D", directory_ / "data", "-d",
           options_.standby_of->Dsn(), "--write-recovery-conf", "--checkpoint=fast", "--no-sync"},
          directory_ / "log");
    }
    Start();
  } catch (...) {
    End(SIGQUIT);
    fs::remove_all(directory_);
    throw;
  }
}

TempPostgres::~TempPostgres() {
  End(SIGQUIT);
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void TempPostgres::Start() {
  if (running()) return;
  // The port stays the same over a restart, as clients expect.
  if (options_.tcp && port_ == 5432) port_ = FreePort();
  maintenance_ = std::make_unique<KeptSession>(Dsn());
  std::vector<std::string> command = {
      FindPostgresProgram("postgres"),
      "-D",
      directory_ / "data",
      "-k",
      directory_,
      "-p",
      std::to_string(port_),
      "-c",
      options_.tcp ? "listen_addresses=127.0.0.1" : "listen_addresses="};
  if (!options_.durable) {
    command.insert(command.end(), {"-c", "fsync=off", "-c", "full_page_writes=off"});
  }
  for (const auto& [name, value] : options_.settings) {
    command.insert(command.end(), {"-c", name + "=" + value});
  }
  pid_ = Spawn(command, directory_ / "log", true);
  AwaitReady();
}

void TempPostgres::AwaitReady() {
  const auto deadline = std::chrono::steady_clock::now() + kServerStartLimit;
  while (PQping(Dsn().c_str()) != PQPING_OK) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("PostgreSQL ended at its start: " + LogEnd());
    }
    if (std::chrono::steady_clock::now() > deadline) {
      End(SIGQUIT);
      throw std::runtime_error("PostgreSQL did not start in time: " + LogEnd());
    }
    std::this_thread::sleep_for(kPause);
  }
}

void TempPostgres::Stop() {
  End(SIGINT);
}

void TempPostgres::Restart() {
  Stop();
  Start();
}

void TempPostgres::Crash() {
  End(SIGQUIT);
}

void TempPostgres::StopStreaming() {
  Run("ALTER SYSTEM SET primary_conninfo = ''");
  Run("SELECT pg_reload_conf()");
  const auto deadline = std::chrono::steady_clock::now() + kStopLimit;
  while (!Run("SELECT pid FROM pg_stat_wal_receiver").empty()) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("the standby goes on streaming: " + LogEnd());
    }
    std::this_thread::sleep_for(kPause);
  }
}

void TempPostgres::Promote() {
  if (Run("SELECT pg_promote()") != "t") throw std::runtime_error("not promoted: " + LogEnd());
}

void TempPostgres::End(int signal) {
  if (!running()) return;
  maintenance_->Close();
  session_.reset();
  kill(pid_, signal);
  const auto deadline = std::chrono::steady_clock::now() + kStopLimit;
  int status = 0;
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) kill(pid_, SIGKILL);
    std::this_thread::sleep_for(kPause);
  }
  pid_ = -1;
}

std::string TempPostgres::Dsn(const std::string& user, const std::string& database) const {
  return "host=" + directory_.string() + " port=" + std::to_string(port_) + " user=" + user +
         " dbname=" + database;
}

std::string TempPostgres::CreateDatabase(const std::string& name, const std::string& owner) {
  // Copies files instead of writing every block to the WAL: half the CPU time.
  Run("CREATE DATABASE \"" + name + "\" OWNER \"" + owner + "\" STRATEGY file_copy");
  return Dsn("postgres", name);
}

std::string TempPostgres::Run(const std::string& sql, const std::string& database) const {
  if (database == "postgres") return maintenance_->Run(sql);
  if (!session_ || session_database_ != database) {
    session_ = std::make_unique<KeptSession>(Dsn("postgres", database));
    session_database_ = database;
  }
  return session_->Run(sql);
}

std::string TempPostgres::LogEnd() const {
  return EndOf(directory_ / "log");
}

}  // namespace hubmirror::testing
