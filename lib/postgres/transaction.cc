#include "postgres/transaction.h"

#include "postgres/database_failure.h"

namespace hubmirror {

Transaction::Transaction(ConnectionPool& pool, const Options& options)
    : pool_(pool), began_(pool.clock().Now()), lease_(pool.Take()) {
  const auto statement = options.statement_timeout.value_or(pool.options().statement_timeout);
  const auto lock = options.lock_timeout.value_or(pool.options().lock_timeout);
  std::string sql = "BEGIN; SET LOCAL statement_timeout = " + std::to_string(statement.count()) +
                    "; SET LOCAL lock_timeout = " + std::to_string(lock.count());
  if (!options.first.empty()) sql += "; " + options.first;
  open_ = true;
  try {
    first_ = Run(sql);
  } catch (...) {
    // No destructor runs for a constructor that throws.
    if (lease_->usable()) lease_->Run("ROLLBACK");
    Report();
    throw;
  }
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    if (lease_->usable()) lease_->Run("ROLLBACK");
  } catch (const DatabaseError&) {
    // The session is lost, and the transaction with it.
  }
  if (!failed_sqlstate_.empty()) Report();
}

Rows Transaction::Run(const std::string& sql) {
  try {
    return lease_->Run(sql);
  } catch (const DatabaseError& error) {
    failed_sqlstate_ = error.sqlstate();
    throw;
  }
}

Rows Transaction::Run(const std::string& sql, const Params& params) {
  try {
    return lease_->Run(sql, params);
  } catch (const DatabaseError& error) {
    failed_sqlstate_ = error.sqlstate();
    throw;
  }
}

void Transaction::Commit() {
  Run("COMMIT");
  open_ = false;
  failed_sqlstate_.clear();
  Report();
  pool_.observer().OnDatabaseUp(true);
}

void Transaction::Report() {
  pool_.observer().OnTransaction(
      std::chrono::duration_cast<std::chrono::microseconds>(pool_.clock().Now() - began_),
      failed_sqlstate_);
}

}  // namespace hubmirror
