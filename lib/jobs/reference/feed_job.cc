#include "jobs/reference/feed_job.h"

namespace hubmirror {
namespace {

// Where the feed is off and nothing of it is left, nothing comes before the next start.
constexpr std::chrono::hours kNotAgain{24 * 365};

}  // namespace

std::optional<StepNeed> FeedJob::Next(Instant) {
  return StepNeed{.priority = Priority::kChanges};
}

StepOutcome FeedJob::Step(Instant, const StepNeed&) {
  FeedStatus status = keeper_.Keep();
  StepOutcome outcome = StepOutcome::CaughtUp();
  MutexLock lock(mutex_);
  status_.reset();
  if (status.kept) {
    status_ = std::move(status);
  } else {
    outcome.next_in = kNotAgain;
  }
  return outcome;
}

std::optional<FeedStatus> FeedJob::status() const {
  MutexLock lock(mutex_);
  return status_;
}

}  // namespace hubmirror
