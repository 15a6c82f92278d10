#pragma once

#include <chrono>
#include <string>

#include "jobs/failure.h"
#include "model/source/stream.h"

namespace hubmirror {

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
  /// Only the end of a cycle shows that it is over: a commit fails after many steps that go well.
  /// What HubSpot refuses, its next answer to the same job tells.
  bool until_cycle_ends = false;
};

/// `attempt` counts failures in a row, from 1. `jitter` in [0, 1) spreads the retries.
Verdict JudgeFailure(const Failure& failure, int attempt, double jitter);

/// The time between tries of something that keeps failing: doubling from one second, at most a
/// minute, the second half of it by chance.
std::chrono::milliseconds Backoff(int attempt, double jitter);

}  // namespace hubmirror
