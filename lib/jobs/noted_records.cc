#include "jobs/noted_records.h"

#include <utility>

namespace hubmirror {

void NotedRecords::Request(RecordId id) {
  MutexLock lock(mutex_);
  requests_.push_back(id);
}

std::vector<RecordId> NotedRecords::TakeRequests() {
  MutexLock lock(mutex_);
  return std::exchange(requests_, {});
}

void NotedRecords::Follow(RecordId id) {
  MutexLock lock(mutex_);
  followed_[id].reset();
}

void NotedRecords::Unfollow(RecordId id) {
  MutexLock lock(mutex_);
  followed_.erase(id);
}

void NotedRecords::NoteFound(RecordId id, FoundRecord found) {
  MutexLock lock(mutex_);
  if (const auto followed = followed_.find(id); followed != followed_.end()) {
    followed->second = found;
  }
}

std::optional<FoundRecord> NotedRecords::FoundAs(RecordId id) const {
  MutexLock lock(mutex_);
  const auto followed = followed_.find(id);
  return followed == followed_.end() ? std::nullopt : followed->second;
}

void NotedRecords::NoteUnreadable(RecordId id, std::optional<TimePoint> nominated) {
  MutexLock lock(mutex_);
  auto& stamp = unreadable_[id];
  if (nominated && (!stamp || *stamp < *nominated)) stamp = nominated;
}

NotedRecords::Unreadable NotedRecords::UnreadableNow(const Nomination& nomination) const {
  MutexLock lock(mutex_);
  const auto found = unreadable_.find(nomination.id);
  if (found == unreadable_.end()) return Unreadable::kNo;
  const bool moved =
      nomination.modified && (!found->second || *found->second < *nomination.modified);
  return moved ? Unreadable::kTryAgain : Unreadable::kKnown;
}

void NotedRecords::ForgetUnreadable() {
  MutexLock lock(mutex_);
  unreadable_.clear();
}

void NotedRecords::WereRead(const RowBatch& batch) {
  MutexLock lock(mutex_);
  if (unreadable_.empty()) return;
  for (const Row& row : batch.rows) unreadable_.erase(row.id);
}

}  // namespace hubmirror
