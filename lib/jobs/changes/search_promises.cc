#include "jobs/changes/search_promises.h"

#include <unordered_set>

namespace hubmirror {

std::optional<BrokenPromise> FindBrokenPromise(const SearchAnswer& answer,
                                               std::optional<RecordId> above) {
  std::unordered_set<RecordId> shown;
  bool ascending = true;
  for (const Nomination& nomination : answer.nominations) {
    ascending = ascending && (!above || *above < nomination.id);
    above = nomination.id;
    shown.insert(nomination.id);
  }
  if (!answer.more) {
    if (static_cast<int64_t>(shown.size()) >= answer.total) return std::nullopt;
    return BrokenPromise{"total", "a search counts " + std::to_string(answer.total) +
                                      " records and ends after " + std::to_string(shown.size())};
  }
  if (shown.empty())
    return BrokenPromise{"cursor", "a search shows nothing and says there is more"};
  if (!ascending) return BrokenPromise{"order", "a search is not in ascending order of ids"};
  return std::nullopt;
}

}  // namespace hubmirror
