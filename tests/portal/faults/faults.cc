#include "faults/faults.h"

#include <algorithm>
#include <array>

#include "faults/glob.h"

namespace simulated_portal {
namespace {

constexpr std::array<std::string_view, 14> kKinds = {
    "status",  "locked", "moving", "throttle", "unauthorized", "missing_scope", "truncate",
    "garbage", "empty",  "hang",   "drip",     "huge",         "reset",         "redirect"};

}  // namespace

bool IsFaultKind(std::string_view kind) {
  return kind == "disorder" || std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end();
}

bool MatchesPath(std::string_view pattern, std::string_view path) {
  if (pattern.find('*') == pattern.npos) return path.find(pattern) != path.npos;
  return MatchesGlob(pattern, path);
}

std::optional<Fault> FaultPlan::Strike(std::string_view method, std::string_view path,
                                       Random& random) {
  for (size_t i = 0; i < faults_.size(); ++i) {
    Fault& fault = faults_[i];
    if (!fault.method.empty() && fault.method != method) continue;
    if (!MatchesPath(fault.match, path)) continue;
    if (fault.after > 0) {
      --fault.after;
      continue;
    }
    if (fault.chance < 1 && !random.Chance(fault.chance)) continue;
    const Fault struck = fault;
    if (fault.count > 0 && --fault.count == 0) {
      faults_.erase(faults_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return struck;
  }
  return std::nullopt;
}

}  // namespace simulated_portal
