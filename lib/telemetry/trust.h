#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/ids.h"
#include "telemetry/status_snapshot.h"

namespace hubmirror {

/// How much trouble a stream is in; a larger one comes first on the page.
enum class Trouble {
  kNone,     ///< within its freshness target
  kLoading,  ///< its first load runs, or it has not begun
  kWaiting,  ///< paused, or another daemon's
  kLate,     ///< past its freshness target, or failing
  kStopped,  ///< a person must act
};

Trouble TroubleOf(const StreamSnapshot& stream, TimePoint now);
/// The worst of its streams; kStopped when its token is refused.
Trouble TroubleOf(const PortalSnapshot& portal, TimePoint now);

/// The stream that is furthest behind, measured by its target.
struct WorstStream {
  StreamKey stream;
  std::chrono::seconds age{0};
  std::chrono::seconds target{0};
};
std::optional<WorstStream> FindWorst(const StatusSnapshot& snapshot);

/// Whether the mirror can be trusted now, in one sentence.
struct TrustVerdict {
  std::string sentence;
  Trouble trouble = Trouble::kNone;
};
TrustVerdict JudgeTrust(const StatusSnapshot& snapshot);

}  // namespace hubmirror
