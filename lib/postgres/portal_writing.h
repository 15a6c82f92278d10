#pragma once

#include <map>
#include <optional>
#include <string>

#include "postgres/portal_sink.h"
#include "postgres/writing/change_writer.h"

namespace hubmirror {

/// A transaction of the owner of a portal, with the way to it kept clear: it waits for its turn,
/// renews our ownership and refuses to write on what may have been taken back, be it by a lost
/// session, by another server or by one that lost commits (rule R7). Owned by one thread.
class PortalSink::Writing {
 public:
  explicit Writing(PortalSink& sink, Transaction::Options options = {});

  Transaction& operator*() { return *transaction_; }
  Transaction* operator->() { return &*transaction_; }
  /// Null: the portal has no change feed. What it collects is written by Commit.
  ChangeWriter* feed() { return feed_ ? &*feed_ : nullptr; }

  /// Together with what proves it. Throws kUnavailable when the progress stored there is not the
  /// one that this daemon left there.
  void SaveProgress(const std::string& object, const std::map<JobKind, JobProgress>& progress);
  /// Writes what the feed collected now rather than at the commit: nothing may follow that it
  /// would say something of.
  void WriteFeed();
  void Commit();
  /// Nobody writes any more until the portal was claimed again, and everything read anew.
  [[noreturn]] void StartOver(const std::string& cause);

 private:
  void Begin(const Transaction::Options& options);
  void CheckUnbroken();

  PortalSink& sink_;
  Turnstile::Pass pass_;
  std::optional<Transaction> transaction_;
  std::optional<ChangeWriter> feed_;
  std::optional<FeedWritten> fed_;
  Writes writes_;
};

}  // namespace hubmirror
