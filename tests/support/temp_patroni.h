#pragma once

#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "support/process.h"
#include "support/temp_directory.h"

namespace hubmirror::testing {

/// Two PostgreSQL servers that Patroni keeps, with an etcd of their own: one takes writes, the
/// other streams from it, asynchronously, and takes over when the first is gone. Reached by sockets
/// and by free loopback ports. Runs as `postgres` when this is root. Failures throw
/// std::runtime_error. Owned by one thread, which must outlive it.
class TempPatroni {
 public:
  /// Returns when one server leads and the other streams: about half a minute.
  TempPatroni();
  ~TempPatroni();
  TempPatroni(const TempPatroni&) = delete;
  TempPatroni& operator=(const TempPatroni&) = delete;

  /// Libpq connection string that names both servers and wants the one that takes writes.
  std::string Dsn(const std::string& user = "postgres",
                  const std::string& database = "postgres") const;
  /// Runs SQL as superuser on the server that takes writes; the first value as text.
  std::string Run(const std::string& sql, const std::string& database = "postgres") const;

  /// The standby has everything that is committed by now, and gets nothing that is committed later.
  void StopStreaming();
  /// The server that leads and its Patroni end without any goodbye; what the standby does not have
  /// is lost.
  void CrashLeader();
  /// Waits until a server takes writes.
  void AwaitLeader(std::chrono::seconds limit) const;
  /// What Patroni wrote last, of both.
  std::string LogEnd() const;

 private:
  struct Server {
    std::string name;
    int port = 0;
    std::unique_ptr<Process> patroni = {};
  };
  std::filesystem::path DirectoryOf(const Server& server) const;
  std::string DsnOf(const Server& server) const;
  void StartPatroni(Server& server, int etcd_port);
  bool Leads(const Server& server) const;
  Server& leader();

  TempDirectory directory_{"patroni"};
  std::unique_ptr<Process> etcd_;
  std::array<Server, 2> servers_{Server{.name = "one"}, Server{.name = "two"}};
  pid_t stopped_sender_ = 0;  ///< the process that sends to the standby
};

}  // namespace hubmirror::testing
