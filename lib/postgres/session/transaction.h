#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "base/named_thread.h"
#include "postgres/session/connection_pool.h"

namespace hubmirror {

/// One transaction on a connection of the pool; rolled back unless committed. All settings are
/// local to it, so that it works through PgBouncer in transaction mode. Owned by one thread.
class Transaction {
 public:
  struct Options {
    /// Absent: as the pool says; 0: none, for work that grows with the table and is not in a hurry.
    std::optional<std::chrono::milliseconds> statement_timeout;
    std::optional<std::chrono::milliseconds> lock_timeout;
    /// Statement to run in the same round trip; its answer is `first()`.
    std::string first;
  };

  explicit Transaction(ConnectionPool& pool) : Transaction(pool, Options{}) {}
  Transaction(ConnectionPool& pool, const Options& options);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  const Rows& first() const { return *first_; }

  Rows Run(const std::string& sql) { return lease_->Run(sql); }
  Rows Run(const std::string& sql, const Params& params) { return lease_->Run(sql, params); }

  /// See Connection.
  template <typename Work>
  void InSavepoint(Work&& work) {
    lease_->InSavepoint(std::forward<Work>(work));
  }

  /// The same session, for COPY and for those who only read and need no transaction.
  Connection& connection() { return *lease_; }

  void Commit();

 private:
  void Report(const std::string& failed_sqlstate);

  ConnectionPool& pool_;
  const Instant began_;
  ConnectionPool::Lease lease_;
  std::optional<Rows> first_;
  bool open_ = false;
  std::optional<Unhurried> unhurried_;
};

}  // namespace hubmirror
