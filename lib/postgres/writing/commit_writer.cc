#include "postgres/writing/commit_writer.h"

#include <algorithm>
#include <unordered_set>

#include "base/check.h"
#include "base/utf8.h"
#include "postgres/outbox/outbox_erasure.h"
#include "postgres/schema/live_view.h"
#include "postgres/session/sql_text.h"
#include "postgres/writing/erasure.h"
#include "postgres/writing/history_writer.h"

namespace hubmirror {
namespace {

bool Newer(const Row& a, const Row& b) {
  if (a.modified && b.modified && *a.modified != *b.modified) return *a.modified > *b.modified;
  return a.sent_at > b.sent_at;
}

/// Lines of both can be written by one statement.
bool SameShape(const RowShape& a, const RowShape& b) {
  return &a == &b || (a.table == b.table && a.whole == b.whole && a.columns == b.columns &&
                      a.overflow == b.overflow && a.asked == b.asked);
}

/// Rows to write, by shape: a statement over hundreds of columns takes milliseconds to plan, so
/// there must be few.
class ShapeGroups {
 public:
  struct Group {
    const RowShape* shape;
    std::vector<RowWriter::Planned> rows;
  };

  void Add(const RowWriter::Planned& row) {
    const RowShape& shape = *row.batch->shape;
    if (groups_.empty() || !SameShape(*groups_[last_].shape, shape)) last_ = Find(shape);
    groups_[last_].rows.push_back(row);
  }
  const std::vector<Group>& groups() const { return groups_; }

 private:
  size_t Find(const RowShape& shape) {
    for (size_t i = 0; i < groups_.size(); ++i) {
      if (SameShape(*groups_[i].shape, shape)) return i;
    }
    groups_.push_back({&shape, {}});
    return groups_.size() - 1;
  }

  std::vector<Group> groups_;
  size_t last_ = 0;
};

}  // namespace

CommitWriter::CommitWriter(Transaction& transaction, const Stream& stream, const Commit& commit)
    : transaction_(transaction), stream_(stream), commit_(commit) {
  if (stream_.feed != nullptr && stream_.table != nullptr) {
    selection_.emplace(stream_.feed->plan(), *stream_.table,
                       stream_.quarantine_in_use ? stream_.schema.Table("_quarantine") : "");
  }
}

std::string CommitWriter::Table() const {
  return stream_.schema.Table(commit_.object.name);
}

CommitOutcome CommitWriter::Run() {
  if (stream_.table != nullptr) {
    Choose();
    WriteRows();
    Suspects();
    MarkMerged();
    FindGone();
    MarkPurged();
    NoteDue();
    LeaveQuarantine();
  }
  SetAside();
  Pending();
  if (stream_.table != nullptr) Erase();
  stream_.store.AddLiveRows(transaction_, commit_.object.name, outcome_.live_change);
  if (commit_.debts) {
    stream_.store.SaveDebts(transaction_, commit_.object.name, *commit_.debts);
  }
  stream_.store.CountValuesLost(transaction_, commit_.object.name, commit_.forget_lost_values,
                                outcome_.values_lost);
  if (!commit_.budget.empty()) stream_.store.SaveBudget(transaction_, commit_.budget);
  if (stream_.feed != nullptr && !commit_.loaded.empty()) stream_.feed->AddLoaded(commit_.loaded);
  return std::move(outcome_);
}

bool CommitWriter::Shows(RecordId id) const {
  return std::ranges::find(unchanged_, id) != unchanged_.end() ||
         std::ranges::find(overtaken_, id) != overtaken_.end() ||
         std::ranges::any_of(written_,
                             [&](const Candidate& candidate) { return candidate.row->id == id; });
}

void CommitWriter::Choose() {
  size_t rows = 0;
  for (const RowBatch& batch : commit_.rows) rows += batch.rows.size();
  candidates_.reserve(rows);
  std::unordered_map<RecordId, size_t> place;
  place.reserve(rows);
  std::vector<RecordId> ids;
  ids.reserve(rows);
  for (const RowBatch& batch : commit_.rows) {
    for (const Row& row : batch.rows) {
      const auto [found, first] = place.emplace(row.id, candidates_.size());
      if (first) {
        candidates_.push_back({&batch, &row});
        ids.push_back(row.id);
      } else if (Newer(row, *candidates_[found->second].row)) {
        // Two answers of one commit show the same record.
        candidates_[found->second] = {&batch, &row};
      }
    }
  }
  if (ids.empty() && commit_.ranges.empty()) return;
  stored_.emplace(transaction_, Table(), *stream_.table, ids, commit_.ranges);
}

CommitWriter::Verdict CommitWriter::Judge(const Row& row, const StoredRow* stored) const {
  const RecentWrites& recent = stream_.recent;
  if (stored == nullptr) {
    // A record merged away before it was ever seen here.
    return recent.MarkedSince(row.id, row.sent_at) ? Verdict::kOutrun : Verdict::kWrite;
  }
  const bool same_flags = row.archived ? stored->archived && !stored->gone : stored->live();
  if (stored->hash == row.hash && same_flags) return Verdict::kUnchanged;
  // What was marked is revived by a read sent after the mark was committed, whatever its stamp.
  const bool revives = stored->gone || (!row.archived && !stored->live());
  if (revives &&
      (recent.MarkedSince(row.id, row.sent_at) || recent.MayBeOlder(row.id, row.sent_at))) {
    return Verdict::kOutrun;
  }
  if (row.modified && stored->modified) {
    if (*row.modified < *stored->modified) return Verdict::kOutrun;
    if (*row.modified > *stored->modified) return Verdict::kWrite;
  }
  return recent.MayBeOlder(row.id, row.sent_at) ? Verdict::kOutrun : Verdict::kWrite;
}

void CommitWriter::WriteRows() {
  ShapeGroups by_shape;
  std::vector<Candidate> chosen;
  for (const Candidate& candidate : candidates_) {
    const StoredRow* stored = stored_->Find(candidate.row->id);
    switch (Judge(*candidate.row, stored)) {
      case Verdict::kUnchanged:
        ++outcome_.unchanged;
        unchanged_.push_back(candidate.row->id);
        if (!candidate.row->merged_ids.empty()) unchanged_survivors_.push_back(candidate.row);
        break;
      case Verdict::kOutrun:
        outrun_.push_back(candidate.row->id);
        if (stored != nullptr && stored->modified && candidate.row->modified &&
            *candidate.row->modified < *stored->modified) {
          overtaken_.push_back(candidate.row->id);
        }
        break;
      case Verdict::kWrite:
        chosen.push_back(candidate);
        by_shape.Add({.batch = candidate.batch, .row = candidate.row, .is_new = stored == nullptr});
        break;
    }
  }
  outcome_.outrun = static_cast<int64_t>(outrun_.size());
  if (chosen.empty()) return;

  RowWriter writer(transaction_, stream_.schema, *stream_.table,
                   selection_ ? &*selection_ : nullptr);
  for (const auto& [shape, rows] : by_shape.groups()) writer.Write(*shape, rows);
  const std::unordered_set<RecordId> refused(writer.quarantined().begin(),
                                             writer.quarantined().end());
  outcome_.quarantined = static_cast<int64_t>(refused.size());
  outcome_.values_lost = writer.values_lost();
  for (const Candidate& candidate : chosen) {
    const Row& row = *candidate.row;
    if (refused.contains(row.id)) continue;
    written_.push_back(candidate);
    if (row.archived) marked_.push_back(row.id);
    if (row.modified) outcome_.written_stamps.push_back(*row.modified);
    Count(row, stored_->Find(row.id));
  }
  if (selection_) NoteChanges(writer.differences());
  NoteLinksDue();
  BringBackHiddenLinks();
}

void CommitWriter::NoteChanges(const std::vector<RowWriter::Difference>& differences) {
  const bool everything = stream_.feed->plan().everything;
  std::unordered_map<RecordId, const Row*> rows;
  for (const Candidate& candidate : written_) rows.emplace(candidate.row->id, candidate.row);
  const std::unordered_set<RecordId> mended =
      stream_.mended == nullptr
          ? std::unordered_set<RecordId>()
          : std::unordered_set<RecordId>(stream_.mended->begin(), stream_.mended->end());
  for (const RowWriter::Difference& found : differences) {
    const auto at = rows.find(found.id);
    if (at == rows.end()) continue;
    const Row& row = *at->second;
    rows.erase(at);
    const StoredRow* stored = stored_->Find(found.id);
    const bool filled = commit_.fills && found.was == "archived" && found.becomes == "archived" &&
                        stored != nullptr && stored->modified == row.modified;
    ChangeCause cause = commit_.cause;
    if (filled) cause = ChangeCause::kFill;
    if (mended.contains(found.id)) cause = ChangeCause::kRepair;
    // Nothing happened in HubSpot.
    if (cause != commit_.cause && !everything) continue;
    Change change{.op = "update",
                  .object = commit_.object.name,
                  .id = found.id,
                  .pipeline = found.pipeline,
                  .changed_at = row.modified,
                  .before = found.before,
                  .after = found.after,
                  .cause = std::string(NameOf(cause))};
    if (found.was != found.becomes) {
      change.op = found.becomes == "live" ? "restore" : "archive";
      // One that was taken out, and shows that it had been merged.
      if (found.becomes == "merged") {
        change.op = "merge";
        change.to_object = commit_.object.name;
        change.to = found.merged_into;
      }
    }
    stream_.feed->AddRecord(std::move(change));
  }
  if (commit_.loads && !everything) return;
  std::vector<const Row*> fresh;
  for (const Candidate& candidate : written_) {
    if (stored_->Find(candidate.row->id) == nullptr && rows.contains(candidate.row->id)) {
      fresh.push_back(candidate.row);
    }
  }
  NoteNew(fresh);
}

void CommitWriter::NoteNew(const std::vector<const Row*>& rows) {
  if (rows.empty()) return;
  std::vector<RecordId> ids;
  std::unordered_map<RecordId, const Row*> by_id;
  for (const Row* row : rows) {
    ids.push_back(row->id);
    by_id.emplace(row->id, row);
  }
  const Rows standing =
      ChangeWriter::Run(transaction_, selection_->Standing(Table()), {IdArray(ids)});
  const ChangeCause cause = commit_.loads ? ChangeCause::kLoad : commit_.cause;
  for (size_t i = 0; i < standing.size(); ++i) {
    const RecordId id{standing.Int(i, 0)};
    const auto created = standing.Time(i, 1);
    const bool is_new = commit_.load_began && created && *created >= *commit_.load_began;
    Change change{.op = is_new ? "create" : "seen",
                  .object = commit_.object.name,
                  .id = id,
                  .changed_at = by_id.at(id)->modified,
                  .cause = std::string(NameOf(cause))};
    // What nobody saw alive is not created now.
    if (standing.Text(i, 2) == "archived") change.op = "archive";
    if (!standing.IsNull(i, 3)) change.pipeline = standing.Text(i, 3);
    if (!standing.IsNull(i, 4)) change.after = standing.Text(i, 4);
    stream_.feed->AddRecord(std::move(change));
  }
}

void CommitWriter::NoteMark(const std::string& op, RecordId id, std::optional<RecordId> into,
                            Param pipeline) {
  if (stream_.feed == nullptr || (commit_.loads && !stream_.feed->plan().everything)) return;
  stream_.feed->AddMark({.op = op,
                         .object = commit_.object.name,
                         .id = id,
                         .to_object = into ? commit_.object.name : std::string(),
                         .to = into,
                         .pipeline = std::move(pipeline),
                         .cause = std::string(NameOf(commit_.cause))});
}

std::string CommitWriter::PipelineSql() const {
  return selection_ ? selection_->PipelineOf("t", "t._overflow") : "NULL";
}

void CommitWriter::BringBackHiddenLinks() {
  std::vector<RecordId> ids;
  for (const Candidate& candidate : written_) {
    if (candidate.row->archived) ids.push_back(candidate.row->id);
  }
  if (ids.empty()) return;
  // HubSpot shows no links of archived records: those it stopped showing from then on are hidden,
  // not gone. removed_at is a `Date` header, which has whole seconds.
  std::string shown;
  if (stream_.feed != nullptr) {
    shown = " RETURNING a.from_type, a.from_id, a.to_type, a.to_id, NULL, " +
            ChangeWriter::LinkText("a");
  }
  for (const char* end : {"from", "to"}) {
    const Rows rows = transaction_.Run(
        "UPDATE " + stream_.schema.Table("associations") + " a SET removed_at = NULL FROM " +
            Table() + " t WHERE a." + end + "_type = $1 AND a." + end +
            "_id = t.id AND t.id = ANY ($2::bigint[])" +
            " AND a.removed_at >= date_trunc('second', t.archived_at)" + shown,
        {commit_.object.name, IdArray(ids)});
    if (stream_.feed != nullptr) stream_.feed->AddLinks(rows, commit_.cause);
  }
}

void CommitWriter::NoteLinksDue() {
  if (!commit_.links_due) return;
  std::vector<RecordId> ids;
  for (const Candidate& candidate : written_) {
    if (!candidate.row->archived) ids.push_back(candidate.row->id);
  }
  if (ids.empty()) return;
  transaction_.Run("INSERT INTO " + stream_.schema.Table("_due") +
                       " (object, job, id) SELECT $1, 'links', unnest($2::bigint[])"
                       " ON CONFLICT (object, job, id) DO UPDATE SET since = clock_timestamp()",
                   {commit_.object.name, IdArray(ids)});
}

void CommitWriter::Count(const Row& row, const StoredRow* stored) {
  const bool was_live = stored != nullptr && stored->live();
  const bool is_live = !row.archived && (stored == nullptr || !row.archived);
  ++(stored == nullptr ? outcome_.inserted : outcome_.updated);
  if (row.archived && (stored == nullptr || !stored->archived)) ++outcome_.archived;
  if (!row.archived && stored != nullptr && !stored->live()) ++outcome_.restored;
  outcome_.live_change += static_cast<int64_t>(is_live) - static_cast<int64_t>(was_live);
}

void CommitWriter::SetAside() {
  if (commit_.unreadable.empty()) return;
  ArrayText ids;
  ArrayText reasons;
  for (const UnreadableRecord& record : commit_.unreadable) {
    ids.Add(record.id.value);
    reasons.Add(ValidUtf8(record.reason));
  }
  const Rows rows = transaction_.Run(
      "INSERT INTO " + stream_.schema.Table("_quarantine") +
          " AS q (object, id, sqlstate, reason, record)"
          " SELECT $1, u.id, '', u.reason, '{}' FROM unnest($2::bigint[], $3::text[]) u(id, reason)"
          " ON CONFLICT (object, id) DO UPDATE SET sqlstate = excluded.sqlstate,"
          " reason = excluded.reason, attempts = q.attempts + 1 RETURNING q.attempts = 1",
      {commit_.object.name, ids.Take(), reasons.Take()});
  for (size_t i = 0; i < rows.size(); ++i) outcome_.unreadable += rows.Bool(i, 0);
}

void CommitWriter::LeaveQuarantine() {
  if (!stream_.quarantine_in_use) return;
  std::vector<RecordId> ids = unchanged_;
  for (const Candidate& candidate : written_) ids.push_back(candidate.row->id);
  for (const Fate& fate : commit_.fates) ids.push_back(fate.id);
  if (ids.empty()) return;
  const Rows rows = transaction_.Run("DELETE FROM " + stream_.schema.Table("_quarantine") +
                                         " WHERE object = $1 AND id = ANY ($2::bigint[])"
                                         " RETURNING id",
                                     {commit_.object.name, IdArray(ids)});
  outcome_.released += static_cast<int64_t>(rows.size());
}

void CommitWriter::Suspects() {
  if (!stored_) return;
  const auto keep = [this](const std::vector<StoredRows::Suspect>& suspects,
                           std::vector<RecordId>& ids) {
    std::unordered_set<RecordId> just_written;
    for (const Candidate& candidate : written_) just_written.insert(candidate.row->id);
    for (const StoredRows::Suspect& suspect : suspects) {
      if (just_written.contains(suspect.id)) continue;
      if (!stream_.recent.WrittenSince(suspect.id, suspect.sent_at)) ids.push_back(suspect.id);
    }
  };
  keep(stored_->absent(), absent_);
  keep(stored_->unarchived(), unarchived_);
  SuspectsSetAside();
}

void CommitWriter::SuspectsSetAside() {
  if (!stream_.quarantine_in_use) return;
  // A record that never could be stored has no row to be missed by.
  const auto live_list = [](const ProvenRange& range) { return !range.archived_list; };
  if (std::none_of(commit_.ranges.begin(), commit_.ranges.end(), live_list)) return;
  const Rows rows = transaction_.Run("SELECT q.id FROM " + stream_.schema.Table("_quarantine") +
                                         " q WHERE q.object = $1 AND NOT EXISTS (SELECT FROM " +
                                         Table() + " t WHERE t.id = q.id)",
                                     {commit_.object.name});
  for (size_t i = 0; i < rows.size(); ++i) {
    const RecordId id{rows.Int(i, 0)};
    for (const ProvenRange& range : commit_.ranges) {
      if (range.archived_list || id < range.from || range.to < id) continue;
      const auto& present = range.present;
      if (!std::binary_search(present.begin(), present.end(), id)) absent_.push_back(id);
    }
  }
}

void CommitWriter::MarkMerged() {
  Merges::SurvivorOf survivor_of;
  for (const Candidate& candidate : written_) {
    for (const RecordId loser : candidate.row->merged_ids) {
      if (loser != candidate.row->id) survivor_of[loser] = candidate.row->id;
    }
  }
  for (const Fate& fate : commit_.fates) {
    if (fate.kind != Fate::Kind::kMerged || fate.merged_into == fate.id) continue;
    if (!LaterReadShows(fate)) survivor_of[fate.id] = fate.merged_into;
  }
  for (const auto& [loser, survivor] : survivor_of) marked_.push_back(loser);
  MarkMerged(survivor_of, Merges::Losers::kAll);
  // A loser whose survivor is archived looks merely archived, and nobody answers for it. It may
  // have been written after the survivor, whose list is therefore believed again whenever it is
  // read.
  survivor_of.clear();
  for (const Row* row : unchanged_survivors_) {
    for (const RecordId loser : row->merged_ids) {
      if (loser != row->id) survivor_of[loser] = row->id;
    }
  }
  MarkMerged(survivor_of, Merges::Losers::kMerelyArchived);
}

void CommitWriter::MarkMerged(const Merges::SurvivorOf& survivor_of, Merges::Losers which) {
  const Merges::Outcome marked =
      Merges(transaction_, Table(), PipelineSql()).Mark(survivor_of, which);
  for (const Merges::Marked& mark : marked.marked) {
    NoteMark("merge", mark.loser, mark.survivor, mark.pipeline);
  }
  outcome_.merged += marked.rows;
  outcome_.live_change -= marked.was_live;
}

bool CommitWriter::LaterReadShows(const Fate& fate) const {
  return fate.sent_at != Instant{} && stream_.recent.WrittenSince(fate.id, fate.sent_at);
}

void CommitWriter::FindGone() {
  std::vector<RecordId> ids;
  for (const Fate& fate : commit_.fates) {
    if (fate.kind == Fate::Kind::kMerged || LaterReadShows(fate)) continue;
    gone_.push_back(&fate);
    ids.push_back(fate.id);
  }
  if (ids.empty()) return;
  // No list shows who was merged, and batch reads may leave out the survivor that answers for it.
  // A person is erased with the survivor.
  const Rows rows = transaction_.Run(
      "SELECT id FROM " + Table() + " WHERE id = ANY ($1::bigint[]) AND merged_into IS NOT NULL",
      {IdArray(ids)});
  std::unordered_set<RecordId> merged;
  for (size_t i = 0; i < rows.size(); ++i) merged.insert(RecordId{rows.Int(i, 0)});
  std::erase_if(gone_, [&](const Fate* fate) { return merged.contains(fate->id); });
}

void CommitWriter::MarkPurged() {
  ArrayText ids;
  ArrayText times;
  bool any = false;
  for (const Fate* fate : gone_) {
    if (fate->kind != Fate::Kind::kPurged) continue;
    any = true;
    marked_.push_back(fate->id);
    ids.Add(fate->id.value);
    times.AddParam(TimeParam(fate->at));
  }
  if (!any) return;
  const Rows rows = transaction_.Run(
      "UPDATE " + Table() +
          " t SET purged_at = f.at, _synced_at = now()"
          " FROM unnest($1::bigint[], $2::timestamptz[]) f(id, at), " +
          Table() + " old WHERE t.id = f.id AND old.id = t.id RETURNING " + IsLive("old") +
          ", t.id, " + ChangeSelection::StateOf("old") + ", " + PipelineSql(),
      {ids.Take(), times.Take()});
  outcome_.purged += static_cast<int64_t>(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    outcome_.live_change -= rows.Bool(i, 0);
    const auto was = rows.Text(i, 2);
    if (was != "live" && was != "archived") continue;
    NoteMark("purge", RecordId{rows.Int(i, 1)}, {},
             rows.IsNull(i, 3) ? Param() : Param(rows.Text(i, 3)));
  }
}

void CommitWriter::Erase() {
  std::map<RecordId, TimePoint> people;
  for (const Fate* fate : gone_) {
    if (fate->kind == Fate::Kind::kErased) people.emplace(fate->id, fate->at);
  }
  const auto erased = Erasure(stream_.schema, *stream_.table).Erase(transaction_, people);
  outcome_.erased += erased.rows;
  outcome_.live_change -= erased.was_live;
  outcome_.released += erased.released;
  marked_.insert(marked_.end(), erased.ids.begin(), erased.ids.end());
  if (stream_.outbox_there) {
    OutboxErasure(stream_.schema)
        .Erase(transaction_, commit_.object.name, erased.ids, erased.known_by);
    EchoLedger(stream_.schema).ForgetValues(transaction_, commit_.object.name, erased.ids);
  }
  if (stream_.feed == nullptr || erased.ids.empty()) return;
  stream_.feed->AddErased(commit_.object.name, erased.ids, erased.marked);
  stream_.feed->Forget(transaction_, commit_.object.name, erased.ids);
}

void CommitWriter::NoteDue() {
  if (!stream_.note_due) return;
  std::vector<RecordId> ids;
  for (const Candidate& candidate : written_) ids.push_back(candidate.row->id);
  const HistoryWriter history(stream_.schema);
  history.PutDue(transaction_, commit_.object.name, ids);
  history.Hasten(transaction_, commit_.object.name, marked_);
}

void CommitWriter::Pending() {
  const StreamStore& store = stream_.store;
  const std::string& object = commit_.object.name;
  store.Settle(transaction_, object, commit_.settled);
  store.PutPending(transaction_, object, commit_.pending);
  store.AddPending(transaction_, object, outrun_, PendingCause::kOutrun);
  outcome_.suspects =
      store.AddPending(transaction_, object, absent_, PendingCause::kAbsent) +
      store.AddPending(transaction_, object, unarchived_, PendingCause::kUnarchived);
}

void CommitWriter::Remember(RecentWrites& recent, Instant committed_at) const {
  std::map<Instant, std::vector<RecordId>> by_request;
  for (const Candidate& candidate : written_) {
    by_request[candidate.row->sent_at].push_back(candidate.row->id);
  }
  for (auto& [sent_at, ids] : by_request) recent.Wrote(std::move(ids), sent_at, committed_at);
  recent.Marked(marked_, committed_at);
}

}  // namespace hubmirror
