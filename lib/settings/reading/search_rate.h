#pragma once

#include <optional>

#include "model/portal/portal_plan.h"
#include "settings/text/problem.h"

namespace hubmirror {

/// Whether the intervals of a portal ask for more searches a second than the three we plan for (of
/// the five that the whole account has, all its apps together). All intervals are then lengthened
/// by one factor; this says so beforehand and shows the arithmetic. nullopt: they fit.
std::optional<ConfigFault> TooManySearches(const PortalPlan& plan);

}  // namespace hubmirror
