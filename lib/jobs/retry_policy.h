#pragma once

#include <chrono>
#include <string>

#include "jobs/failure.h"
#include "model/source/stream.h"

namespace hubmirror {

/// What two failures have in common that are tried again alike.
struct FailureKind {
  size_t source = 0;  ///< HubSpot, the database, or ourselves
  int kind = 0;       ///< of that source
  bool operator==(const FailureKind&) const = default;
};

/// Which of the failures in a row one is.
struct Attempt {
  int in_row = 1;
  int alike = 1;  ///< since the last one of another kind
};

/// What a failure stops, and for how long. The only place that decides on retries.
struct Verdict {
  enum class Scope {
    kJob,     ///< only this job waits
    kStream,  ///< all jobs of the stream wait
    kPortal,  ///< the whole portal waits and is probed
  };
  Scope scope = Scope::kJob;
  StreamState state = StreamState::kFailing;
  std::string reason;                  ///< fixed word for state, metric and log
  std::chrono::milliseconds delay{0};  ///< before the next try
  bool counts_as_failure = true;       ///< false: waiting was asked of us, nothing is wrong
  /// Only the end of a cycle shows that the trouble is over: a commit fails after many steps that
  /// go well. If HubSpot refused something, its next answer to the same job shows it.
  bool until_cycle_ends = false;
  FailureKind kind = {};
};

/// Failures in a row.
class FailureCount {
 public:
  int count() const { return count_; }
  /// Which one in the row `failure` would be. Whatever is believed only after several tries, or
  /// retried ever more rarely until a person acts, counts failures of its own kind only: a token
  /// refused once, after an hour of server trouble, has not been refused for an hour.
  Attempt Next(const Failure& failure) const;
  void Add(const FailureKind& kind);

 private:
  int count_ = 0;
  int alike_ = 0;
  FailureKind last_;
};

/// `jitter` in [0, 1) spreads the retries.
Verdict JudgeFailure(const Failure& failure, const Attempt& attempt, double jitter);

/// The time between tries of something that keeps failing: doubling from one second, at most a
/// minute, the second half of it by chance.
std::chrono::milliseconds Backoff(int attempt, double jitter);

}  // namespace hubmirror
