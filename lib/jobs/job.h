#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"
#include "jobs/failure.h"
#include "jobs/job_traits.h"
#include "jobs/priority.h"
#include "model/source/exchange.h"
#include "model/source/stream.h"
#include "model/store/row_sink.h"

namespace hubmirror {

/// What a job's next step needs before it may begin.
struct StepNeed {
  std::optional<Lane> lane;  ///< absent: the database only
  Priority priority = Priority::kChanges;
  int cost = 1;  ///< requests

  /// Whether what was granted suffices for `other`.
  bool Covers(const StepNeed& other) const {
    return !other.lane || (lane == other.lane && cost >= other.cost);
  }
};

/// How a step ended.
struct StepOutcome {
  enum class End {
    kMore,      ///< the cycle continues
    kUnused,    ///< there turned out to be nothing to do: the slot is returned
    kCaughtUp,  ///< the cycle is complete and committed
    kFailed,
  };
  End end = End::kMore;
  std::optional<Failure> failure;
  std::optional<std::chrono::milliseconds> next_in;  ///< kCaughtUp: instead of the job's own period
  int64_t records = 0;

  static StepOutcome More(int64_t records = 0) { return {.end = End::kMore, .records = records}; }
  static StepOutcome Unused() { return {.end = End::kUnused}; }
  static StepOutcome CaughtUp(int64_t records = 0) {
    return {.end = End::kCaughtUp, .records = records};
  }
  static StepOutcome Failed(Failure failure) {
    return {.end = End::kFailed, .failure = std::move(failure)};
  }
};

/// Work that feeds a stream, divided into steps of one request and at most one transaction, so that
/// before every request the most important step can be chosen. A cycle is a run of steps that ends
/// caught up. Thread-safe: `Next` is called under the portal's mutex and must be quick; steps of
/// one job overlap only if `Next` offers another one while one is under way.
///
/// A step throws DatabaseError if the database work cannot continue; any other exception is a bug
/// of ours. In both cases the job has gone back to what is stored, so nothing is skipped.
class Job {
 public:
  virtual ~Job() = default;

  virtual JobKind kind() const = 0;
  const JobTraits& traits() const { return TraitsOf(kind()); }
  /// What the next step needs; nullopt if none can begin until a step under way has ended.
  virtual std::optional<StepNeed> Next(Instant now) = 0;
  /// What a step of another lane needs that could be made beside that one.
  virtual std::optional<StepNeed> NextBeside(Instant now) {
    static_cast<void>(now);
    return std::nullopt;
  }
  /// Makes the next step if `granted`, which an earlier Next asked for, still covers what it needs:
  /// of two steps that were offered at once, the first may have left something else to do, for
  /// which nobody has taken a slot (rule R18). If not, it is unused.
  virtual StepOutcome Step(Instant now, const StepNeed& granted) = 0;
  /// Starts over from what is stored, and forgets whatever was not committed.
  virtual void Load(const StoredStream& stored) = 0;
  /// Whether it wants to run before it is due.
  virtual bool urgent() const { return false; }
  /// Whether it already knows of work for its next cycle.
  virtual bool has_more_to_do() const { return false; }
  /// The requests of its last complete cycle, if its period depends on them.
  virtual int64_t last_cycle_requests() const { return 0; }
  /// Abandons a cycle under way, so that the next one starts from the beginning.
  virtual void Restart() {}
};

}  // namespace hubmirror
