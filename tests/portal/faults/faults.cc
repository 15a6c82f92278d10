#include "faults/faults.h"

#include <algorithm>
#include <array>

#include "faults/broken_promises.h"
#include "faults/glob.h"

namespace simulated_portal {
namespace {

constexpr std::array<std::string_view, 25> kKinds = {
    "status",        "locked",      "moving",   "throttle",  "unauthorized",
    "missing_scope", "truncate",    "garbage",  "empty",     "hang",
    "drip",          "huge",        "reset",    "redirect",  "disorder",
    "same_cursor",   "wrong_total", "outsider", "stranger",  "left_out",
    "lost_answer",   "late_status", "slow",     "overtaken", "late_work"};

bool Matches(const Fault& fault, std::string_view method, std::string_view path) {
  return (fault.method.empty() || fault.method == method) && MatchesPath(fault.match, path);
}

bool LooksAtAnswer(const Fault& fault) {
  return !fault.record.empty() || !fault.holds.empty();
}

}  // namespace

bool IsFaultKind(std::string_view kind) {
  return std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end();
}

bool MatchesPath(std::string_view pattern, std::string_view path) {
  if (pattern.find('*') == pattern.npos) return path.find(pattern) != path.npos;
  return MatchesGlob(pattern, path);
}

std::optional<Fault> FaultPlan::StrikeAt(size_t place, Random& random) {
  Fault& fault = faults_[place];
  if (fault.after > 0) {
    --fault.after;
    return std::nullopt;
  }
  if (fault.chance < 1 && !random.Chance(fault.chance)) return std::nullopt;
  Fault struck = fault;
  if (fault.count > 0 && --fault.count == 0) {
    faults_.erase(faults_.begin() + static_cast<std::ptrdiff_t>(place));
  }
  return struck;
}

std::optional<Fault> FaultPlan::Strike(std::string_view method, std::string_view path,
                                       Random& random) {
  for (size_t i = 0; i < faults_.size(); ++i) {
    if (LooksAtAnswer(faults_[i]) || !Matches(faults_[i], method, path)) continue;
    if (auto struck = StrikeAt(i, random)) return struck;
  }
  return std::nullopt;
}

std::optional<Fault> FaultPlan::StrikeAnswer(std::string_view method, std::string_view path,
                                             std::string_view answer, Random& random) {
  for (size_t i = 0; i < faults_.size(); ++i) {
    const Fault& fault = faults_[i];
    if (!LooksAtAnswer(fault) || !Matches(fault, method, path)) continue;
    if (answer.find(fault.holds) == answer.npos) continue;
    if (!fault.record.empty() && !ShowsValuesOf(fault.record, answer)) continue;
    if (auto struck = StrikeAt(i, random)) return struck;
  }
  return std::nullopt;
}

}  // namespace simulated_portal
