#pragma once

#include <optional>

#include "base/clock.h"
#include "base/mutex.h"
#include "model/page.h"

namespace hubmirror {

/// HubSpot's time, carried forward between answers by our monotonic clock; our wall clock decides
/// nothing (a machine with a wrong clock mirrors as well as any). Thread-safe.
class SourceClock {
 public:
  /// Learns from an answer received at `now`.
  void Observe(TimePoint date, Instant now);
  /// Absent before the first answer.
  std::optional<TimePoint> Now(Instant now) const;

 private:
  mutable Mutex mutex_;
  std::optional<TimePoint> date_ GUARDED_BY(mutex_);
  Instant seen_at_ GUARDED_BY(mutex_){};
};

}  // namespace hubmirror
