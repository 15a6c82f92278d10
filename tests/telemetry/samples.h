#pragma once

#include <string>
#include <vector>

#include "model/portal/portal_plan.h"
#include "telemetry/page/status_snapshot.h"

namespace hubmirror {

// What the tests of this folder talk about: portal `acme`, seen at kNow.

inline constexpr TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} +
                                std::chrono::hours{12}};

/// A stream that was verified `age` ago and promises `target`.
StreamStatus CurrentStream(std::chrono::seconds age = std::chrono::seconds{12},
                           std::chrono::seconds target = std::chrono::minutes{5});

/// A healthy daemon with `acme/contacts` and `acme/deals`, both current.
StatusSnapshot HealthySnapshot();

/// The configuration of one portal with streams of default rhythm.
PortalPlan Plan(const std::string& portal, const std::vector<std::string>& objects);

}  // namespace hubmirror
