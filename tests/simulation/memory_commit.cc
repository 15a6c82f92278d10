#include "simulation/memory_commit.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <unordered_map>

#include "base/check.h"
#include "compare/instant_text.h"
#include "compare/json.h"
#include "mirror/copy_fields.h"
#include "mirror/merged_ids.h"

namespace hubmirror::simulation {
namespace {

constexpr size_t kEnvelopeFields = 8;

/// A jsonb of strings without some members, and with those of another one.
Cell MergedObject(const Cell& stored, const std::vector<std::string>& without, const Cell& with) {
  compare::Json::Object members;
  if (stored) members = compare::Json::Parse(*stored).AsObject();
  for (const std::string& name : without) members.erase(name);
  if (with) {
    const compare::Json added = compare::Json::Parse(*with);
    for (const auto& [name, value] : added.AsObject()) members[name] = value;
  }
  if (members.empty()) return std::nullopt;
  std::string text = "{";
  for (const auto& [name, value] : members) {
    text += (text.size() > 1 ? "," : "") + compare::JsonQuoted(name) + ":" +
            compare::JsonQuoted(value.AsString());
  }
  return text + "}";
}

bool Newer(const Row& a, const Row& b) {
  if (a.modified && b.modified && *a.modified != *b.modified) return *a.modified > *b.modified;
  return a.sent_at > b.sent_at;
}

const MirrorColumn* Standing(const MirrorTable& table, const std::string& property) {
  for (const MirrorColumn& column : table.columns) {
    if (column.property() == property) return &column;
  }
  return nullptr;
}

bool InRange(const ProvenRange& range, RecordId id) {
  return range.from <= id && id <= range.to;
}

bool Names(const ProvenRange& range, RecordId id) {
  return std::binary_search(range.present.begin(), range.present.end(), id);
}

/// Which properties of a line go where, in a table that may have moved on.
std::vector<const MirrorColumn*> PlacesOf(const RowShape& shape, const MirrorTable& table) {
  std::vector<const MirrorColumn*> places;
  for (const size_t index : shape.columns) {
    const MirrorColumn& made_for = shape.table->columns[index];
    const MirrorColumn* standing = Standing(table, made_for.property());
    const bool same = standing != nullptr && standing->type == made_for.type &&
                      KeepsValues(table.object, *standing) &&
                      made_for.hashed_with == standing->hashed_with;
    places.push_back(same ? standing : nullptr);
  }
  return places;
}

}  // namespace

MemoryCommit::MemoryCommit(Disk& disk, const MirrorTable* table, const RecentWrites& recent,
                           const Commit& commit)
    : disk_(disk),
      stored_(disk.objects[commit.object.name]),
      table_(table),
      recent_(recent),
      commit_(commit) {}

CommitOutcome MemoryCommit::Run() {
  if (table_ != nullptr) {
    WriteRows();
    Suspects();
    MarkMerged();
    FindGone();
    MarkPurged();
    LeaveQuarantine();
  }
  SetAside();
  Pending();
  if (table_ != nullptr) Erase();
  stored_.live_rows = std::max<int64_t>(0, stored_.live_rows + outcome_.live_change);
  if (commit_.debts) stored_.debts = *commit_.debts;
  if (commit_.forget_lost_values) stored_.values_lost.clear();
  for (const auto& [property, count] : outcome_.values_lost) {
    stored_.values_lost[property] += count;
  }
  if (!commit_.budget.empty()) disk_.budget = commit_.budget;
  return std::move(outcome_);
}

std::vector<MemoryCommit::Candidate> MemoryCommit::Choose() const {
  std::vector<Candidate> candidates;
  std::unordered_map<RecordId, size_t> place;
  for (const RowBatch& batch : commit_.rows) {
    for (const Row& row : batch.rows) {
      const auto [found, first] = place.emplace(row.id, candidates.size());
      if (first) {
        candidates.push_back({&batch, &row});
      } else if (Newer(row, *candidates[found->second].row)) {
        candidates[found->second] = {&batch, &row};
      }
    }
  }
  return candidates;
}

MemoryCommit::Verdict MemoryCommit::Judge(const Row& row, const StoredRow* stored) const {
  if (stored == nullptr) {
    return recent_.MarkedSince(row.id, row.sent_at) ? Verdict::kOutrun : Verdict::kWrite;
  }
  const bool same_flags = row.archived ? stored->archived && !stored->gone() : stored->live();
  if (stored->hash == row.hash && same_flags) return Verdict::kUnchanged;
  const bool revives = stored->gone() || (!row.archived && !stored->live());
  if (revives &&
      (recent_.MarkedSince(row.id, row.sent_at) || recent_.MayBeOlder(row.id, row.sent_at))) {
    return Verdict::kOutrun;
  }
  if (row.modified && stored->modified) {
    if (*row.modified < *stored->modified) return Verdict::kOutrun;
    if (*row.modified > *stored->modified) return Verdict::kWrite;
  }
  return recent_.MayBeOlder(row.id, row.sent_at) ? Verdict::kOutrun : Verdict::kWrite;
}

void MemoryCommit::WriteRows() {
  std::vector<std::pair<Candidate, bool>> chosen;  // and whether a live row was there
  for (const Candidate& candidate : Choose()) {
    const Row& row = *candidate.row;
    const auto found = stored_.rows.find(row.id.value);
    const StoredRow* stored = found == stored_.rows.end() ? nullptr : &found->second;
    switch (Judge(row, stored)) {
      case Verdict::kUnchanged:
        ++outcome_.unchanged;
        unchanged_.push_back(row.id);
        if (!row.merged_ids.empty()) unchanged_survivors_.push_back(&row);
        continue;
      case Verdict::kOutrun:
        outrun_.push_back(row.id);
        continue;
      case Verdict::kWrite:
        break;
    }
    const bool was_live = stored != nullptr && stored->live();
    ++(stored == nullptr ? outcome_.inserted : outcome_.updated);
    if (row.archived && (stored == nullptr || !stored->archived)) ++outcome_.archived;
    if (!row.archived && stored != nullptr && !stored->live()) ++outcome_.restored;
    outcome_.live_change += static_cast<int64_t>(!row.archived) - static_cast<int64_t>(was_live);
    Put(candidate, stored_.rows[row.id.value]);
    written_.push_back(candidate);
    if (row.archived) marked_.push_back(row.id);
    if (row.modified) outcome_.written_stamps.push_back(*row.modified);
  }
  outcome_.outrun = static_cast<int64_t>(outrun_.size());
  if (commit_.links_due) {
    for (const Candidate& candidate : written_) {
      if (!candidate.row->archived) {
        stored_.due_links[candidate.row->id.value] = disk_.commits;
      }
    }
  }
  BringBackHiddenLinks();
}

void MemoryCommit::Put(const Candidate& candidate, StoredRow& stored) const {
  const RowShape& shape = *candidate.batch->shape;
  const auto fields = testing::CopyFields(candidate.batch->Line(*candidate.row));
  const auto places = PlacesOf(shape, *table_);
  CHECK_THAT(fields.size() == kEnvelopeFields + places.size());
  const bool is_current = shape.table->version == table_->version;
  stored.created_at = fields[1];
  stored.updated_at = fields[2];
  stored.archived = fields[3] == "t" || fields[3] == "true";
  stored.archived_at = fields[4];
  stored.hash.reset();
  if (shape.whole && is_current && fields[5]) stored.hash = std::stoll(*fields[5]);
  const std::set<std::string> asked(shape.asked.begin(), shape.asked.end());
  const bool everything = std::ranges::all_of(table_->columns, [&](const MirrorColumn& column) {
    return column.excluded || asked.contains(column.property());
  });
  const std::vector<std::string> names = everything ? std::vector<std::string>() : shape.asked;
  stored.rejected = everything ? fields[6] : MergedObject(stored.rejected, names, fields[6]);
  stored.overflow = everything ? fields[7] : MergedObject(stored.overflow, names, fields[7]);
  if (!stored.archived) stored.merged_into.reset();
  stored.erased_at.reset();
  stored.purged_at.reset();
  stored.synced = disk_.commits;
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i] == nullptr) continue;
    const Cell& value = fields[kEnvelopeFields + i];
    if (value) {
      stored.values[places[i]->property()] = *value;
    } else {
      stored.values.erase(places[i]->property());
    }
    if (places[i]->property() == table_->object.modified_property) {
      stored.modified = candidate.row->modified;
    }
  }
}

void MemoryCommit::BringBackHiddenLinks() {
  std::set<int64_t> archived;
  for (const Candidate& candidate : written_) {
    if (candidate.row->archived) archived.insert(candidate.row->id.value);
  }
  if (archived.empty()) return;
  for (auto& [key, link] : disk_.links) {
    if (!link.removed) continue;
    for (const bool from : {true, false}) {
      const int64_t id = from ? key.from : key.to;
      if ((from ? key.from_type : key.to_type) != commit_.object.name || !archived.contains(id)) {
        continue;
      }
      const auto at = stored_.rows.at(id).archived_at;
      if (!at || !link.removed) continue;
      const auto whole = compare::ParseRfc3339(*at).value_or(0) / 1000 * 1000;
      if (link.removed->time_since_epoch().count() >= whole) link.removed.reset();
    }
  }
}

std::vector<std::pair<RecordId, Instant>> MemoryCommit::Unnamed(
    const StoredObject& stored, const std::vector<ProvenRange>& ranges, bool archived_list) {
  std::vector<std::pair<RecordId, Instant>> unnamed;
  for (const ProvenRange& range : ranges) {
    if (range.archived_list != archived_list) continue;
    for (auto at = stored.rows.lower_bound(range.from.value);
         at != stored.rows.end() && at->first <= range.to.value; ++at) {
      const bool concerned = archived_list ? at->second.merely_archived() : at->second.live();
      if (concerned && !Names(range, RecordId{at->first})) {
        unnamed.emplace_back(RecordId{at->first}, range.sent_at);
      }
    }
  }
  return unnamed;
}

void MemoryCommit::Suspects() {
  std::set<RecordId> just_written;
  for (const Candidate& candidate : written_) just_written.insert(candidate.row->id);
  for (const bool archived : {false, true}) {
    for (const auto& [id, sent_at] : Unnamed(stored_, commit_.ranges, archived)) {
      if (just_written.contains(id) || recent_.WrittenSince(id, sent_at)) continue;
      (archived ? unarchived_ : absent_).push_back(id);
    }
  }
  for (const auto& [id, reason] : stored_.quarantine) {
    if (stored_.rows.contains(id)) continue;
    for (const ProvenRange& range : commit_.ranges) {
      if (range.archived_list || !InRange(range, RecordId{id})) continue;
      if (!Names(range, RecordId{id})) absent_.push_back(RecordId{id});
    }
  }
}

void MemoryCommit::MarkMerged() {
  std::map<RecordId, RecordId> survivor_of;
  for (const Candidate& candidate : written_) {
    for (const RecordId loser : candidate.row->merged_ids) {
      if (loser != candidate.row->id) survivor_of[loser] = candidate.row->id;
    }
  }
  for (const Fate& fate : commit_.fates) {
    if (fate.kind != Fate::Kind::kMerged || fate.merged_into == fate.id) continue;
    if (!LaterReadShows(fate)) survivor_of[fate.id] = fate.merged_into;
  }
  MarkMerged(survivor_of, false);
  survivor_of.clear();
  for (const Row* row : unchanged_survivors_) {
    for (const RecordId loser : row->merged_ids) {
      if (loser != row->id) survivor_of[loser] = row->id;
    }
  }
  MarkMerged(survivor_of, true);
}

void MemoryCommit::MarkMerged(const std::map<RecordId, RecordId>& survivor_of, bool only_archived) {
  if (survivor_of.empty()) return;
  if (!only_archived) {
    for (const auto& [loser, survivor] : survivor_of) marked_.push_back(loser);
  }
  for (const bool losers : {true, false}) {
    // A statement sees the table as it was when it began.
    std::map<int64_t, int64_t> target;
    for (const auto& [loser, survivor] : survivor_of) {
      const auto row = stored_.rows.find(survivor.value);
      const bool passes_on = row != stored_.rows.end() && row->second.merged_into;
      target[loser.value] = passes_on ? *row->second.merged_into : survivor.value;
    }
    for (auto& [id, row] : stored_.rows) {
      if (!losers && !row.merged_into) continue;
      const auto found = target.find(losers ? id : *row.merged_into);
      if (found == target.end() || found->second == id || row.merged_into == found->second) {
        continue;
      }
      if (only_archived && losers && (!row.archived || row.merged_into || row.erased_at)) continue;
      if (only_archived && !losers && Lives(*row.merged_into)) continue;
      outcome_.merged += !row.merged_into;
      outcome_.live_change -= row.live();
      row.merged_into = found->second;
      row.erased_at.reset();
      row.purged_at.reset();
      row.synced = disk_.commits;
    }
  }
}

bool MemoryCommit::LaterReadShows(const Fate& fate) const {
  return fate.sent_at != Instant{} && recent_.WrittenSince(fate.id, fate.sent_at);
}

bool MemoryCommit::Lives(int64_t id) const {
  const auto row = stored_.rows.find(id);
  return row != stored_.rows.end() && row->second.live();
}

void MemoryCommit::FindGone() {
  for (const Fate& fate : commit_.fates) {
    if (fate.kind == Fate::Kind::kMerged || LaterReadShows(fate)) continue;
    const auto row = stored_.rows.find(fate.id.value);
    if (row == stored_.rows.end() || !row->second.merged_into) gone_.push_back(fate);
  }
}

void MemoryCommit::MarkPurged() {
  for (const Fate& fate : gone_) {
    if (fate.kind != Fate::Kind::kPurged) continue;
    marked_.push_back(fate.id);
    const auto found = stored_.rows.find(fate.id.value);
    if (found == stored_.rows.end()) continue;
    ++outcome_.purged;
    outcome_.live_change -= found->second.live();
    found->second.purged_at = fate.at;
    found->second.synced = disk_.commits;
  }
}

std::map<RecordId, TimePoint> MemoryCommit::WithMerged(
    const std::map<RecordId, TimePoint>& people) const {
  std::map<RecordId, TimePoint> all = people;
  for (const auto& [id, row] : stored_.rows) {
    if (!row.merged_into) continue;
    const auto found = people.find(RecordId{*row.merged_into});
    if (found != people.end()) all.emplace(RecordId{id}, found->second);
  }
  for (const auto& [id, at] : people) {
    const auto row = stored_.rows.find(id.value);
    if (row == stored_.rows.end()) continue;
    for (const char* property : {"hs_merged_object_ids", "hs_calculated_merged_vids"}) {
      const auto list = row->second.values.find(property);
      if (list == row->second.values.end()) continue;
      std::vector<RecordId> losers;
      AddMergedIds(list->second, id, losers);
      for (const RecordId loser : losers) {
        const auto loser_row = stored_.rows.find(loser.value);
        if (loser_row == stored_.rows.end() || !loser_row->second.live()) all.emplace(loser, at);
      }
    }
  }
  return all;
}

void MemoryCommit::LookAtActivities(const std::map<RecordId, TimePoint>& all) {
  const std::string& object = commit_.object.name;
  for (const auto& [key, link] : disk_.links) {
    for (const bool from : {true, false}) {
      const int64_t person = from ? key.from : key.to;
      const int64_t other = from ? key.to : key.from;
      const std::string& other_type = from ? key.to_type : key.from_type;
      if ((from ? key.from_type : key.to_type) != object || !all.contains(RecordId{person})) {
        continue;
      }
      const auto type = FindObjectType(other_type);
      if (other_type == object || !type || !type->holds_personal_data) continue;
      disk_.objects[other_type].pending.try_emplace(
          other, StoredPending{{.id = RecordId{other}, .cause = PendingCause::kRequested},
                               disk_.commits,
                               disk_.commits});
    }
  }
}

void MemoryCommit::Erase() {
  std::map<RecordId, TimePoint> people;
  for (const Fate& fate : gone_) {
    if (fate.kind == Fate::Kind::kErased) people.emplace(fate.id, fate.at);
  }
  if (people.empty()) return;
  const auto all = WithMerged(people);
  LookAtActivities(all);
  std::erase_if(disk_.links, [&](const auto& item) {
    const LinkKey& key = item.first;
    return (key.from_type == commit_.object.name && all.contains(RecordId{key.from})) ||
           (key.to_type == commit_.object.name && all.contains(RecordId{key.to}));
  });
  for (const auto& [id, at] : all) {
    marked_.push_back(id);
    stored_.pending.erase(id.value);
    stored_.due_links.erase(id.value);
    stored_.seen.erase(id.value);
    outcome_.released += static_cast<int64_t>(stored_.quarantine.erase(id.value));
    const auto found = stored_.rows.find(id.value);
    if (found == stored_.rows.end()) continue;
    StoredRow& row = found->second;
    ++outcome_.erased;
    outcome_.live_change -= row.live();
    StoredRow left{.created_at = row.created_at, .archived = row.archived};
    left.erased_at = row.erased_at ? row.erased_at : at;
    left.synced = disk_.commits;
    row = std::move(left);
  }
}

void MemoryCommit::LeaveQuarantine() {
  const auto leave = [this](RecordId id) {
    outcome_.released += static_cast<int64_t>(stored_.quarantine.erase(id.value));
  };
  for (const RecordId id : unchanged_) leave(id);
  for (const Candidate& candidate : written_) leave(candidate.row->id);
  for (const Fate& fate : commit_.fates) leave(fate.id);
}

void MemoryCommit::SetAside() {
  for (const UnreadableRecord& record : commit_.unreadable) {
    outcome_.unreadable +=
        stored_.quarantine.insert_or_assign(record.id.value, record.reason).second;
  }
}

int64_t MemoryCommit::AddPending(const std::vector<RecordId>& ids, PendingCause cause) {
  int64_t added = 0;
  for (const RecordId id : ids) {
    const auto [found, is_new] = stored_.pending.try_emplace(
        id.value, StoredPending{{.id = id, .cause = cause}, disk_.commits, 0});
    found->second.version = disk_.commits;
    added += is_new;
  }
  return added;
}

void MemoryCommit::Pending() {
  const auto remove_version = [this](RecordId id, const std::string& version) {
    const auto found = stored_.pending.find(id.value);
    if (found == stored_.pending.end()) return;
    if (std::to_string(found->second.version) == version) stored_.pending.erase(found);
  };
  for (const SettledRecord& record : commit_.settled) {
    if (!record.version.empty()) remove_version(record.id, record.version);
  }
  for (const SettledRecord& record : commit_.settled) {
    if (!record.version.empty() || !record.shown) continue;
    const auto found = stored_.pending.find(record.id.value);
    if (found == stored_.pending.end()) continue;
    const PendingRecord& waits = found->second.record;
    if (waits.cause == PendingCause::kNominated && waits.nominated &&
        *waits.nominated <= *record.shown) {
      stored_.pending.erase(found);
    }
  }
  std::map<RecordId, PendingRecord> read;
  std::map<RecordId, PendingRecord> noted;
  for (const PendingRecord& record : commit_.pending) {
    (record.version.empty() ? noted : read)[record.id] = record;
    if (!record.version.empty()) remove_version(record.id, record.version);
  }
  for (const auto& [id, record] : read) {
    stored_.pending.try_emplace(id.value, StoredPending{record, disk_.commits, disk_.commits});
  }
  for (const auto& [id, record] : noted) {
    const auto [found, is_new] =
        stored_.pending.try_emplace(id.value, StoredPending{record, disk_.commits, disk_.commits});
    if (is_new) continue;
    PendingRecord& waits = found->second.record;
    const bool newer =
        record.nominated && (!waits.nominated || *record.nominated > *waits.nominated);
    if (waits.cause == record.cause && waits.nominated && !newer) continue;
    const bool fresh = record.nominated && waits.nominated && *record.nominated > *waits.nominated;
    waits.cause = record.cause;
    if (newer) waits.nominated = record.nominated;
    if (!waits.absent_since) waits.absent_since = record.absent_since;
    if (fresh) waits.attempts = 0;
    waits.not_before = record.not_before;
    found->second.version = disk_.commits;
  }
  AddPending(outrun_, PendingCause::kOutrun);
  outcome_.suspects = AddPending(absent_, PendingCause::kAbsent) +
                      AddPending(unarchived_, PendingCause::kUnarchived);
}

void MemoryCommit::Remember(RecentWrites& recent, Instant committed_at) const {
  std::map<Instant, std::vector<RecordId>> by_request;
  for (const Candidate& candidate : written_) {
    by_request[candidate.row->sent_at].push_back(candidate.row->id);
  }
  for (auto& [sent_at, ids] : by_request) recent.Wrote(std::move(ids), sent_at, committed_at);
  recent.Marked(marked_, committed_at);
}

bool Differs(const RowBatch& batch, const Row& row, const MirrorTable& table,
             const StoredRow& stored) {
  const auto fields = testing::CopyFields(batch.Line(row));
  const auto places = PlacesOf(*batch.shape, table);
  const bool archived = fields[3] == "t" || fields[3] == "true";
  if (fields[1] != stored.created_at || fields[2] != stored.updated_at ||
      archived != stored.archived || fields[4] != stored.archived_at) {
    return true;
  }
  if (MergedObject(stored.rejected, {}, {}) != MergedObject(fields[6], {}, {})) return true;
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i] == nullptr) continue;
    const auto found = stored.values.find(places[i]->property());
    const Cell& shown = fields[kEnvelopeFields + i];
    if (shown.has_value() != (found != stored.values.end())) return true;
    if (shown && *shown != found->second) return true;
  }
  return false;
}

}  // namespace hubmirror::simulation
