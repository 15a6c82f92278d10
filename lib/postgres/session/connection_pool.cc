#include "postgres/session/connection_pool.h"

#include <utility>

#include "base/named_thread.h"
#include "postgres/session/database_failure.h"

namespace hubmirror {

ConnectionPool::ConnectionPool(Options options, const Clock& clock, SyncObserver& observer)
    : options_(std::move(options)), clock_(clock), observer_(observer) {}

ConnectionPool::~ConnectionPool() = default;

ConnectionPool::Lease::~Lease() {
  if (connection_) pool_->Return(std::move(connection_));
}

ConnectionPool::Lease ConnectionPool::Take() {
  const Instant asked = clock_.Now();
  std::shared_ptr<Connection> connection;
  {
    const Unhurried waiting(clock_);
    MutexLock lock(mutex_);
    const bool free = returned_.wait(
        lock, options_.stop, [this]() NO_THREAD_SAFETY_ANALYSIS { return busy_ < options_.size; });
    if (!free) {
      throw DatabaseError(DatabaseError::Kind::kUnavailable, "", "the daemon is stopping");
    }
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
    ++busy_;
    ReportSizes();
  }
  observer_.OnPoolWait(std::chrono::duration_cast<std::chrono::microseconds>(clock_.Now() - asked));
  if (!connection) connection = Connect();
  MutexLock lock(mutex_);
  taken_.emplace(connection, clock_.Now());
  return Lease(*this, std::move(connection));
}

std::shared_ptr<Connection> ConnectionPool::Connect() {
  try {
    auto connection = std::make_shared<Connection>(options_.target);
    CheckServer(*connection);
    observer_.OnDatabaseUp(true);
    return connection;
  } catch (...) {
    observer_.OnDatabaseUp(false);
    MutexLock lock(mutex_);
    --busy_;
    ReportSizes();
    returned_.notify_one();
    throw;
  }
}

void ConnectionPool::CheckServer(Connection& connection) {
  // After a failover another server answers, and with asynchronous replication it may lack the
  // last commits (https://www.postgresql.org/docs/current/warm-standby.html). A new one is a
  // break, so that everyone reads what is stored again (rule R7).
  const Rows rows = connection.Run(
      "SELECT concat_ws(' ', pg_postmaster_start_time(), inet_server_addr(), inet_server_port())");
  const std::string server(rows.Text(0, 0));
  MutexLock lock(mutex_);
  if (!server_.empty() && server != server_) breaks_.fetch_add(1);
  server_ = server;
  if (std::exchange(lost_one_, false)) observer_.OnReconnect();
}

void ConnectionPool::CancelOlderThan(Duration age) {
  std::vector<std::shared_ptr<Connection>> old;
  {
    const Instant before = clock_.Now() - age;
    MutexLock lock(mutex_);
    for (const auto& [connection, since] : taken_) {
      if (since <= before) old.push_back(connection);
    }
  }
  for (const auto& connection : old) connection->Cancel();
}

void ConnectionPool::Return(std::shared_ptr<Connection> connection) {
  const bool lost = !connection->usable();
  if (lost) {
    breaks_.fetch_add(1);
    observer_.OnDatabaseUp(false);
  }
  MutexLock lock(mutex_);
  --busy_;
  taken_.erase(connection);
  if (lost) {
    // The others were very likely lost with it, and would each fail once.
    idle_.clear();
    lost_one_ = true;
  } else {
    idle_.push_back(std::move(connection));
  }
  ReportSizes();
  returned_.notify_one();
}

void ConnectionPool::ReportSizes() {
  observer_.OnConnections(static_cast<int>(idle_.size()), static_cast<int>(busy_));
}

}  // namespace hubmirror
