#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "telemetry/page/status_snapshot.h"

namespace hubmirror {

/// One thing that must hold for the mirror to be relied upon.
struct ReadinessCheck {
  std::string name;  ///< `config`, `database`, `token acme`, `stream acme/contacts`
  bool passed = false;
  std::string detail;  ///< in words
};

struct Readiness {
  std::vector<ReadinessCheck> checks;
  bool ready() const;
  /// One line per check that failed, or with `verbose` per check, then the verdict.
  std::string Text(bool verbose) const;
};

/// Ready means: a configuration is loaded, the database is up, every portal's token is good and no
/// stream is older than `max_age` (default: its own freshness target). A stream that is loaded for
/// the first time and one that waits for a scope do not count. Pure.
Readiness CheckReadiness(const StatusSnapshot& snapshot,
                         std::optional<std::chrono::milliseconds> max_age = std::nullopt);

/// The scheduler may be silent for this long before the process counts as stuck.
inline constexpr std::chrono::seconds kSchedulerSilence{30};

/// Whether the process turns; looks at neither database nor HubSpot.
bool IsAlive(const StatusSnapshot& snapshot);

}  // namespace hubmirror
