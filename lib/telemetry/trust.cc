#include "telemetry/trust.h"

#include <algorithm>
#include <array>

#include "telemetry/plain_words.h"

namespace hubmirror {
namespace {

struct Tally {
  std::array<int64_t, 5> streams{};
  int64_t all = 0;
  int64_t refused_tokens = 0;
  int64_t of(Trouble trouble) const { return streams[static_cast<size_t>(trouble)]; }
};

Tally Count(const StatusSnapshot& snapshot) {
  Tally tally;
  for (const auto& [key, portal] : snapshot.portals) {
    if (!portal.status.auth_valid) ++tally.refused_tokens;
    for (const auto& [object, stream] : portal.streams) {
      ++tally.streams[static_cast<size_t>(TroubleOf(stream, snapshot.taken_at))];
      ++tally.all;
    }
  }
  return tally;
}

std::string Share(int64_t part, int64_t all) {
  return CountWords(part) + " of " + CountWords(all) + (all == 1 ? " stream " : " streams ");
}

std::string Be(int64_t count, const char* rest) {
  return std::string(count == 1 ? "is " : "are ") + rest;
}

}  // namespace

Trouble TroubleOf(const StreamSnapshot& stream, TimePoint now) {
  const StreamStatus& status = stream.status;
  if (!stream.reported) return Trouble::kLoading;
  switch (status.state) {
    case StreamState::kBackfilling:
      return Trouble::kLoading;
    case StreamState::kBlocked:
    case StreamState::kSuspicious:
      return Trouble::kStopped;
    case StreamState::kPaused:
    case StreamState::kPassive:
      return Trouble::kWaiting;
    case StreamState::kFailing:
      return Trouble::kLate;
    case StreamState::kCurrent:
    case StreamState::kLate:
      break;
  }
  const auto age = AgeOf(status, now);
  return age && *age <= status.freshness_target ? Trouble::kNone : Trouble::kLate;
}

Trouble TroubleOf(const PortalSnapshot& portal, TimePoint now) {
  Trouble worst = portal.status.auth_valid ? Trouble::kNone : Trouble::kStopped;
  for (const auto& [object, stream] : portal.streams) {
    worst = std::max(worst, TroubleOf(stream, now));
  }
  return worst;
}

std::optional<WorstStream> FindWorst(const StatusSnapshot& snapshot) {
  std::optional<WorstStream> worst;
  for (const auto& [key, portal] : snapshot.portals) {
    for (const auto& [object, stream] : portal.streams) {
      const auto age = AgeOf(stream.status, snapshot.taken_at);
      if (!age) continue;
      const auto target = stream.status.freshness_target;
      // age/target compared without division: a target may be 0 before the first report.
      if (worst && age->count() * worst->target.count() <= worst->age.count() * target.count()) {
        continue;
      }
      worst = WorstStream{{key, object}, *age, target};
    }
  }
  return worst;
}

TrustVerdict JudgeTrust(const StatusSnapshot& snapshot) {
  const Tally tally = Count(snapshot);
  if (!snapshot.config_loaded) return {"No configuration is loaded yet.", Trouble::kStopped};
  if (!snapshot.database_up) {
    return {"The database is not reachable: nothing new is being written.", Trouble::kStopped};
  }
  if (tally.refused_tokens > 0) {
    return {"HubSpot refuses the token of " + CountWords(tally.refused_tokens) +
                (tally.refused_tokens == 1 ? " portal." : " portals."),
            Trouble::kStopped};
  }
  if (tally.all == 0) return {"No stream is configured.", Trouble::kWaiting};
  if (const int64_t stopped = tally.of(Trouble::kStopped); stopped > 0) {
    return {Share(stopped, tally.all) + Be(stopped, "stopped until a person acts."),
            Trouble::kStopped};
  }
  if (const int64_t late = tally.of(Trouble::kLate); late > 0) {
    return {Share(late, tally.all) + Be(late, "further behind than promised."), Trouble::kLate};
  }
  if (const int64_t loading = tally.of(Trouble::kLoading); loading > 0) {
    return {Share(loading, tally.all) + Be(loading, "still being loaded."), Trouble::kLoading};
  }
  if (const int64_t waiting = tally.of(Trouble::kWaiting); waiting > 0) {
    return {Share(waiting, tally.all) + Be(waiting, "paused or another daemon's."),
            Trouble::kWaiting};
  }
  return {"The data can be trusted: every stream is as fresh as promised.", Trouble::kNone};
}

}  // namespace hubmirror
