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
};

/// How a step ended.
struct StepOutcome {
  enum class End {
    kMore,      ///< the cycle goes on
    kUnused,    ///< there was nothing to do after all: the slot is returned
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

/// Work that feeds a stream, cut into steps of one request (and at most one transaction) each, so
/// that the governor can choose what matters most at every request. A cycle is a run of steps that
/// ends caught up. Thread-safe: `Next` is asked under the schedule's lock and must be quick; steps
/// of one job overlap only as far as `Next` keeps offering them.
///
/// A step throws DatabaseError when the database work cannot go on, and anything else by a mistake
/// of ours; the job has then gone back to what is stored, so nothing is skipped.
class Job {
 public:
  virtual ~Job() = default;

  virtual JobKind kind() const = 0;
  const JobTraits& traits() const { return TraitsOf(kind()); }
  /// What the next step needs; nullopt when none can begin before another one has ended.
  virtual std::optional<StepNeed> Next(Instant now) = 0;
  virtual StepOutcome Step(Instant now) = 0;
  /// Starts over from what is stored, dropping what was not committed.
  virtual void Load(const StoredStream& stored) = 0;
  /// Wants to run before its time.
  virtual bool urgent() const { return false; }
  /// Knows already of something for its next cycle.
  virtual bool has_more_to_do() const { return false; }
  /// Requests that its last whole cycle made, where its period depends on them.
  virtual int64_t last_cycle_requests() const { return 0; }
  /// Throws away a cycle under way so that the next one begins afresh.
  virtual void Restart() {}
};

}  // namespace hubmirror
