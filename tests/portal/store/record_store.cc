#include "store/record_store.h"

#include <utility>

namespace simulated_portal {
namespace {

constexpr RecordId kHighestScatteredId = 1'000'000'000'000;
constexpr int kDraws = 400;

bool IsListedAsGone(RecordState state) {
  return state == RecordState::kArchived || state == RecordState::kMerged;
}

}  // namespace

Record& RecordStore::Insert(Record record) {
  const RecordId id = record.id;
  Record& stored = records_.emplace(id, std::move(record)).first->second;
  ids_.push_back(id);
  ++counts_[static_cast<size_t>(stored.state)];
  if (IsListedAsGone(stored.state)) not_live_.insert(id);
  return stored;
}

Record* RecordStore::Find(RecordId id) {
  const auto found = records_.find(id);
  return found == records_.end() ? nullptr : &found->second;
}

Record* RecordStore::Resolve(RecordId id) {
  Record* record = Find(id);
  while (record != nullptr && record->state == RecordState::kMerged) {
    record = Find(record->merged_into);
  }
  return record;
}

void RecordStore::SetState(Record& record, RecordState state) {
  --counts_[static_cast<size_t>(record.state)];
  ++counts_[static_cast<size_t>(state)];
  record.state = state;
  if (IsListedAsGone(state)) {
    not_live_.insert(record.id);
  } else {
    not_live_.erase(record.id);
  }
}

bool RecordStore::ShowsLoser(const Record& loser) {
  const RecordState survivor = Resolve(loser.id)->state;
  return survivor == RecordState::kLive || survivor == RecordState::kArchived;
}

RecordStore::Page RecordStore::ListLive(RecordId from, size_t limit) {
  Page page;
  page.records.reserve(limit);
  for (auto at = records_.lower_bound(from); at != records_.end(); ++at) {
    if (at->second.state != RecordState::kLive) continue;
    if (page.records.size() == limit) {
      page.next = at->first;
      break;
    }
    page.records.push_back(&at->second);
  }
  return page;
}

RecordStore::Page RecordStore::ListArchived(RecordId from, size_t limit, bool with_merged) {
  Page page;
  for (auto at = not_live_.lower_bound(from); at != not_live_.end(); ++at) {
    Record& record = records_.at(*at);
    if (record.state == RecordState::kMerged && !(with_merged && ShowsLoser(record))) continue;
    if (page.records.size() == limit) {
      page.next = *at;
      break;
    }
    page.records.push_back(&record);
  }
  return page;
}

RecordId RecordStore::DrawId(Random& random) const {
  const RecordId highest = records_.empty() ? 0 : records_.rbegin()->first;
  if (random.Chance(0.5) && highest > 0) return highest + random.Between(1, 1000);
  while (true) {
    RecordId low = 10;
    for (auto decade = random.Below(11); decade > 0; --decade) low *= 10;
    const RecordId id = random.Between(low, std::min(low * 10, kHighestScatteredId) - 1);
    if (!records_.contains(id)) return id;
  }
}

Record* RecordStore::DrawRecord(Random& random, RecordState state) {
  if (count(state) == 0) return nullptr;
  for (int draw = 0; draw < kDraws; ++draw) {
    Record* record = Find(ids_[random.Below(ids_.size())]);
    if (record->state == state) return record;
  }
  for (auto& [id, record] : records_) {
    if (record.state == state) return &record;
  }
  return nullptr;
}

}  // namespace simulated_portal
