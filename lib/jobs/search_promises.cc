#include "jobs/search_promises.h"

#include <unordered_set>

namespace hubmirror {

std::vector<BrokenPromise> TakeOutUnasked(SearchAnswer& answer, const SearchRequest& request) {
  std::vector<BrokenPromise> broken;
  if (answer.nominations.size() > request.limit) {
    broken.push_back({"limit", "a search shows " + std::to_string(answer.nominations.size()) +
                                   " records, " + std::to_string(request.limit) +
                                   " were asked for"});
  }
  size_t outside = 0;
  for (Nomination& nomination : answer.nominations) {
    // A newer one than was asked for is that of a record that changed since.
    if (!nomination.modified || !request.modified_from) continue;
    if (*nomination.modified >= *request.modified_from) continue;
    nomination.modified.reset();
    ++outside;
  }
  if (outside > 0) {
    broken.push_back({"window", "a search shows " + std::to_string(outside) +
                                    " records that changed before the time it was asked for"});
  }
  return broken;
}

std::optional<BrokenPromise> FindBrokenPromise(const SearchAnswer& answer,
                                               std::optional<RecordId> above) {
  const std::optional<RecordId> floor = above;
  std::unordered_set<RecordId> shown;
  bool ascending = true;
  bool seen_before = false;
  for (const Nomination& nomination : answer.nominations) {
    seen_before = seen_before || (floor && nomination.id <= *floor);
    ascending = ascending && (!above || *above < nomination.id);
    above = nomination.id;
    shown.insert(nomination.id);
  }
  if (seen_before)
    return BrokenPromise{"order", "a search shows what lies below the ids it was asked for"};
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
