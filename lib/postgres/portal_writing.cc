#include "postgres/portal_writing.h"

#include "model/source/crash_point.h"
#include "postgres/session/database_failure.h"
#include "postgres/session/sql_text.h"

namespace hubmirror {

PortalSink::Writing::Writing(PortalSink& sink, Transaction::Options options)
    : sink_(sink), pass_(sink.turnstile_.Enter(sink.pool_->options().stop, sink.clock_)) {
  if (!pass_) {
    throw DatabaseError(DatabaseError::Kind::kUnavailable, "", "the daemon is stopping");
  }
  {
    MutexLock lock(sink.mutex_);
    options.first = sink.schema_.OwnSql(sink.epoch_.value_or(0));
  }
  const bool feeds = sink.options_.plan.feed.enabled;
  if (feeds) options.first.insert(0, ChangeWriter::kSettings);
  Begin(options);
  sink.schema_.CheckOwned(*transaction_);
  CheckUnbroken();
  if (!feeds) return;
  feed_.emplace(
      sink.schema_,
      ChangeWriter::Count{.last = sink.fed_to_, .clock = *transaction_->first().Time(0, 2)},
      sink.options_.plan.write.enabled);
}

void PortalSink::Writing::Begin(const Transaction::Options& options) {
  try {
    transaction_.emplace(*sink_.pool_, options);
  } catch (const StatementError& error) {
    // 42P01, 3F000: someone dropped the schema under us.
    if (error.sqlstate() != "42P01" && error.sqlstate() != "3F000") throw;
    throw DatabaseError(DatabaseError::Kind::kUnavailable, error.sqlstate(),
                        "schema " + QuoteName(sink_.schema_.name()) + " is gone; it is made again");
  }
}

void PortalSink::Writing::CheckUnbroken() {
  bool unbroken = false;
  std::string server;
  {
    MutexLock lock(sink_.mutex_);
    unbroken = sink_.claimed_at_break_ == sink_.pool_->breaks();
    server = sink_.server_;
  }
  if (!unbroken) StartOver("the database could not be reached meanwhile");
  if (transaction_->first().Text(0, 1) != server) StartOver("another server answers than before");
}

void PortalSink::Writing::StartOver(const std::string& cause) {
  {
    MutexLock lock(sink_.mutex_);
    sink_.claimed_at_break_.reset();
  }
  throw DatabaseError(DatabaseError::Kind::kUnavailable, "08006",
                      cause + ": what it holds is read again");
}

void PortalSink::Writing::SaveProgress(const std::string& object,
                                       const std::map<JobKind, JobProgress>& progress) {
  for (const auto& [job, number] : sink_.store_.SaveProgress(*transaction_, object, progress)) {
    bool expected = true;
    {
      MutexLock lock(sink_.mutex_);
      const auto left = sink_.left_.find({object, job});
      expected = left == sink_.left_.end() || left->second + 1 == number;
    }
    if (!expected) StartOver("the database has lost commits, or was restored from a backup");
    writes_[{object, job}] = number;
  }
  if (!progress.empty()) Reach(CrashPoint::kCursorWritten);
}

void PortalSink::Writing::WriteFeed() {
  if (!fed_) fed_ = feed_ ? feed_->Write(*transaction_) : FeedWritten{};
}

void PortalSink::Writing::Commit() {
  WriteFeed();
  Reach(CrashPoint::kCommitBegins);
  transaction_->Commit();
  Reach(CrashPoint::kCommitEnded);
  sink_.NoteEntries(*fed_);
  MutexLock lock(sink_.mutex_);
  for (const auto& [job, number] : writes_) sink_.left_[job] = number;
}

}  // namespace hubmirror
