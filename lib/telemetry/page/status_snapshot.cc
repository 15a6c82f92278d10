#include "telemetry/page/status_snapshot.h"

#include <algorithm>

namespace hubmirror {

std::optional<std::chrono::seconds> AgeOf(const StreamStatus& status, TimePoint now) {
  if (!status.watermark) return std::nullopt;
  const auto age = std::chrono::floor<std::chrono::seconds>(now - *status.watermark);
  return std::max(age, std::chrono::seconds{0});
}

bool IsCaughtUp(const StreamSnapshot& stream, std::optional<TimePoint> since) {
  const StreamStatus& status = stream.status;
  if (!status.watermark || status.pending > 0 || status.load_running) return false;
  return since ? *status.watermark >= *since : !stream.last_poll_failed;
}

}  // namespace hubmirror
