#include "mirror/property_selector.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/spelling.h"

namespace hubmirror {
namespace {

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
  if (column.definition->archived && !column.hashed_with.empty()) return;
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
