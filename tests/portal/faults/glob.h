#pragma once

#include <string_view>

namespace simulated_portal {

/// True when the whole text fits the pattern, in which `*` stands for anything.
constexpr bool MatchesGlob(std::string_view pattern, std::string_view text) {
  const size_t star = pattern.find('*');
  if (star == pattern.npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  for (size_t skipped = star; skipped <= text.size(); ++skipped) {
    if (MatchesGlob(pattern.substr(star + 1), text.substr(skipped))) return true;
  }
  return false;
}

}  // namespace simulated_portal
