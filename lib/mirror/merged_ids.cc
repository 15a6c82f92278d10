#include "mirror/merged_ids.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace hubmirror {
namespace {

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::optional<RecordId> ParseId(std::string_view text) {
  int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end || value <= 0) return std::nullopt;
  return RecordId{value};
}

}  // namespace

// A merge makes a new record; the ids of both old ones are listed in it and still resolve to it
// (https://developers.hubspot.com/changelog/updated-merge-functionality-for-contacts-and-companies).
void AddMergedIds(std::string_view raw, RecordId survivor, std::vector<RecordId>& ids) {
  while (!raw.empty()) {
    const size_t end = std::min(raw.find(';'), raw.size());
    const std::string_view item = raw.substr(0, end);
    raw.remove_prefix(std::min(end + 1, raw.size()));
    const auto id = ParseId(Trimmed(item.substr(0, item.find(':'))));
    if (!id || *id == survivor || std::find(ids.begin(), ids.end(), *id) != ids.end()) continue;
    ids.push_back(*id);
  }
}

}  // namespace hubmirror
