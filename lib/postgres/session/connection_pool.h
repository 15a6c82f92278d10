#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "model/portal/sync_observer.h"
#include "postgres/session/connection.h"

namespace hubmirror {

/// A bounded number of sessions, shared by all portals. A lost session is dropped and a new one is
/// made when it is next needed. Thread-safe.
class ConnectionPool {
 public:
  struct Options {
    Connection::Target target;
    size_t size = 4;
    std::chrono::milliseconds statement_timeout{std::chrono::seconds{30}};
    std::chrono::milliseconds lock_timeout{std::chrono::seconds{5}};
    /// Once stop is requested, nobody waits for a connection.
    std::stop_token stop;
  };

  /// Connects nobody yet. `clock` and `observer` must outlive the pool.
  ConnectionPool(Options options, const Clock& clock, SyncObserver& observer);
  ~ConnectionPool();

  /// One connection for one owner; goes back when it ends.
  class Lease {
   public:
    Lease(ConnectionPool& pool, std::shared_ptr<Connection> connection)
        : pool_(&pool), connection_(std::move(connection)) {}
    ~Lease();
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    ConnectionPool* pool_;
    std::shared_ptr<Connection> connection_;
  };

  /// Waits for a free connection, connecting if need be. Throws DatabaseError kUnavailable when
  /// the server cannot be reached or stop is requested.
  Lease Take();

  /// How often a session was lost, or another server answered than before. What was read before
  /// such a moment may no longer be in the database (a failover can lose commits): whoever holds
  /// cursors compares this number and reads them again (rule R7).
  uint64_t breaks() const { return breaks_.load(); }

  /// Has the server end what runs in sessions that were taken at least so long ago. Blocks for
  /// asking each, and longer where the server is away. To be repeated by whoever waits for them: a
  /// session may be between two statements.
  void CancelOlderThan(Duration age);

  const Options& options() const { return options_; }
  const Clock& clock() const { return clock_; }
  SyncObserver& observer() const { return observer_; }

 private:
  std::shared_ptr<Connection> Connect();
  void CheckServer(Connection& connection);
  void Return(std::shared_ptr<Connection> connection);
  void ReportSizes() REQUIRES(mutex_);

  const Options options_;
  const Clock& clock_;
  SyncObserver& observer_;
  std::atomic<uint64_t> breaks_{0};

  Mutex mutex_;
  std::condition_variable_any returned_;
  std::vector<std::shared_ptr<Connection>> idle_ GUARDED_BY(mutex_);
  std::map<std::shared_ptr<Connection>, Instant> taken_ GUARDED_BY(mutex_);  ///< since when
  size_t busy_ GUARDED_BY(mutex_) = 0;
  bool lost_one_ GUARDED_BY(mutex_) = false;
  std::string server_ GUARDED_BY(mutex_);  ///< which server, since when: as first seen
};

}  // namespace hubmirror
