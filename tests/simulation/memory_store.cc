#include "simulation/memory_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"
#include "compare/json.h"
#include "simulation/memory_commit.h"

namespace hubmirror::simulation {
namespace {

using namespace std::chrono_literals;

// As in PortalSink.
constexpr size_t kWitnesses = 16;
constexpr auto kVerifySlack = 2min;

DatabaseError StartOver(const std::string& cause) {
  return {DatabaseError::Kind::kUnavailable, "08006", cause + ": what it holds is read again"};
}

bool IsId(const std::string& text) {
  return !text.empty() && text.size() <= 18 &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

void Reject(StoredRow& row, const std::string& property, const std::string& value) {
  compare::Json::Object members;
  if (row.rejected) members = compare::Json::Parse(*row.rejected).AsObject();
  std::string text = "{" + compare::JsonQuoted(property) + ":" + compare::JsonQuoted(value);
  for (const auto& [name, kept] : members) {
    if (name == property) continue;
    text += "," + compare::JsonQuoted(name) + ":" + compare::JsonQuoted(kept.AsString());
  }
  row.rejected = text + "}";
}

/// Takes a member out of a jsonb of strings; false when it was not in it.
bool TakeOut(Cell& object, const std::string& property) {
  if (!object) return false;
  const auto members = compare::Json::Parse(*object).AsObject();
  if (!members.contains(property)) return false;
  std::string text;
  for (const auto& [name, kept] : members) {
    if (name == property) continue;
    text += (text.empty() ? "{" : ",") + compare::JsonQuoted(name) + ":" +
            compare::JsonQuoted(kept.AsString());
  }
  object = text.empty() ? Cell() : Cell(text + "}");
  return true;
}

void Retype(StoredObject& stored, const MirrorColumn& before, MirrorColumn& column) {
  const std::string& property = column.property();
  const bool converts = before.type == ColumnType::kText && column.type == ColumnType::kInteger;
  if (converts) column.state = before.state;
  for (auto& [id, row] : stored.rows) {
    const auto value = row.values.find(property);
    if (value == row.values.end()) continue;
    if (converts && IsId(value->second)) {
      value->second = std::to_string(std::stoll(value->second));
      continue;
    }
    if (converts) Reject(row, property, value->second);
    row.values.erase(value);
  }
}

/// See SchemaWriter::ClearReturned.
void ClearReturned(StoredObject& stored, const std::string& property) {
  for (auto& [id, row] : stored.rows) {
    if (row.merged_into || row.gone()) continue;
    const bool had = row.values.erase(property) > 0;
    const bool rejected = TakeOut(row.rejected, property);
    if (had || rejected) row.hash.reset();
  }
}

}  // namespace

void MemoryStore::Claim() {
  claimed_ = true;
  left_.clear();
  for (const auto& [object, known] : known_) known->used = false;
}

void MemoryStore::CheckClaimed() const {
  if (!claimed_) throw StartOver("the database was away meanwhile");
}

StoredObject& MemoryStore::TableOf(const ObjectType& object) {
  StoredObject& stored = disk_.objects[object.name];
  if (stored.exists) return stored;
  throw DatabaseError(DatabaseError::Kind::kOther, "42P01",
                      "the table of " + object.name + " is not there");
}

std::map<std::string, int64_t> MemoryStore::LastKnownRows() {
  std::map<std::string, int64_t> rows;
  for (const auto& [object, stored] : disk_.objects) {
    if (stored.exists) rows[object] = stored.live_rows;
  }
  return rows;
}

MemoryStore::Known& MemoryStore::KnownOf(const std::string& object) {
  auto& known = known_[object];
  if (!known) known = std::make_unique<Known>(keep_);
  return *known;
}

MirrorTablePtr MemoryStore::Adopt(const ObjectType& object,
                                  const std::vector<MirrorColumn>& columns) {
  Known& known = KnownOf(object.name);
  known.used = true;
  if (known.table && known.table->columns == columns) return known.table;
  known.table = std::make_shared<const MirrorTable>(
      MirrorTable{.object = object, .columns = columns, .version = ++versions_});
  return known.table;
}

StoredStream MemoryStore::Load(const ObjectType& object) {
  const auto found = disk_.objects.find(object.name);
  if (found == disk_.objects.end() || !found->second.exists) return {};
  const StoredObject& stored = found->second;
  for (const auto& [job, number] : stored.writes)
    left_.emplace(std::pair(object.name, job), number);
  return {.table = Adopt(object, stored.columns),
          .progress = stored.progress,
          .rows = stored.live_rows,
          .pending = CountPending(object),
          .quarantined = static_cast<int64_t>(stored.quarantine.size()),
          .debts = stored.debts,
          .values_lost = stored.values_lost,
          .paused = stored.state == NameOf(StreamState::kPaused)};
}

MirrorTablePtr MemoryStore::ApplyLayout(const MirrorTable& wanted) {
  CheckClaimed();
  StoredObject& stored = disk_.objects[wanted.name()];
  ++disk_.commits;
  std::vector<MirrorColumn> columns = wanted.columns;
  if (!stored.exists) {
    stored = {};
    stored.exists = true;
    std::erase_if(left_, [&](const auto& left) { return left.first.first == wanted.name(); });
    KnownOf(wanted.name()).recent.Clear();
    if (KnownOf(wanted.name()).used) {
      stored.columns = columns;
      claimed_ = false;
      throw StartOver("the table was dropped and is made again");
    }
  } else {
    for (MirrorColumn& column : columns) {
      CHECK_THAT(column.storage == Storage::kColumn);
      const auto before = std::ranges::find(stored.columns, column.property(),
                                            [](const MirrorColumn& c) { return c.property(); });
      if (before == stored.columns.end()) continue;
      if (stored.dropped.contains(column.property())) column.state = PropertyState::kFilling;
      if (before->type != column.type) Retype(stored, *before, column);
      const bool returned = before->definition->archived && !column.definition->archived;
      if (returned && !column.excluded) ClearReturned(stored, column.property());
    }
    if (!std::exchange(stored.dropped, {}).empty()) {
      for (auto& [id, row] : stored.rows) row.hash.reset();
    }
    if (columns != stored.columns) {
      const auto fill = stored.progress.find(JobKind::kFill);
      if (fill != stored.progress.end()) fill->second.cursor.clear();
    }
  }
  stored.columns = columns;
  return Adopt(wanted.object, columns);
}

MirrorTablePtr MemoryStore::MarkFilled(const ObjectType& object,
                                       const std::vector<std::string>& properties) {
  CheckClaimed();
  StoredObject& stored = disk_.objects[object.name];
  ++disk_.commits;
  for (MirrorColumn& column : stored.columns) {
    if (std::ranges::find(properties, column.property()) != properties.end()) {
      column.state = PropertyState::kCurrent;
    }
  }
  return Adopt(object, stored.columns);
}

void MemoryStore::CheckProgress(const std::string& object,
                                const std::map<JobKind, JobProgress>& progress) {
  const auto& writes = disk_.objects[object].writes;
  for (const auto& [job, made] : progress) {
    const auto number = writes.find(job);
    const auto left = left_.find({object, job});
    const int64_t stored = number == writes.end() ? 0 : number->second;
    if (left == left_.end() || left->second == stored) continue;
    claimed_ = false;
    throw StartOver("the database has lost commits, or somebody put them back");
  }
}

void MemoryStore::SaveProgress(const std::string& object,
                               const std::map<JobKind, JobProgress>& progress) {
  StoredObject& stored = disk_.objects[object];
  for (const auto& [job, made] : progress) {
    stored.progress[job] = made;
    left_[{object, job}] = ++stored.writes[job];
  }
}

void MemoryStore::CheckColumns(const MirrorTable& table) const {
  const auto& stored = disk_.objects[table.name()];
  for (const MirrorColumn& column : table.columns) {
    const auto there =
        std::ranges::find(stored.columns, column.column_name, &MirrorColumn::column_name);
    const bool dropped = stored.dropped.contains(column.property());
    if (there != stored.columns.end() && there->type == column.type && !dropped) continue;
    throw DatabaseError(DatabaseError::Kind::kOther, "42703",
                        "there is no column " + column.column_name);
  }
}

CommitOutcome MemoryStore::Write(const Commit& commit) {
  CheckClaimed();
  Known& known = KnownOf(commit.object.name);
  if ((!known.table || !disk_.objects[commit.object.name].exists) &&
      !(commit.rows.empty() && commit.ranges.empty() && commit.fates.empty())) {
    throw DatabaseError(DatabaseError::Kind::kOther, "42P01",
                        "the table of " + commit.object.name + " is not there yet");
  }
  if (known.table && !commit.rows.empty()) CheckColumns(*known.table);
  CheckProgress(commit.object.name, commit.progress);
  known.recent.Forget(clock_.Now());
  ++disk_.commits;
  MemoryCommit writer(disk_, known.table.get(), known.recent, commit);
  CommitOutcome outcome = writer.Run();
  SaveProgress(commit.object.name, commit.progress);
  writer.Remember(known.recent, clock_.Now());
  NoteWitnesses(commit);
  return outcome;
}

void MemoryStore::NoteWitnesses(const Commit& commit) {
  Known& known = KnownOf(commit.object.name);
  for (const RowBatch& batch : commit.rows) {
    if (batch.empty()) continue;
    const Row& row = batch.rows.back();
    if (!row.merged_ids.empty()) continue;
    auto& seen = row.archived ? known.seen_archived : known.seen_live;
    seen.push_front(row.id);
    if (seen.size() > kWitnesses) seen.pop_back();
  }
}

std::vector<StoredRecord> MemoryStore::Stored(const ObjectType& object,
                                              const std::vector<RecordId>& ids) {
  std::vector<StoredRecord> records;
  const auto& rows = TableOf(object).rows;
  for (const RecordId id : ids) {
    const auto found = rows.find(id.value);
    if (found == rows.end()) continue;
    const StoredRow& row = found->second;
    records.push_back({.id = id,
                       .modified = row.modified,
                       .archived = row.archived,
                       .merged = row.merged_into.has_value(),
                       .gone = row.gone()});
  }
  return records;
}

std::vector<PendingRecord> MemoryStore::DuePending(const ObjectType& object, TimePoint now,
                                                   size_t limit) {
  std::vector<const StoredPending*> due;
  for (const auto& [id, pending] : disk_.objects[object.name].pending) {
    if (!pending.record.not_before || *pending.record.not_before <= now) due.push_back(&pending);
  }
  std::ranges::stable_sort(due, [](const StoredPending* a, const StoredPending* b) {
    const auto key = [](const StoredPending& pending) {
      return std::pair(pending.record.not_before.value_or(TimePoint::min()), pending.added);
    };
    return key(*a) < key(*b);
  });
  std::vector<PendingRecord> records;
  for (const StoredPending* pending : due) {
    if (records.size() == limit) break;
    records.push_back(pending->record);
    records.back().version = std::to_string(pending->version);
  }
  return records;
}

PendingCounts MemoryStore::CountPending(const ObjectType& object) {
  PendingCounts counts;
  for (const auto& [id, pending] : disk_.objects[object.name].pending) {
    if (pending.record.absent_since) ++counts.absent;
    const bool unproved = pending.record.cause == PendingCause::kUnproved;
    ++(unproved ? counts.unproved : counts.waiting);
  }
  return counts;
}

int64_t MemoryStore::CountRows(const ObjectType& object) {
  StoredObject& stored = TableOf(object);
  const auto live =
      std::ranges::count_if(stored.rows, [](const auto& item) { return item.second.live(); });
  if (live != stored.live_rows) {
    CheckClaimed();
    stored.live_rows = live;
  }
  return live;
}

std::optional<RecordId> MemoryStore::WitnessRecord(const ObjectType& object, bool archived) {
  const StoredObject& stored = TableOf(object);
  std::set<int64_t> survivors;
  for (const auto& [id, row] : stored.rows) {
    if (row.merged_into) survivors.insert(*row.merged_into);
  }
  const auto certain = [&](int64_t id) {
    const auto row = stored.rows.find(id);
    return row != stored.rows.end() &&
           (archived ? row->second.merely_archived() : row->second.live()) &&
           !stored.pending.contains(id) && !survivors.contains(id);
  };
  const Known& known = KnownOf(object.name);
  for (const RecordId id : archived ? known.seen_archived : known.seen_live) {
    if (certain(id.value)) return id;
  }
  for (auto at = stored.rows.rbegin(); at != stored.rows.rend(); ++at) {
    if (certain(at->first)) return RecordId{at->first};
  }
  return std::nullopt;
}

void MemoryStore::BeginSeen(const ObjectType& object) {
  CheckClaimed();
  disk_.objects[object.name].seen.clear();
}

void MemoryStore::AddSeen(const ObjectType& object, const std::vector<RecordId>& ids) {
  CheckClaimed();
  ++disk_.commits;
  for (const RecordId id : ids) {
    disk_.objects[object.name].seen.try_emplace(id.value, disk_.commits);
  }
}

int64_t MemoryStore::SuspectUnseen(const ObjectType& object, TimePoint) {
  CheckClaimed();
  StoredObject& stored = TableOf(object);
  ++disk_.commits;
  int64_t first = disk_.commits;
  for (const auto& [id, noted] : stored.seen) first = std::min(first, noted);
  int64_t suspects = 0;
  const auto suspect = [&](int64_t id) {
    suspects +=
        stored.pending
            .try_emplace(id, StoredPending{{.id = RecordId{id}, .cause = PendingCause::kAbsent},
                                           disk_.commits,
                                           disk_.commits})
            .second;
  };
  for (const auto& [id, row] : stored.rows) {
    if (row.live() && row.synced < first && !stored.seen.contains(id)) suspect(id);
  }
  for (const auto& [id, reason] : stored.quarantine) {
    if (!stored.seen.contains(id) && !stored.rows.contains(id)) suspect(id);
  }
  stored.seen.clear();
  return suspects;
}

void MemoryStore::ResetStream(const ObjectType& object) {
  CheckClaimed();
  StoredObject& stored = disk_.objects[object.name];
  ++disk_.commits;
  stored.progress.clear();
  stored.writes.clear();
  stored.debts.clear();
  stored.values_lost.clear();
  stored.pending.clear();
  stored.seen.clear();
  stored.due_links.clear();
  std::erase_if(left_, [&](const auto& left) { return left.first.first == object.name; });
}

void MemoryStore::SaveState(const ObjectType& object, StreamState state, const std::string&,
                            const std::string&) {
  CheckClaimed();
  disk_.objects[object.name].state = NameOf(state);
}

VerifyReport MemoryStore::Verify(const Commit& page, const VerifyRequest& request,
                                 CommitOutcome& outcome) {
  CheckClaimed();
  Known& known = KnownOf(page.object.name);
  if (!known.table) {
    throw DatabaseError(DatabaseError::Kind::kOther, "42P01",
                        "the table of " + page.object.name + " is not there yet");
  }
  CheckColumns(*known.table);
  CheckProgress(page.object.name, page.progress);
  known.recent.Forget(clock_.Now());
  StoredObject& stored = disk_.objects[page.object.name];
  VerifyReport report;
  std::vector<int64_t> edited;
  for (const RowBatch& batch : page.rows) {
    for (const Row& row : batch.rows) {
      ++report.checked;
      const bool due =
          request.watermark && row.modified && *row.modified + kVerifySlack < *request.watermark;
      const auto found = stored.rows.find(row.id.value);
      if (found == stored.rows.end() || !found->second.live()) {
        if (!due || known.recent.MarkedSince(row.id, row.sent_at)) continue;
        if (found != stored.rows.end() && found->second.archived && !found->second.gone()) {
          ++report.unstamped;
          continue;
        }
        ++report.missing;
        report.Note(VerifyFinding::Kind::kMissing, row.id);
        continue;
      }
      const StoredRow& there = found->second;
      if (known.recent.MayBeOlder(row.id, row.sent_at)) continue;
      const bool stamped = row.modified && there.modified;
      if (stamped && *row.modified < *there.modified) continue;
      if (stamped && *row.modified > *there.modified) {
        if (!due) continue;
        ++report.stale;
        report.Note(VerifyFinding::Kind::kStale, row.id);
      } else if (there.hash && *there.hash != row.hash) {
        ++report.unstamped;
      } else if (batch.shape->table->version == known.table->version &&
                 Differs(batch, row, *known.table, there)) {
        edited.push_back(row.id.value);
        report.Note(VerifyFinding::Kind::kDifferent, row.id);
      }
    }
  }
  report.different = static_cast<int64_t>(edited.size());
  for (const auto& [id, sent_at] : MemoryCommit::Unnamed(stored, page.ranges, false)) {
    if (!known.recent.WrittenSince(id, sent_at)) report.absent.push_back(id);
  }
  report.left = request.repair ? 0 : report.found();
  if (!request.repair) return report;
  for (const int64_t id : edited) stored.rows[id].hash.reset();
  ++disk_.commits;
  MemoryCommit writer(disk_, known.table.get(), known.recent, page);
  outcome = writer.Run();
  SaveProgress(page.object.name, page.progress);
  report.repaired = outcome.inserted + outcome.updated;
  writer.Remember(known.recent, clock_.Now());
  return report;
}

}  // namespace hubmirror::simulation
