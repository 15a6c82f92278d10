#include "base/spelling.h"

#include <algorithm>
#include <string>
#include <vector>

namespace hubmirror {
namespace {

constexpr size_t kLongestWord = 64;
constexpr size_t kShortestStem = 3;

std::string Folded(std::string_view word) {
  std::string out(word);
  for (char& letter : out) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    if (letter == '-') letter = '_';
  }
  return out;
}

/// Optimal string alignment: edits and swaps of neighbours, each part edited once.
size_t Distance(const std::string& left, const std::string& right) {
  std::vector<size_t> older(right.size() + 1);
  std::vector<size_t> old(right.size() + 1);
  std::vector<size_t> now(right.size() + 1);
  for (size_t j = 0; j <= right.size(); ++j) old[j] = j;
  for (size_t i = 1; i <= left.size(); ++i) {
    now[0] = i;
    for (size_t j = 1; j <= right.size(); ++j) {
      const size_t replaced = old[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      now[j] = std::min({old[j] + 1, now[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
        now[j] = std::min(now[j], older[j - 2] + 1);
      }
    }
    older.swap(old);
    old.swap(now);
  }
  return old[right.size()];
}

}  // namespace

std::optional<std::string_view> NearestWord(std::string_view word,
                                            std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > kLongestWord) return std::nullopt;
  const std::string folded = Folded(word);
  std::optional<std::string_view> nearest;
  size_t fewest = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const size_t edits = Distance(folded, Folded(candidate));
    // Replacing every letter makes any word.
    if (edits >= fewest || edits >= candidate.size()) continue;
    fewest = edits;
    nearest = candidate;
  }
  if (nearest || folded.size() < kShortestStem) return nearest;
  for (const std::string_view candidate : candidates) {
    const std::string other = Folded(candidate);
    if (other.starts_with(folded)) return candidate;
    if (other.size() >= kShortestStem && folded.starts_with(other)) return candidate;
  }
  return std::nullopt;
}

}  // namespace hubmirror
