#include "mirror/history_mapper.h"

#include <algorithm>
#include <utility>

namespace hubmirror {
namespace {

void ReplaceNul(std::string& text) {
  constexpr const char* kNulReplacement = "\xEF\xBF\xBD";
  for (size_t at = text.find('\0'); at != std::string::npos; at = text.find('\0', at)) {
    text.replace(at, 1, kNulReplacement);
  }
}

}  // namespace

std::vector<HistoryEntry> MapHistory(std::vector<HistoryEntry> entries, const HistoryScope& scope,
                                     const std::shared_ptr<const ValueHasher>& hasher) {
  const std::string key = hasher ? hasher->id() : "";
  std::erase_if(entries, [&](const HistoryEntry& entry) {
    const auto found = scope.find(entry.property);
    return found == scope.end() || (!found->second.empty() && found->second != key);
  });
  for (HistoryEntry& entry : entries) {
    const bool hashed = !scope.at(entry.property).empty();
    if (hashed && !entry.value.empty()) entry.value = hasher->Hash(entry.value);
    ReplaceNul(entry.value);
    ReplaceNul(entry.source_type);
    ReplaceNul(entry.source_id);
  }
  return entries;
}

}  // namespace hubmirror
