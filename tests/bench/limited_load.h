#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench_case.h"
#include "support/portal_process.h"

namespace hubmirror::testing {

/// A portal that enforces the limits of a private app of a Professional account: 190 requests in
/// 10 s, 5 searches a second, 300 ms for an answer. `records` is a member of its scenario; `shape`
/// is how the ids of contacts are spread.
std::string LimitedScenario(const std::string& records, const std::string& shape);

/// A first load of the objects (none: the usual six) of such a portal: what it used, and how many
/// times the least possible it took.
Figures LoadUnderLimits(const std::string& scenario, std::vector<std::string> objects);

/// The least seconds in which all live records can be listed.
double LeastSeconds(const PortalProcess& portal);

}  // namespace hubmirror::testing
