#include "support/temp_patroni.h"

#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support/await.h"
#include "support/temp_postgres.h"

namespace hubmirror::testing {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto kStartLimit = 120s;

std::string Local(int port) {
  return "127.0.0.1:" + std::to_string(port);
}

/// PostgreSQL refuses root. The wish to end with us must be said after the change of user; Patroni
/// then stops its server.
std::vector<std::string> AsPostgres(std::vector<std::string> command) {
  if (geteuid() != 0) return command;
  const std::vector<std::string> before = {"/usr/bin/setpriv", "--reuid=postgres",
                                           "--regid=postgres", "--init-groups", "--pdeathsig=TERM"};
  command.insert(command.begin(), before.begin(), before.end());
  return command;
}

void GiveToPostgres(const fs::path& path) {
  if (geteuid() != 0) return;
  const passwd* account = getpwnam("postgres");
  if (account == nullptr) throw std::runtime_error("run as root, but there is no user postgres");
  if (chown(path.c_str(), account->pw_uid, account->pw_gid) != 0) {
    throw std::runtime_error("chown failed");
  }
}

// 20 s is the least that Patroni takes for `ttl`.
constexpr const char* kConfiguration = R"(scope: crm
name: NAME
restapi: {listen: 'REST', connect_address: 'REST'}
etcd3: {host: 'ETCD'}
bootstrap:
  dcs: {ttl: 20, loop_wait: 1, retry_timeout: 3, maximum_lag_on_failover: 1073741824}
  initdb: [{encoding: UTF8}, {locale: C}, {auth: trust}]
  pg_hba: ['local all all trust', 'local replication all trust',
           'host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust']
postgresql:
  listen: LISTEN
  connect_address: LISTEN
  data_dir: DIRECTORY/data
  bin_dir: PROGRAMS
  pgpass: DIRECTORY/pgpass
  authentication: {superuser: {username: postgres}, replication: {username: postgres}}
  parameters: {unix_socket_directories: DIRECTORY, fsync: 'off'}
  use_unix_socket: true
)";

std::string Filled(std::string text,
                   const std::vector<std::pair<std::string, std::string>>& places) {
  for (const auto& [name, value] : places) {
    for (size_t at = text.find(name); at != text.npos; at = text.find(name, at + value.size())) {
      text.replace(at, name.size(), value);
    }
  }
  return text;
}

}  // namespace

TempPatroni::TempPatroni() {
  GiveToPostgres(directory_.path());
  const int clients = FreePort();
  const int peers = FreePort();
  const std::string peer_url = "http://" + Local(peers);
  const std::string client_url = "http://" + Local(clients);
  etcd_ = std::make_unique<Process>(Process::Options{
      .command = AsPostgres({"/usr/bin/etcd", "--name", "one", "--unsafe-no-fsync", "--data-dir",
                             directory_.path() / "etcd", "--listen-client-urls", client_url,
                             "--advertise-client-urls", client_url, "--listen-peer-urls", peer_url,
                             "--initial-advertise-peer-urls", peer_url, "--initial-cluster",
                             "one=" + peer_url}),
      .log = directory_.path() / "etcd.log"});
  for (Server& server : servers_) {
    StartPatroni(server, clients);
    if (&server != &servers_.front()) continue;
    Await("the first server to lead", kStartLimit, [&] { return Leads(server); });
  }
  Await("the standby to stream", kStartLimit, [this] {
    return Run("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "1";
  });
}

TempPatroni::~TempPatroni() {
  if (stopped_sender_ > 0) kill(stopped_sender_, SIGCONT);
  for (Server& server : servers_) {
    // It stops its server.
    if (server.patroni) server.patroni->Signal(SIGTERM);
  }
  for (Server& server : servers_) {
    if (server.patroni) server.patroni->Wait(60s);
  }
}

fs::path TempPatroni::DirectoryOf(const Server& server) const {
  return directory_.path() / server.name;
}

void TempPatroni::StartPatroni(Server& server, int etcd_port) {
  server.port = FreePort();
  fs::create_directory(DirectoryOf(server));
  GiveToPostgres(DirectoryOf(server));
  const std::string rest = Local(FreePort());
  const fs::path file = directory_.Write(
      server.name + ".yml",
      Filled(kConfiguration,
             {{"NAME", server.name},
              {"REST", rest},
              {"ETCD", Local(etcd_port)},
              {"LISTEN", Local(server.port)},
              {"DIRECTORY", DirectoryOf(server).string()},
              {"PROGRAMS", FindPostgresProgram("postgres").parent_path().string()}}));
  GiveToPostgres(file);
  server.patroni = std::make_unique<Process>(
      Process::Options{.command = AsPostgres({"/usr/bin/patroni", file}),
                       .log = directory_.path() / (server.name + ".log")});
}

std::string TempPatroni::Dsn(const std::string& user, const std::string& database) const {
  const auto& [one, two] = servers_;
  return "host=" + DirectoryOf(one).string() + "," + DirectoryOf(two).string() +
         " port=" + std::to_string(one.port) + "," + std::to_string(two.port) + " user=" + user +
         " dbname=" + database + " target_session_attrs=read-write";
}

std::string TempPatroni::DsnOf(const Server& server) const {
  return "host=" + DirectoryOf(server).string() + " port=" + std::to_string(server.port) +
         " user=postgres dbname=postgres";
}

std::string TempPatroni::Run(const std::string& sql, const std::string& database) const {
  return RunSql(Dsn("postgres", database), sql);
}

bool TempPatroni::Leads(const Server& server) const {
  if (!server.patroni->running()) throw std::runtime_error("Patroni has ended: " + LogEnd());
  try {
    return RunSql(DsnOf(server), "SELECT pg_is_in_recovery()") == "f";
  } catch (const std::runtime_error&) {
    return false;  // it does not answer yet
  }
}

TempPatroni::Server& TempPatroni::leader() {
  for (Server& server : servers_) {
    if (server.patroni && Leads(server)) return server;
  }
  throw std::runtime_error("no server takes writes: " + LogEnd());
}

void TempPatroni::StopStreaming() {
  const std::string now = Run("SELECT pg_current_wal_lsn()");
  Await("the standby to have everything", 30s,
        [&] { return Run("SELECT replay_lsn >= '" + now + "' FROM pg_stat_replication") == "t"; });
  stopped_sender_ = std::atoi(Run("SELECT pid FROM pg_stat_replication").c_str());
  kill(stopped_sender_, SIGSTOP);
}

void TempPatroni::CrashLeader() {
  Server& server = leader();
  const pid_t postmaster =
      std::atoi(ReadFile(DirectoryOf(server) / "data" / "postmaster.pid").c_str());
  server.patroni->Kill();
  server.patroni.reset();
  kill(postmaster, SIGKILL);
  if (stopped_sender_ > 0) kill(std::exchange(stopped_sender_, 0), SIGKILL);
}

void TempPatroni::AwaitLeader(std::chrono::seconds limit) const {
  Await("a server that takes writes", limit, [this] {
    for (const Server& server : servers_) {
      if (server.patroni && Leads(server)) return true;
    }
    return false;
  });
}

std::string TempPatroni::LogEnd() const {
  std::string text;
  for (const Server& server : servers_) {
    if (server.patroni) text += server.patroni->LogEnd() + "\n";
  }
  return text;
}

}  // namespace hubmirror::testing
