#include "store/search_index.h"

namespace simulated_portal {

void SearchIndex::Plan(RecordId id, VersionRef version, Instant due) {
  pending_.push({due, next_number_++, id, std::move(version)});
}

void SearchIndex::CatchUp(Instant now) {
  while (!pending_.empty() && pending_.top().due <= now) {
    Apply(pending_.top());
    pending_.pop();
  }
  // With nothing on its way, no older change can come any more.
  if (pending_.empty()) applied_.clear();
}

void SearchIndex::Apply(const Change& change) {
  uint64_t& applied = applied_[change.id];
  if (applied > change.number) return;
  applied = change.number;
  const auto found = by_id_.find(change.id);
  if (found != by_id_.end()) by_stamp_.erase({found->second->stamp, change.id});
  if (change.version == nullptr) {
    if (found != by_id_.end()) by_id_.erase(found);
    return;
  }
  by_id_[change.id] = change.version;
  by_stamp_.emplace(change.version->stamp, change.id);
}

}  // namespace simulated_portal
