#include "jobs/changes/history_answer.h"

#include <algorithm>
#include <unordered_set>

namespace hubmirror {

HistoryAnswer AccountFor(const std::vector<RecordId>& asked, HistoryPage& page) {
  const std::unordered_set<RecordId> answered(page.answered.begin(), page.answered.end());
  const std::unordered_set<RecordId> unknown(page.not_found.begin(), page.not_found.end());
  std::unordered_set<RecordId> strangers = answered;
  for (const RecordId id : asked) strangers.erase(id);
  HistoryAnswer said;
  for (const RecordId id : asked) {
    const bool accounted = page.none_found || answered.contains(id) || unknown.contains(id);
    (accounted ? said.settled : said.silent).push_back(id);
  }
  if (asked.size() == 1 && said.silent.size() == 1 && strangers.size() == 1) {
    // Only its survivor can have answered for it.
    said.settled.swap(said.silent);
    return said;
  }
  if (strangers.size() > said.silent.size()) said.unasked = strangers.size() - said.silent.size();
  std::erase_if(page.entries,
                [&](const HistoryEntry& entry) { return strangers.contains(entry.id); });
  return said;
}

}  // namespace hubmirror
