#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/ids.h"
#include "telemetry/page/status_snapshot.h"

namespace hubmirror {

/// How much trouble a stream or a portal is in; a larger one comes first on the page.
enum class Trouble {
  kNone,     ///< within its freshness target
  kLoading,  ///< its first load runs, or it has not begun
  kWaiting,  ///< paused, or another daemon's
  kLate,     ///< past its freshness target, or failing
  kStopped,  ///< a person must act
  kShut,     ///< a person must act, and all of the portal waits for it; portals only
};

Trouble TroubleOf(const StreamSnapshot& stream, TimePoint now);
/// kShut when all of it waits for one cause, else the worst of its streams.
Trouble TroubleOf(const PortalSnapshot& portal, TimePoint now);

/// Why all of a portal waits for a person, in words that its message makes precise; empty when it
/// does not.
std::string_view ShutWords(const PortalStatus& status);

/// The stream that is furthest behind, measured by its target.
struct WorstStream {
  StreamKey stream;
  std::chrono::seconds age{0};
  std::chrono::seconds target{0};
};
std::optional<WorstStream> FindWorst(const StatusSnapshot& snapshot);

/// Whether the mirror can be trusted now, in one sentence that names the portals it is about.
struct TrustVerdict {
  std::string sentence;
  Trouble trouble = Trouble::kNone;
};
TrustVerdict JudgeTrust(const StatusSnapshot& snapshot);

}  // namespace hubmirror
