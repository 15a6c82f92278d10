#include "telemetry/page/trust.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "telemetry/page/plain_words.h"

namespace hubmirror {
namespace {

/// Of the streams in one kind of trouble: how many there are, and whose.
struct Troubled {
  int64_t streams = 0;
  std::vector<PortalKey> portals;
};

struct Tally {
  int64_t streams = 0;
  std::array<Troubled, 5> by_trouble{};
  /// By what shuts them, the most important first.
  std::map<size_t, std::vector<PortalKey>> shut;
  const Troubled& of(Trouble trouble) const { return by_trouble[static_cast<size_t>(trouble)]; }
};

struct ShutCause {
  std::string_view reason;
  std::string_view words;    ///< on the page of the portal
  std::string_view verdict;  ///< before the names of the portals
};

// A token comes first: without it nothing else can be found out.
constexpr std::array<ShutCause, 5> kShutCauses{{
    {"auth", "HubSpot refuses its token.", "HubSpot refuses the token of "},
    {"secret", "Its secret cannot be read.", "There is no usable secret for "},
    {"database_privilege", "PostgreSQL does not let the daemon write it.",
     "PostgreSQL does not let the daemon write "},
    {"foreign_schema", "Its schema belongs to another portal.",
     "The schema belongs to another portal: "},
    {"portal_id", "Its token is another portal's.", "The token is another portal's: "},
}};

std::optional<size_t> ShutRank(const PortalStatus& status) {
  for (size_t i = 0; i < kShutCauses.size(); ++i) {
    if (kShutCauses[i].reason == status.stopped_by) return i;
  }
  return status.auth_valid ? std::nullopt : std::optional<size_t>(0);
}

Tally Count(const StatusSnapshot& snapshot) {
  Tally tally;
  for (const auto& [key, portal] : snapshot.portals) {
    if (const auto rank = ShutRank(portal.status)) tally.shut[*rank].push_back(key);
    for (const auto& [object, stream] : portal.streams) {
      Troubled& troubled =
          tally.by_trouble[static_cast<size_t>(TroubleOf(stream, snapshot.taken_at))];
      ++tally.streams;
      ++troubled.streams;
      if (troubled.portals.empty() || troubled.portals.back() != key) {
        troubled.portals.push_back(key);
      }
    }
  }
  return tally;
}

/// `acme`, `acme and globex`, `acme, globex, initech and 4 more`.
std::string Names(const std::vector<PortalKey>& portals) {
  constexpr size_t kNamed = 3;
  const size_t named = std::min(portals.size(), kNamed);
  std::string text;
  for (size_t i = 0; i < named; ++i) {
    if (i > 0) text += i + 1 == portals.size() ? " and " : ", ";
    text += portals[i];
  }
  if (portals.size() > named) {
    text += " and " + CountWords(static_cast<int64_t>(portals.size() - named)) + " more";
  }
  return text;
}

std::string Sentence(const Troubled& troubled, int64_t all, const char* what) {
  return CountWords(troubled.streams) + " of " + CountWords(all) +
         (all == 1 ? " stream " : " streams ") + (troubled.streams == 1 ? "is " : "are ") + what +
         ": " + Names(troubled.portals) + ".";
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
  if (ShutRank(portal.status)) return Trouble::kShut;
  Trouble worst = Trouble::kNone;
  for (const auto& [object, stream] : portal.streams) {
    worst = std::max(worst, TroubleOf(stream, now));
  }
  return worst;
}

std::string_view ShutWords(const PortalStatus& status) {
  const auto rank = ShutRank(status);
  return rank ? kShutCauses[*rank].words : std::string_view();
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
  if (!tally.shut.empty()) {
    const auto& [rank, portals] = *tally.shut.begin();
    return {std::string(kShutCauses[rank].verdict) + Names(portals) + ".", Trouble::kShut};
  }
  if (tally.streams == 0) return {"No stream is configured.", Trouble::kWaiting};
  constexpr std::array<std::pair<Trouble, const char*>, 4> kWorstFirst{
      {{Trouble::kStopped, "stopped until a person acts"},
       {Trouble::kLate, "further behind than promised"},
       {Trouble::kLoading, "still being loaded"},
       {Trouble::kWaiting, "paused or another daemon's"}}};
  for (const auto& [trouble, words] : kWorstFirst) {
    const Troubled& troubled = tally.of(trouble);
    if (troubled.streams > 0) return {Sentence(troubled, tally.streams, words), trouble};
  }
  return {"The data can be trusted: every stream is as fresh as promised.", Trouble::kNone};
}

}  // namespace hubmirror
