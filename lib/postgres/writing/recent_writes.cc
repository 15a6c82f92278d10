#include "postgres/writing/recent_writes.h"

#include <algorithm>
#include <utility>

namespace hubmirror {

void RecentWrites::Wrote(std::vector<RecordId> ids, Instant sent_at, Instant committed_at) {
  if (ids.empty()) return;
  std::sort(ids.begin(), ids.end());
  written_.push_back({sent_at, committed_at, std::move(ids)});
}

void RecentWrites::Marked(const std::vector<RecordId>& ids, Instant committed_at) {
  for (const RecordId id : ids) marked_[id] = committed_at;
}

bool RecentWrites::MarkedSince(RecordId id, Instant sent_at) const {
  const auto marked = marked_.find(id);
  return marked != marked_.end() && sent_at <= marked->second;
}

bool RecentWrites::MayBeOlder(RecordId id, Instant sent_at) const {
  if (sent_at < known_since_) return true;
  return std::any_of(written_.rbegin(), written_.rend(), [&](const Written& written) {
    return sent_at < written.sent_at &&
           std::binary_search(written.ids.begin(), written.ids.end(), id);
  });
}

bool RecentWrites::WrittenSince(RecordId id, Instant sent_at) const {
  return std::any_of(written_.rbegin(), written_.rend(), [&](const Written& written) {
    return written.sent_at >= sent_at &&
           std::binary_search(written.ids.begin(), written.ids.end(), id);
  });
}

void RecentWrites::Forget(Instant now) {
  const Instant horizon = now - keep_;
  while (!written_.empty() && written_.front().committed_at < horizon) {
    known_since_ = std::max(known_since_, written_.front().committed_at);
    written_.pop_front();
  }
  std::erase_if(marked_, [&](const auto& mark) {
    if (mark.second >= horizon) return false;
    known_since_ = std::max(known_since_, mark.second);
    return true;
  });
}

void RecentWrites::Clear() {
  written_.clear();
  marked_.clear();
  known_since_ = Instant::min();
}

}  // namespace hubmirror
