#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "telemetry/page/status_snapshot.h"

namespace hubmirror {

// The JSON documents of the local port, described by docs/status.schema.json. Fields are added,
// never renamed or removed. Instants are RFC 3339 in UTC, spans whole seconds; what is not known
// is null. `since` asks for `caught_up` up to that instant. Pure.

/// Body of /api/v1/status.
std::string StatusDocument(const StatusSnapshot& snapshot, std::optional<TimePoint> since);

/// Body of /api/v1/portals/{p}: the same as `portals.P` of the status; nullopt: no such portal.
std::optional<std::string> PortalDocument(const StatusSnapshot& snapshot, const PortalKey& portal,
                                          std::optional<TimePoint> since);

/// Body of /api/v1/version.
std::string VersionDocument(const StatusSnapshot& snapshot);

}  // namespace hubmirror
