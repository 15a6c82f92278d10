#include "postgres/portal_writing.h"

#include "postgres/session/database_failure.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {

PortalSink::Writing::Writing(PortalSink& sink, Transaction::Options options)
    : sink_(sink), pass_(sink.turnstile_.Enter(sink.pool_->options().stop)) {
  if (!pass_) {
    throw DatabaseError(DatabaseError::Kind::kUnavailable, "", "the daemon is stopping");
  }
  options.first = sink.schema_.RenewSql();
  Begin(options);
  sink.schema_.CheckOwned(*transaction_);
  CheckUnbroken();
}

void PortalSink::Writing::Begin(const Transaction::Options& options) {
  try {
    transaction_.emplace(*sink_.pool_, options);
  } catch (const StatementError& error) {
    // 42P01, 3F000: somebody dropped the schema under us.
    if (error.sqlstate() != "42P01" && error.sqlstate() != "3F000") throw;
    throw DatabaseError(DatabaseError::Kind::kUnavailable, error.sqlstate(),
                        "schema " + QuoteName(sink_.schema_.name()) + " is gone; it is made again");
  }
}

void PortalSink::Writing::CheckUnbroken() {
  MutexLock lock(sink_.mutex_);
  if (sink_.claimed_at_break_ == sink_.pool_->breaks()) return;
  throw DatabaseError(DatabaseError::Kind::kUnavailable, "08006",
                      "the database was away meanwhile: what it holds is read again");
}

}  // namespace hubmirror
