#include "postgres/session/transaction.h"

#include "postgres/session/database_failure.h"

namespace hubmirror {

Transaction::Transaction(ConnectionPool& pool, const Options& options)
    : pool_(pool), began_(pool.clock().Now()), lease_(pool.Take()) {
  const auto statement = options.statement_timeout.value_or(pool.options().statement_timeout);
  const auto lock = options.lock_timeout.value_or(pool.options().lock_timeout);
  if (statement.count() == 0) unhurried_.emplace(pool.clock());
  std::string sql = "SET LOCAL statement_timeout = " + std::to_string(statement.count()) +
                    "; SET LOCAL lock_timeout = " + std::to_string(lock.count());
  if (!options.first.empty()) sql += "; " + options.first;
  lease_->TakeFailure();
  try {
    first_ = lease_->Begin(sql);
    open_ = true;
  } catch (...) {
    // No destructor runs for a constructor that throws.
    Report(lease_->TakeFailure());
    throw;
  }
}

Transaction::~Transaction() {
  if (!open_) return;
  const std::string failed = lease_->TakeFailure();
  lease_->Rollback();
  if (!failed.empty()) Report(failed);
}

void Transaction::Commit() {
  lease_->Commit();
  open_ = false;
  Report("");
  pool_.observer().OnDatabaseUp(true);
}

void Transaction::Report(const std::string& failed_sqlstate) {
  pool_.observer().OnTransaction(
      std::chrono::duration_cast<std::chrono::microseconds>(pool_.clock().Now() - began_),
      failed_sqlstate);
}

}  // namespace hubmirror
