#include "telemetry/page/status_snapshot.h"

#include <algorithm>

namespace hubmirror {

std::optional<std::chrono::seconds> AgeOf(const StreamStatus& status, TimePoint now) {
  if (!status.verified_until) return std::nullopt;
  const auto age = std::chrono::floor<std::chrono::seconds>(now - *status.verified_until);
  return std::max(age, std::chrono::seconds{0});
}

bool IsCaughtUp(const StreamSnapshot& stream, std::optional<TimePoint> since) {
  const StreamStatus& status = stream.status;
  if (!status.verified_until || status.pending > 0 || status.backfill_running) return false;
  return since ? *status.verified_until >= *since : !stream.last_poll_failed;
}

}  // namespace hubmirror
