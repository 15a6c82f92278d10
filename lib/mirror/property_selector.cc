#include "mirror/property_selector.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/spelling.h"

namespace hubmirror {
namespace {

bool FitsAny(std::string_view name, const std::vector<std::string>& patterns) {
  return std::ranges::any_of(
      patterns, [name](const std::string& pattern) { return FitsPattern(name, pattern); });
}

bool IsSensitive(const PropertyDefinition& definition) {
  return definition.data_sensitivity == "sensitive" ||
         definition.data_sensitivity == "highly_sensitive";
}

void AddUnmatched(std::string_view key, const std::vector<std::string>& patterns,
                  const std::vector<std::string_view>& names,
                  std::vector<UnmatchedPattern>& unmatched) {
  for (const std::string& pattern : patterns) {
    const auto fits = [&](std::string_view name) { return FitsPattern(name, pattern); };
    if (std::ranges::any_of(names, fits)) continue;
    const auto nearest = NearestWord(pattern, names);
    unmatched.push_back({std::string(key), pattern, std::string(nearest.value_or(""))});
  }
}

}  // namespace

bool FitsPattern(std::string_view name, std::string_view pattern) {
  size_t at = 0;
  size_t in_pattern = 0;
  size_t star = std::string_view::npos;
  size_t resume = 0;
  while (at < name.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      resume = at;
    } else if (in_pattern < pattern.size() &&
               (pattern[in_pattern] == '?' || pattern[in_pattern] == name[at])) {
      ++in_pattern;
      ++at;
    } else if (star != std::string_view::npos) {
      // The last star takes one letter more.
      in_pattern = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
  return in_pattern == pattern.size();
}

PropertySelector::PropertySelector(ObjectType object, PropertySelection selection,
                                   std::string hash_key)
    : object_(std::move(object)), selection_(std::move(selection)), hash_key_(std::move(hash_key)) {
  CHECK_THAT(selection_.hash.empty() || !hash_key_.empty());
}

bool PropertySelector::Includes(const PropertyDefinition& definition) const {
  if (IsSensitive(definition) && !selection_.sensitive) return false;
  if (FitsAny(definition.name, selection_.exclude)) return false;
  return selection_.include.empty() || FitsAny(definition.name, selection_.include);
}

void PropertySelector::Mark(MirrorColumn& column) const {
  column.excluded = !Includes(column.definition);
  const bool hashed =
      !IsAlwaysAsked(object_, column.property()) && FitsAny(column.property(), selection_.hash);
  if (column.definition.archived && !column.hashed_with.empty()) return;
  column.hashed_with = hashed ? hash_key_ : "";
}

bool PropertySelector::Agrees(const MirrorTable& table) const {
  return std::ranges::all_of(table.columns, [this](const MirrorColumn& column) {
    MirrorColumn marked = column;
    Mark(marked);
    return marked == column;
  });
}

std::vector<UnmatchedPattern> FindUnmatched(const PropertySelection& selection,
                                            const std::vector<std::string>& names) {
  const std::vector<std::string_view> words(names.begin(), names.end());
  std::vector<UnmatchedPattern> unmatched;
  AddUnmatched("properties.include", selection.include, words, unmatched);
  AddUnmatched("properties.exclude", selection.exclude, words, unmatched);
  AddUnmatched("properties.hash", selection.hash, words, unmatched);
  return unmatched;
}

}  // namespace hubmirror
