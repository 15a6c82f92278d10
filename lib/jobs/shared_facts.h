#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/ids.h"
#include "base/mutex.h"
#include "jobs/said_lately.h"
#include "jobs/stream_facts.h"
#include "model/store/row_sink.h"

namespace hubmirror {

/// A walk that has ended, and how many were wanted of its list when it began.
struct EndedWalk {
  bool archived = false;
  int64_t serves = 0;
};

/// The facts of one stream under one mutex: read as a whole, and changed together where they
/// belong together. What is counted from commit to commit until it becomes a fact is kept here.
/// Thread-safe.
class SharedFacts {
 public:
  explicit SharedFacts(StreamKey stream) : stream_(std::move(stream)) {}

  StreamFacts Now() const;
  /// Changes what hangs together, and returns what `change` does. It must not ask for facts
  /// but those it is given.
  template <typename Change>
  auto Tell(Change&& change) {
    MutexLock lock(mutex_);
    return std::forward<Change>(change)(facts_);
  }
  /// Records may be waiting in `_pending`.
  void NotePending();
  /// The operator checked what a brake holds, and agreed.
  void Accept();
  /// A promise of HubSpot's was broken. Whether to say so: once an hour.
  bool Distrust(const std::string& promise, const std::string& how, Instant now);

  /// Takes over what is stored of the stream: after a start, and whenever the portal opens again.
  void Load(const StoredStream& stored, Instant now);
  /// Puts into `commit` what must outlive the process, and what the sink is to do by the facts.
  /// `ended`: the walk that it ends.
  void PutInto(Commit& commit, std::optional<EndedWalk> ended) const;
  /// `commit` is in the database.
  void TakeIn(const Commit& commit, const CommitOutcome& outcome, Instant now);

 private:
  void CountLostValues(const std::map<std::string, int64_t>& lost) REQUIRES(mutex_);

  const StreamKey stream_;

  mutable Mutex mutex_;
  StreamFacts facts_ GUARDED_BY(mutex_);
  std::string stored_debts_ GUARDED_BY(mutex_);
  /// Records that lost the value of a property, since a sweep or the operator forgot them.
  std::map<std::string, int64_t> values_lost_ GUARDED_BY(mutex_);
  bool forget_lost_values_ GUARDED_BY(mutex_) = false;  ///< with the next commit
  SaidLately distrust_said_ GUARDED_BY(mutex_);
};

}  // namespace hubmirror
