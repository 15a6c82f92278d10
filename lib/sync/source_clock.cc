#include "sync/source_clock.h"

namespace hubmirror {
namespace {

TimePoint CarriedForward(TimePoint date, Duration by) {
  return date + std::chrono::floor<std::chrono::milliseconds>(by);
}

}  // namespace

void SourceClock::Observe(TimePoint date, Instant now) {
  MutexLock lock(mutex_);
  // Answers overtake each other; `Date` has whole seconds. Time does not go back for that.
  if (date_ && date < CarriedForward(*date_, now - seen_at_) &&
      date + std::chrono::minutes(1) > *date_) {
    return;
  }
  date_ = date;
  seen_at_ = now;
}

std::optional<TimePoint> SourceClock::Now(Instant now) const {
  MutexLock lock(mutex_);
  if (!date_) return std::nullopt;
  return CarriedForward(*date_, now - seen_at_);
}

}  // namespace hubmirror
