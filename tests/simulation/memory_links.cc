#include <algorithm>
#include <set>

#include "simulation/memory_store.h"

namespace hubmirror::simulation {
namespace {

/// How a pair stands in the table, whichever side it is read from.
struct StoredPair {
  explicit StoredPair(const LinkPair& read)
      : pair(PairOf(read.from, read.to)), turned(pair.from != read.from) {}
  bool Holds(const LinkKey& key) const {
    return key.from_type == pair.from.name && key.to_type == pair.to.name;
  }
  int64_t Near(const LinkKey& key) const { return turned ? key.to : key.from; }
  int64_t Far(const LinkKey& key) const { return turned ? key.from : key.to; }
  LinkKey KeyOf(const Link& link) const {
    const int64_t from = turned ? link.to.value : link.from.value;
    const int64_t to = turned ? link.from.value : link.to.value;
    return {pair.from.name, from, pair.to.name, to, link.type.category, link.type.type_id};
  }
  LinkPair pair;
  bool turned;
};

bool Live(const Disk& disk, const std::string& object, int64_t id) {
  const auto found = disk.objects.find(object);
  if (found == disk.objects.end()) return false;
  const auto row = found->second.rows.find(id);
  return row != found->second.rows.end() && row->second.live();
}

std::vector<RecordId> Ascending(const std::set<int64_t>& ids) {
  std::vector<RecordId> all;
  for (const int64_t id : ids) all.push_back(RecordId{id});
  return all;
}

}  // namespace

std::vector<RecordId> MemoryStore::LiveIds(const ObjectType& object, std::optional<RecordId> above,
                                           size_t limit) {
  std::vector<RecordId> ids;
  for (const auto& [id, row] : disk_.objects[object.name].rows) {
    if (ids.size() == limit) break;
    if (row.live() && (!above || id > above->value)) ids.push_back(RecordId{id});
  }
  return ids;
}

std::vector<DueRecord> MemoryStore::DueLinks(const ObjectType& object, size_t limit) {
  std::vector<std::pair<int64_t, int64_t>> due;
  for (const auto& [id, since] : disk_.objects[object.name].due_links) due.emplace_back(since, id);
  std::ranges::sort(due);
  std::vector<DueRecord> records;
  for (const auto& [since, id] : due) {
    if (records.size() == limit) break;
    records.push_back({RecordId{id}, std::to_string(since)});
  }
  return records;
}

void MemoryStore::DropDueLinks(const ObjectType& object, const std::vector<DueRecord>& records) {
  CheckClaimed();
  auto& due = disk_.objects[object.name].due_links;
  for (const DueRecord& record : records) {
    const auto found = due.find(record.id.value);
    if (found != due.end() && std::to_string(found->second) == record.since) due.erase(found);
  }
}

std::vector<RecordId> MemoryStore::LinkedFrom(const LinkPair& pair,
                                              const std::vector<RecordId>& to) {
  const StoredPair stored(pair);
  std::set<int64_t> ids;
  for (const auto& [key, link] : disk_.links) {
    if (!stored.Holds(key) || link.removed) continue;
    if (std::ranges::find(to, RecordId{stored.Far(key)}) != to.end()) ids.insert(stored.Near(key));
  }
  return Ascending(ids);
}

std::vector<RecordId> MemoryStore::Linked(const LinkPair& pair, const std::vector<RecordId>& from) {
  const StoredPair stored(pair);
  std::set<int64_t> ids;
  for (const auto& [key, link] : disk_.links) {
    if (!stored.Holds(key) || link.removed) continue;
    if (std::ranges::find(from, RecordId{stored.Near(key)}) != from.end()) {
      ids.insert(stored.Near(key));
    }
  }
  return Ascending(ids);
}

void MemoryStore::WriteLinks(const LinkCommit& commit) {
  CheckClaimed();
  std::map<JobKind, JobProgress> progress;
  if (commit.progress) progress[JobKind::kLinks] = *commit.progress;
  CheckProgress(commit.pair.from.name, progress);
  ++disk_.commits;
  const LinkCommit newest = recent_links_.Newest(commit);
  const StoredPair stored(newest.pair);
  std::set<LinkKey> shown;
  for (const Link& shown_link : newest.links) {
    const LinkKey key = stored.KeyOf(shown_link);
    if (!shown.insert(key).second) continue;
    const auto [found, is_new] =
        disk_.links.try_emplace(key, StoredLink{shown_link.type.label, newest.at, std::nullopt});
    if (is_new) continue;
    StoredLink& link = found->second;
    if (link.label == shown_link.type.label && !(link.removed && *link.removed <= newest.at)) {
      continue;
    }
    link.label = shown_link.type.label;
    link.removed.reset();
  }
  const std::set<RecordId> read(newest.read.begin(), newest.read.end());
  for (auto& [key, link] : disk_.links) {
    if (!stored.Holds(key) || link.removed || link.first_seen >= newest.at) continue;
    if (!read.contains(RecordId{stored.Near(key)}) || shown.contains(key)) continue;
    if (!Live(disk_, key.from_type, key.from) || !Live(disk_, key.to_type, key.to)) continue;
    link.removed = newest.at;
  }
  SaveProgress(commit.pair.from.name, progress);
  if (!commit.budget.empty()) disk_.budget = commit.budget;
  recent_links_.Wrote(newest, clock_.Now());
}

}  // namespace hubmirror::simulation
