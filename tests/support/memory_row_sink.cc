#include "support/memory_row_sink.h"

#include <algorithm>
#include <iterator>

namespace hubmirror::testing {

StoredStream MemoryRowSink::Load(const ObjectType& object) {
  return {.table = table,
          .progress = progress,
          .rows = CountLive(),
          .pending = CountPending(object),
          .debts = debts,
          .values_lost = values_lost};
}

MirrorTablePtr MemoryRowSink::ApplyLayout(const MirrorTable& wanted) {
  if (table && table->columns == wanted.columns) return table;
  MirrorTable next = wanted;
  next.version = table ? table->version + 1 : 1;
  if (!table) {
    progress.clear();
    decorated = false;
  }
  if (table && table->columns != wanted.columns) progress[JobKind::kFill].cursor.clear();
  table = std::make_shared<const MirrorTable>(std::move(next));
  return table;
}

MirrorTablePtr MemoryRowSink::MarkFilled(const ObjectType&,
                                         const std::vector<std::string>& properties) {
  MirrorTable next = *table;
  ++next.version;
  for (MirrorColumn& column : next.columns) {
    if (std::find(properties.begin(), properties.end(), column.property()) == properties.end()) {
      continue;
    }
    column.state = PropertyState::kCurrent;
    filled.push_back(column.property());
  }
  table = std::make_shared<const MirrorTable>(std::move(next));
  return table;
}

CommitOutcome MemoryRowSink::Write(const Commit& commit) {
  const Death death = std::exchange(die, Death::kNever);
  const DatabaseError away(DatabaseError::Kind::kUnavailable, "57P01", "the database went away");
  if (death == Death::kBeforeCommit) throw away;
  if (!bug.empty()) throw std::out_of_range(bug);
  if (refuses_rows && !commit.rows.empty()) {
    throw DatabaseError(DatabaseError::Kind::kOther, "P0001", "a trigger refuses");
  }
  ++writes;
  if (!commit.loaded.empty()) loaded.push_back(commit.loaded);
  CommitOutcome outcome{.live_change = -CountRows({}), .values_lost = values_lost_per_write};
  for (const RowBatch& batch : commit.rows) WriteRows(batch, outcome);
  for (const ProvenRange& range : commit.ranges) Suspect(range, outcome);
  for (const Fate& fate : commit.fates) {
    const auto found = rows.find(fate.id.value);
    if (found == rows.end()) continue;
    if (fate.kind == Fate::Kind::kMerged) {
      found->second.merged_into = fate.merged_into.value;
      ++outcome.merged;
    } else {
      found->second.gone = true;
      ++(fate.kind == Fate::Kind::kErased ? outcome.erased : outcome.purged);
    }
  }
  for (const SettledRecord& record : commit.settled) Settle(record);
  for (const PendingRecord& record : commit.pending) Wait(record);
  for (const UnreadableRecord& record : commit.unreadable) {
    outcome.unreadable += set_aside.insert_or_assign(record.id.value, record.reason).second;
  }
  const auto sweep = commit.progress.find(JobKind::kSweep);
  if (sweep != commit.progress.end() && sweep->second.last_complete_at && !decorated) {
    ended_undecorated = true;
  }
  for (const auto& [job, stored] : commit.progress) progress[job] = stored;
  if (commit.debts) debts = *commit.debts;
  if (on_outbox && !commit.outbox.empty()) on_outbox(commit.outbox);
  if (commit.forget_lost_values) values_lost.clear();
  for (const auto& [property, records] : outcome.values_lost) values_lost[property] += records;
  if (death == Death::kAfterCommit) throw away;
  outcome.live_change += CountRows({});
  return outcome;
}

bool MemoryRowSink::Found(PendingRecord record) {
  const auto [found, is_new] = waiting.try_emplace(record.id.value, std::move(record));
  found->second.version = NextVersion();
  return is_new;
}

void MemoryRowSink::Settle(const SettledRecord& record) {
  const auto found = waiting.find(record.id.value);
  if (found == waiting.end()) return;
  const PendingRecord& waits = found->second;
  const bool shown = record.version.empty() && record.shown &&
                     waits.cause == PendingCause::kNominated && waits.nominated &&
                     *waits.nominated <= *record.shown;
  if (shown || waits.version == record.version) waiting.erase(found);
}

void MemoryRowSink::Wait(PendingRecord record) {
  const auto found = waiting.find(record.id.value);
  if (found != waiting.end()) {
    const PendingRecord& waits = found->second;
    if (!record.version.empty() && record.version != waits.version) return;
    if (record.version.empty()) {
      if (record.cause == waits.cause && waits.nominated && record.nominated <= waits.nominated) {
        return;
      }
      if (!(record.nominated > waits.nominated)) record.attempts = waits.attempts;
      record.nominated = std::max(record.nominated, waits.nominated);
      if (waits.absent_since) record.absent_since = waits.absent_since;
    }
  }
  record.version = NextVersion();
  waiting[record.id.value] = std::move(record);
}

void MemoryRowSink::WriteRows(const RowBatch& batch, CommitOutcome& outcome) {
  for (const Row& row : batch.rows) {
    outcome.released += static_cast<int64_t>(set_aside.erase(row.id.value));
    const auto [found, is_new] = rows.try_emplace(row.id.value);
    Entry& entry = found->second;
    if (!is_new && entry.modified && row.modified && *row.modified < *entry.modified) {
      Found({.id = row.id, .cause = PendingCause::kOutrun});
      ++outcome.outrun;
      continue;
    }
    const std::string line(batch.Line(row));
    NoteValues(*batch.shape, line);
    if (!is_new && entry.line == line && entry.archived == row.archived) {
      ++outcome.unchanged;
      continue;
    }
    ++(is_new ? outcome.inserted : outcome.updated);
    entry = {.modified = row.modified, .line = line, .archived = row.archived};
    for (const RecordId loser : row.merged_ids) {
      if (rows.contains(loser.value)) rows[loser.value].merged_into = row.id.value;
    }
  }
}

void MemoryRowSink::Suspect(const ProvenRange& range, CommitOutcome& outcome) {
  for (const auto& [id, entry] : rows) {
    if (id < range.from.value || id > range.to.value) continue;
    const bool concerned =
        range.archived_list ? entry.archived && !entry.merged_into && !entry.gone : entry.live();
    if (!concerned) continue;
    if (std::binary_search(range.present.begin(), range.present.end(), RecordId{id})) continue;
    const auto cause = range.archived_list ? PendingCause::kUnarchived : PendingCause::kAbsent;
    if (Found({.id = RecordId{id}, .cause = cause})) ++outcome.suspects;
  }
}

std::vector<StoredRecord> MemoryRowSink::Stored(const ObjectType&,
                                                const std::vector<RecordId>& ids) {
  std::vector<StoredRecord> stored;
  for (const RecordId id : ids) {
    const auto found = rows.find(id.value);
    if (found == rows.end()) continue;
    stored.push_back({.id = id,
                      .modified = found->second.modified,
                      .archived = found->second.archived,
                      .merged = found->second.merged_into.has_value(),
                      .gone = found->second.gone});
  }
  return stored;
}

std::vector<PendingRecord> MemoryRowSink::DuePending(const ObjectType&, TimePoint now,
                                                     size_t limit) {
  std::vector<PendingRecord> due;
  for (auto& [id, record] : waiting) {
    if (due.size() == limit) break;
    // A test has put it there.
    if (record.version.empty()) record.version = NextVersion();
    if (!record.not_before || *record.not_before <= now) due.push_back(record);
  }
  return due;
}

PendingCounts MemoryRowSink::CountPending(const ObjectType&) {
  PendingCounts counts;
  for (const auto& [id, record] : waiting) {
    if (record.absent_since) ++counts.absent;
    ++(record.cause == PendingCause::kUnproved ? counts.unproved : counts.waiting);
  }
  return counts;
}

std::set<std::string> MemoryRowSink::WithValues(const ObjectType&,
                                                const std::set<std::string>& properties) {
  std::set<std::string> held;
  std::ranges::set_intersection(properties, valued_, std::inserter(held, held.end()));
  return held;
}

void MemoryRowSink::NoteValues(const RowShape& shape, std::string_view line) {
  constexpr size_t kEnvelope = 8;
  size_t field = 0;
  for (size_t at = 0; at < line.size(); ++field) {
    const size_t end = std::min(line.find_first_of("\t\n", at), line.size());
    if (field >= kEnvelope && line.substr(at, end - at) != "\\N") {
      valued_.insert(shape.table->columns[shape.columns.at(field - kEnvelope)].property());
    }
    at = end + 1;
  }
}

int64_t MemoryRowSink::CountRows(const ObjectType& object) {
  if (!table) {
    throw DatabaseError(DatabaseError::Kind::kOther, "42P01",
                        "the table of " + object.name + " does not exist");
  }
  return CountLive();
}

int64_t MemoryRowSink::CountLive() const {
  return std::count_if(rows.begin(), rows.end(),
                       [](const auto& item) { return item.second.live(); });
}

std::optional<RecordId> MemoryRowSink::WitnessRecord(const ObjectType&, bool archived) {
  for (const auto& [id, entry] : rows) {
    const bool fits = archived ? entry.archived && !entry.merged_into && !entry.gone : entry.live();
    if (fits && !waiting.contains(id)) return RecordId{id};
  }
  return std::nullopt;
}

void MemoryRowSink::AddSeen(const ObjectType&, const std::vector<RecordId>& ids) {
  for (const RecordId id : ids) seen.push_back(id.value);
}

int64_t MemoryRowSink::SuspectUnseen(const ObjectType&, TimePoint) {
  int64_t suspects = 0;
  for (const auto& [id, entry] : rows) {
    if (!entry.live() || std::find(seen.begin(), seen.end(), id) != seen.end()) continue;
    Found({.id = RecordId{id}, .cause = PendingCause::kAbsent});
    ++suspects;
  }
  return suspects;
}

VerifyReport MemoryRowSink::Verify(const Commit& page, const VerifyRequest& request,
                                   CommitOutcome&) {
  if (request.repair) ++repairs;
  VerifyReport report;
  for (const RowBatch& batch : page.rows) {
    for (const Row& row : batch.rows) {
      ++report.checked;
      compared.insert(row.id.value);
      if (live(row.id.value)) continue;
      ++report.missing;
      report.Note(VerifyFinding::Kind::kMissing, row.id);
    }
  }
  for (const ProvenRange& range : page.ranges) {
    for (const auto& [id, entry] : rows) {
      const bool inside = id >= range.from.value && id <= range.to.value;
      if (!inside || !entry.live()) continue;
      if (std::ranges::binary_search(range.present, RecordId{id})) continue;
      report.absent.push_back(RecordId{id});
    }
  }
  return report;
}

}  // namespace hubmirror::testing
