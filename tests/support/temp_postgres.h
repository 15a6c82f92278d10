#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "support/sql_session.h"

namespace hubmirror::testing {

/// A private PostgreSQL server that lives as long as this object: own data directory, reached by a
/// socket in a directory of its own (and by a free loopback port when asked). It runs as the
/// current user, or as `postgres` when that is root. It is stopped by its own process id in the
/// destructor, and by the kernel when the thread that started it dies, so that nothing is left
/// behind by a crash. Start it from a thread that outlives it. Every failure throws
/// std::runtime_error with the end of the server's log. Owned by one thread.
class TempPostgres {
 public:
  struct Options {
    bool durable = false;  ///< fsync as in production; otherwise as fast as can be
    bool tcp = false;      ///< listen on 127.0.0.1 too, see port()
    std::map<std::string, std::string> settings;  ///< for postgresql.conf, written as given
    /// Set: not a new cluster but a standby that streams from this running server.
    const TempPostgres* standby_of = nullptr;
  };

  /// Makes a new cluster and starts it; about a second.
  TempPostgres();
  explicit TempPostgres(Options options);
  ~TempPostgres();
  TempPostgres(const TempPostgres&) = delete;
  TempPostgres& operator=(const TempPostgres&) = delete;

  /// Starts a stopped server and returns when it answers.
  void Start();
  /// Stops it as an operator would: running transactions are rolled back, clients lose their
  /// connections. Fine when it is stopped already.
  void Stop();
  void Restart();
  /// Ends it without any goodbye, as a power cut would; Start() then recovers.
  void Crash();
  /// What comes to the primary from now on a standby does not get any more.
  void StopStreaming();
  /// A standby becomes a primary of its own; returns when it takes writes.
  void Promote();

  /// Libpq connection string of `user` (no passwords are asked), by socket.
  std::string Dsn(const std::string& user = "postgres",
                  const std::string& database = "postgres") const;
  /// A new empty database; returns the superuser's Dsn to it.
  std::string CreateDatabase(const std::string& name, const std::string& owner = "postgres");
  /// Runs statements as superuser in one database; returns the first value of the last result,
  /// "" for NULL or when there is none.
  std::string Run(const std::string& sql, const std::string& database = "postgres") const;

  const std::filesystem::path& socket_directory() const { return directory_; }
  /// Also names the socket; unused on the network without Options::tcp.
  int port() const { return port_; }
  pid_t pid() const { return pid_; }
  bool running() const { return pid_ > 0; }

 private:
  std::string LogEnd() const;
  void AwaitReady();
  void End(int signal);

  const Options options_;
  std::filesystem::path directory_;
  mutable std::unique_ptr<KeptSession> maintenance_;  ///< to the database `postgres`
  mutable std::unique_ptr<KeptSession> session_;      ///< to the other one that was asked last
  mutable std::string session_database_;
  int port_ = 5432;
  pid_t pid_ = -1;
};

/// A port of 127.0.0.1 on which nobody listens at the moment.
int FreePort();

/// Where a program of the newest installed PostgreSQL is (`/usr/lib/postgresql/17/bin/initdb`).
std::filesystem::path FindPostgresProgram(const std::string& name);

}  // namespace hubmirror::testing
