#include "postgres/portal_sink.h"

#include <algorithm>
#include <utility>

#include "model/source/crash_point.h"
#include "model/store/shared_table.h"
#include "postgres/outbox/writable.h"
#include "postgres/portal_writing.h"
#include "postgres/schema/live_view.h"
#include "postgres/schema/status_view.h"
#include "postgres/schema/table_catalog.h"
#include "postgres/session/database_failure.h"
#include "postgres/session/sql_text.h"
#include "postgres/writing/commit_writer.h"
#include "postgres/writing/stored_rows.h"
#include "postgres/writing/verify_writer.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

constexpr size_t kWitnesses = 16;
const Transaction::Options kUnhurried{.statement_timeout = 0ms, .lock_timeout = {}, .first = {}};

}  // namespace

PortalSink::PortalSink(std::shared_ptr<ConnectionPool> pool, Options options, const Clock& clock,
                       SyncObserver& observer)
    : pool_(std::move(pool)),
      options_(std::move(options)),
      clock_(clock),
      observer_(observer),
      schema_(options_.plan, options_.instance),
      writer_(schema_),
      store_(schema_),
      links_(schema_),
      history_(schema_),
      outbox_(schema_),
      echoes_(schema_),
      brakes_(schema_) {}

PortalSink::~PortalSink() = default;

void PortalSink::Claim() {
  const Turnstile::Pass pass = turnstile_.Enter(pool_->options().stop, clock_);
  try {
    ClaimSchema();
  } catch (const DatabaseError& error) {
    if (error.kind() == DatabaseError::Kind::kPassive) WatchOwner();
    throw;
  }
}

void PortalSink::ClaimSchema() {
  Transaction transaction(*pool_);
  const uint64_t breaks = pool_->breaks();
  std::optional<int64_t> held;
  {
    MutexLock lock(mutex_);
    held = epoch_;
  }
  const auto [epoch, found, outbox, waits] = schema_.Claim(transaction, held);
  const std::string server(transaction.Run(std::string("SELECT ") + kServerSql).Text(0, 0));
  history_.KeepOnly(transaction, ObjectsWithHistory());
  std::optional<ChangeWriter::Begun> feed;
  if (options_.plan.feed.enabled) {
    feed = ChangeWriter::BeginFeed(transaction, schema_, {.claim = epoch, .given_out = fed_to_});
  }
  if (options_.plan.write.enabled) {
    brakes_.Enter(transaction, options_.instance, found,
                  std::max(options_.last_epoch, held.value_or(0)));
    KeepAllWritable(transaction);
  }
  auto missing_readers = schema_.MissingReaders(transaction);
  transaction.Commit();
  Reach(CrashPoint::kPortalClaimed);
  if (options_.plan.write.enabled) options_.on_claimed(epoch);
  if (feed) {
    if (feed->stood > 0 && feed->stood < fed_to_) options_.on_lost_entries(feed->stood, fed_to_);
    NoteEntries(feed->written);
  }
  MutexLock lock(mutex_);
  missing_readers_ = std::move(missing_readers);
  claimed_at_break_ = breaks;
  epoch_ = epoch;
  outbox_there_ = outbox;
  some_wait_ = waits;
  server_ = server;
  left_.clear();
  for (const auto& [object, known] : known_) {
    known->used = false;
    known->views_wait = true;
  }
}

void PortalSink::NoteEntries(const FeedWritten& written) {
  if (written.by_op.empty()) return;
  fed_to_ = written.last;
  options_.on_entries(fed_to_);
  observer_.OnEntries(options_.plan.key, written.by_op);
  if (!written.echoes.empty()) observer_.OnEchoes(options_.plan.key, written.echoes);
}

void PortalSink::Heartbeat() {
  {
    Writing writing(*this);
    if (writing->first().Bool(0, 0)) schema_.RestoreStatus(*writing);
    const bool waits = SomeWait() && schema_.StillWaits(*writing);
    auto missing_readers = schema_.MissingReaders(*writing);
    // Another portal may be about to grant the same, and two at once fail.
    const bool grant = missing_readers != MissingReaders() && TryLockLayouts(writing->connection());
    if (grant) {
      schema_.GrantCommon(*writing);
      schema_.GrantReaders(*writing);
    }
    writing.Commit();
    recent_links_.Rest(clock_.Now());
    MutexLock lock(mutex_);
    some_wait_ = waits;
    if (grant) missing_readers_ = std::move(missing_readers);
  }
  KeepOutbox();
  std::vector<ObjectType> waiting;
  {
    MutexLock lock(mutex_);
    for (const auto& [object, known] : known_) {
      if (known->table && known->views_wait) waiting.push_back(known->table->object);
    }
  }
  for (const ObjectType& object : waiting) Decorate(object);
}

std::vector<std::string> PortalSink::MissingReaders() const {
  MutexLock lock(mutex_);
  return missing_readers_;
}

PortalSink::Known& PortalSink::KnownOf(const std::string& object) {
  MutexLock lock(mutex_);
  std::unique_ptr<Known>& known = known_[object];
  // An answer may have waited a while in a buffer after it came.
  if (!known) known = std::make_unique<Known>(2 * options_.request_deadline);
  return *known;
}

MirrorTablePtr PortalSink::TableOf(const std::string& object) {
  Known& known = KnownOf(object);
  MutexLock lock(mutex_);
  return known.table;
}

MirrorTablePtr PortalSink::Adopt(const ObjectType& object, std::vector<MirrorColumn> columns) {
  Known& known = KnownOf(object.name);
  for (MirrorColumn& column : columns) column.definition.Share();
  MutexLock lock(mutex_);
  known.used = true;
  if (known.table && known.table->columns == columns) return known.table;
  known.table =
      SharedTable({.object = object, .columns = std::move(columns), .version = ++known.versions});
  return known.table;
}

bool PortalSink::ViewsWait(const std::string& object) {
  Known& known = KnownOf(object);
  MutexLock lock(mutex_);
  return known.views_wait;
}

void PortalSink::SetViewsWait(const std::string& object, bool wait) {
  Known& known = KnownOf(object);
  MutexLock lock(mutex_);
  known.views_wait = wait;
}

StoredStream PortalSink::Load(const ObjectType& object) {
  Transaction transaction(*pool_);
  StoredStream stored;
  const bool exists = writer_.Exists(transaction, object.name);
  std::vector<MirrorColumn> columns =
      ReadColumns(transaction.connection(), schema_.name(), object.name);
  if (exists && !columns.empty()) {
    stored.table = Adopt(object, std::move(columns));
    stored.progress = store_.LoadProgress(transaction, object.name);
    NoteLeft(transaction, object.name);
    stored.rows = store_.LiveRows(transaction, object.name);
    stored.pending = store_.CountPending(transaction, object.name);
    stored.quarantined = store_.CountQuarantined(transaction, object.name);
    StreamStore::Debts debts = store_.LoadDebts(transaction, object.name);
    stored.debts = std::move(debts.owed);
    stored.values_lost = std::move(debts.values_lost);
    stored.paused = store_.IsPaused(transaction, object.name);
  }
  KnownOf(object.name).history_followed = stored.progress.contains(JobKind::kHistory);
  transaction.Commit();
  return stored;
}

void PortalSink::NoteLeft(Transaction& transaction, const std::string& object) {
  const auto writes = store_.LastWrites(transaction, object);
  MutexLock lock(mutex_);
  for (const auto& [job, number] : writes) left_.emplace(std::pair(object, job), number);
}

void PortalSink::ForgetLeft(const std::string& object) {
  MutexLock lock(mutex_);
  std::erase_if(left_, [&](const auto& left) { return left.first.first == object; });
}

void PortalSink::OnSchemaChange(const std::string& object, const std::string& change) {
  observer_.OnSchemaChange({options_.plan.key, object}, change);
}

bool PortalSink::IsUsed(const std::string& object) {
  Known& known = KnownOf(object);
  MutexLock lock(mutex_);
  return known.used;
}

void PortalSink::ClearValues(const MirrorTable& wanted) {
  std::vector<SchemaWriter::Clearing> clearings;
  {
    Transaction transaction(*pool_);
    clearings = writer_.Clearings(transaction, wanted);
    transaction.Commit();
  }
  const bool any_go = std::ranges::any_of(clearings, [](const SchemaWriter::Clearing& clearing) {
    return !clearing.properties.empty();
  });
  if (any_go) {
    Writing writing(*this);
    auto columns = writer_.BeginClearing(*writing, wanted.name(), clearings);
    writing.Commit();
    if (columns) Adopt(wanted.object, *std::move(columns));
  }
  for (const SchemaWriter::Clearing& clearing : clearings) {
    std::optional<RecordId> last;
    do {
      Writing writing(*this, kUnhurried);
      last = writer_.ClearPiece(*writing, wanted.name(), clearing, last);
      writing.Commit();
    } while (last);
  }
}

MirrorTablePtr PortalSink::ApplyLayout(const MirrorTable& wanted) {
  ClearValues(wanted);
  SchemaWriter::Change change;
  {
    Writing writing(*this, kUnhurried);
    change = writer_.Apply(*writing, wanted);
    if (const StreamPlan* plan = WrittenBack(wanted.name())) {
      KeepWritableOf(*writing, *plan, change.columns);
    }
    Reach(CrashPoint::kTableChanged);
    writing.Commit();
    Reach(CrashPoint::kTableCommitted);
    if (change.created) {
      ForgetLeft(wanted.name());
      KnownOf(wanted.name()).recent.Clear();
      KnownOf(wanted.name()).history_followed = false;
      if (IsUsed(wanted.name())) {
        writing.StartOver("the table of " + wanted.name() + " was dropped and is made again");
      }
    }
    MirrorTablePtr table = TableOf(wanted.name());
    const bool same = table && table->columns == change.columns;
    if (same && change.changes.empty() && change.arriving.empty() && !ViewsWait(wanted.name())) {
      return table;
    }
    // Before anyone else writes: the table tells which values may no longer be stored.
    Adopt(wanted.object, change.columns);
  }
  SetViewsWait(wanted.name(), true);
  for (const std::string& made : change.changes) OnSchemaChange(wanted.name(), made);
  if (!change.arriving.empty()) Arrive(wanted.object, change.arriving);
  if (!change.created) Decorate(wanted.object);
  return TableOf(wanted.name());
}

void PortalSink::Arrive(const ObjectType& object, const std::vector<std::string>& properties) {
  try {
    // First the views learn to look in both places, then the values move.
    Writing writing(*this);
    writer_.ReplaceViews(*writing, object.name, TableOf(object.name)->columns);
    writing.Commit();
  } catch (const StatementError& error) {
    if (!IsLockTimeout(error.sqlstate())) throw;
    return;
  }
  for (const std::string& property : properties) {
    Writing writing(*this, kUnhurried);
    auto columns = writer_.Arrive(*writing, object.name, property);
    if (ChangeWriter* feed = writing.feed()) feed->AddLoaded(object.name, {property});
    writing.Commit();
    Adopt(object, std::move(columns));
  }
}

void PortalSink::Decorate(const ObjectType& object) {
  const MirrorTablePtr table = TableOf(object.name);
  if (!table || !ViewsWait(object.name)) return;
  try {
    {
      Writing writing(*this);
      writer_.ReplaceViews(*writing, object.name, table->columns);
      writing.Commit();
    }
    Reach(CrashPoint::kViewsMade);
    OnSchemaChange(object.name, "replace_view");
    {
      Writing writing(*this);
      writer_.Comment(*writing, object.name, table->columns);
      writing.Commit();
    }
    Writing writing(*this, kUnhurried);
    writer_.Index(*writing, object.name, table->columns);
    writing.Commit();
    SetViewsWait(object.name, false);
  } catch (const StatementError& error) {
    // Someone is reading the view, or built on it: the heartbeat tries again.
    const bool can_wait = IsLockTimeout(error.sqlstate()) || error.sqlstate() == "2BP01" ||
                          error.sqlstate() == "40P01";
    if (!can_wait) throw;
  }
}

MirrorTablePtr PortalSink::MarkFilled(const ObjectType& object,
                                      const std::vector<std::string>& properties) {
  Writing writing(*this);
  const auto stored = ReadColumns(writing->connection(), schema_.name(), object.name);
  auto columns = stored;
  for (MirrorColumn& column : columns) {
    const bool filled =
        std::find(properties.begin(), properties.end(), column.property()) != properties.end();
    if (filled) column.state = PropertyState::kCurrent;
  }
  SaveColumns(*writing, schema_.name(), object.name, stored, columns);
  if (ChangeWriter* feed = writing.feed()) feed->AddLoaded(object.name, properties);
  writing.Commit();
  return Adopt(object, std::move(columns));
}

CommitOutcome PortalSink::Write(const Commit& commit) {
  Known& known = KnownOf(commit.object.name);
  Writing writing(*this);
  const MirrorTablePtr table = TableOf(commit.object.name);
  if (!table && !(commit.rows.empty() && commit.ranges.empty() && commit.fates.empty())) {
    throw DatabaseError(DatabaseError::Kind::kOther, "42P01",
                        "the table of " + commit.object.name + " is not there yet");
  }
  known.recent.Forget(clock_.Now());
  CommitWriter writer(*writing, StreamOf(commit.object.name, table.get(), writing.feed()), commit);
  bool in_quarantine = known.in_quarantine;
  CommitOutcome outcome = Run(writing, writer, commit, in_quarantine);
  OutboxMoves moved;
  if (!commit.outbox.empty()) {
    // Rows say where the entries of their record stand.
    writing.WriteFeed();
    moved = EndRows(*writing, writer, commit);
  }
  writing.Commit();
  Tell(commit.object.name, moved);
  writer.Remember(known.recent, clock_.Now());
  known.in_quarantine = in_quarantine;
  NoteWitnesses(commit);
  return outcome;
}

CommitWriter::Stream PortalSink::StreamOf(const std::string& object, const MirrorTable* table,
                                          ChangeWriter* feed) {
  const Known& known = KnownOf(object);
  return {.schema = schema_,
          .store = store_,
          .table = table,
          .recent = known.recent,
          .quarantine_in_use = known.in_quarantine,
          .note_due = known.history_followed,
          .feed = feed,
          .outbox_there = OutboxThere()};
}

CommitOutcome PortalSink::Run(Writing& writing, CommitWriter& writer, const Commit& commit,
                              bool& in_quarantine) {
  CommitOutcome outcome = writer.Run();
  writing.SaveProgress(commit.object.name, commit.progress);
  in_quarantine = outcome.quarantined + outcome.unreadable > 0 ||
                  (in_quarantine && store_.CountQuarantined(*writing, commit.object.name) > 0);
  return outcome;
}

VerifyReport PortalSink::Verify(const Commit& page, const VerifyRequest& request,
                                CommitOutcome& outcome) {
  const std::string& object = page.object.name;
  Known& known = KnownOf(object);
  Writing writing(*this);
  const MirrorTablePtr table = TableOf(object);
  if (!table) {
    throw DatabaseError(DatabaseError::Kind::kOther, "42P01",
                        "the table of " + object + " is not there yet");
  }
  known.recent.Forget(clock_.Now());
  CommitWriter::Stream stream = StreamOf(object, table.get(), writing.feed());
  VerifyWriter verify(*writing, stream, page);
  VerifyReport report = verify.Compare(request);
  if (!request.repair) {
    writing.Commit();
    return report;
  }
  verify.ForgetHashes();
  stream.mended = &verify.edited();
  CommitWriter writer(*writing, stream, page);
  bool in_quarantine = known.in_quarantine;
  outcome = Run(writing, writer, page, in_quarantine);
  report.repaired = outcome.inserted + outcome.updated;
  report.left = verify.CountLeft();
  writing.Commit();
  writer.Remember(known.recent, clock_.Now());
  known.in_quarantine = in_quarantine;
  return report;
}

void PortalSink::NoteWitnesses(const Commit& commit) {
  Known& known = KnownOf(commit.object.name);
  MutexLock lock(mutex_);
  for (const RowBatch& batch : commit.rows) {
    if (batch.empty()) continue;
    const Row& row = batch.rows.back();
    // One that others were merged into also answers for them: it would prove nothing.
    if (!row.merged_ids.empty()) continue;
    std::vector<RecordId>& seen = row.archived ? known.seen_archived : known.seen_live;
    seen.insert(seen.begin(), row.id);
    if (seen.size() > kWitnesses) seen.pop_back();
  }
}

std::optional<RecordId> PortalSink::WitnessRecord(const ObjectType& object, bool archived) {
  std::vector<RecordId> seen;
  {
    Known& known = KnownOf(object.name);
    MutexLock lock(mutex_);
    const std::vector<RecordId>& from = archived ? known.seen_archived : known.seen_live;
    seen.assign(from.begin(), from.end());
  }
  const std::string certain =
      (archived ? "t.archived AND t.merged_into IS NULL AND t.erased_at IS NULL AND"
                  " t.purged_at IS NULL"
                : IsLive("t")) +
      " AND NOT EXISTS (SELECT FROM " + schema_.Table("_pending") +
      " p WHERE p.object = $1 AND p.id = t.id)"
      " AND NOT EXISTS (SELECT FROM " +
      schema_.Table(object.name) + " m WHERE m.merged_into = t.id)";
  Transaction transaction(*pool_);
  Rows rows = transaction.Run(
      "SELECT t.id FROM unnest($2::bigint[]) WITH ORDINALITY s(id, place)"
      " JOIN " +
          schema_.Table(object.name) + " t ON t.id = s.id WHERE " + certain +
          " ORDER BY s.place LIMIT 1",
      {object.name, IdArray(seen)});
  if (rows.empty()) {
    rows = transaction.Run("SELECT t.id FROM " + schema_.Table(object.name) + " t WHERE " +
                               certain + " ORDER BY t.id DESC LIMIT 1",
                           {object.name});
  }
  transaction.Commit();
  if (rows.empty()) return std::nullopt;
  return RecordId{rows.Int(0, 0)};
}

std::vector<StoredRecord> PortalSink::Stored(const ObjectType& object,
                                             const std::vector<RecordId>& ids) {
  const MirrorTablePtr table = TableOf(object.name);
  if (!table) return {};
  Transaction transaction(*pool_);
  const StoredRows rows(transaction, schema_.Table(object.name), *table, ids, {});
  transaction.Commit();
  std::vector<StoredRecord> stored;
  for (const auto& [id, row] : rows.all()) {
    stored.push_back({.id = id,
                      .modified = row.modified,
                      .archived = row.archived,
                      .merged = row.merged,
                      .gone = row.gone});
  }
  return stored;
}

std::vector<PendingRecord> PortalSink::DuePending(const ObjectType& object, TimePoint now,
                                                  size_t limit) {
  Transaction transaction(*pool_);
  auto due = store_.DuePending(transaction, object.name, now, limit);
  transaction.Commit();
  return due;
}

PendingCounts PortalSink::CountPending(const ObjectType& object) {
  Transaction transaction(*pool_);
  const PendingCounts pending = store_.CountPending(transaction, object.name);
  transaction.Commit();
  return pending;
}

std::set<std::string> PortalSink::WithValues(const ObjectType& object,
                                             const std::set<std::string>& properties) {
  const MirrorTablePtr table = TableOf(object.name);
  std::vector<std::string> names;
  std::string asked;
  for (const MirrorColumn& column : table ? table->columns : std::vector<MirrorColumn>{}) {
    if (!properties.contains(column.property())) continue;
    names.push_back(column.property());
    const std::string name = QuoteLiteral(column.property());
    const bool beside = column.storage == Storage::kOverflow;
    asked +=
        (asked.empty() ? "SELECT " : ", ") + ("EXISTS (SELECT FROM " + schema_.Table(object.name)) +
        " t WHERE " +
        (beside ? "t._overflow ? " + name : "t." + QuoteName(column.column_name) + " IS NOT NULL") +
        " OR t._rejected ? " + name + ")";
  }
  if (names.empty()) return {};
  Transaction transaction(*pool_, kUnhurried);
  const auto found = transaction.Run(asked);
  transaction.Commit();
  std::set<std::string> held;
  for (size_t i = 0; i < names.size(); ++i) {
    if (found.Bool(0, i)) held.insert(names[i]);
  }
  return held;
}

int64_t PortalSink::CountRows(const ObjectType& object) {
  int64_t before = 0;
  int64_t rows = 0;
  {
    Transaction transaction(*pool_, kUnhurried);
    before = store_.LiveRows(transaction, object.name);
    rows =
        transaction
            .Run("SELECT count(*) FROM " + schema_.Table(object.name) + " t WHERE " + IsLive("t"))
            .Int(0, 0);
    transaction.Commit();
  }
  if (rows != before) {
    // The count along with the writes is off only when somebody else wrote; a write that came
    // between is in one number and not in the other, then the next count mends it.
    Writing writing(*this);
    if (store_.LiveRows(*writing, object.name) == before) {
      store_.SetLiveRows(*writing, object.name, rows);
    }
    writing.Commit();
  }
  return rows;
}

void PortalSink::BeginSeen(const ObjectType& object) {
  Writing writing(*this);
  store_.BeginSeen(*writing, object.name);
  writing.Commit();
}

void PortalSink::AddSeen(const ObjectType& object, const std::vector<RecordId>& ids) {
  Writing writing(*this);
  store_.AddSeen(*writing, object.name, ids);
  writing.Commit();
}

int64_t PortalSink::SuspectUnseen(const ObjectType& object, TimePoint walk_began) {
  Writing writing(*this, kUnhurried);
  const int64_t suspects = store_.SuspectUnseen(*writing, object.name, walk_began);
  store_.BeginSeen(*writing, object.name);
  writing.Commit();
  return suspects;
}

void PortalSink::ResetStream(const ObjectType& object) {
  Writing writing(*this);
  store_.Reset(*writing, object.name);
  writing.Commit();
  ForgetLeft(object.name);
  KnownOf(object.name).history_followed = false;
}

void PortalSink::SaveState(const ObjectType& object, StreamState state, const std::string& reason,
                           const std::string& message) {
  Writing writing(*this);
  store_.SaveState(*writing, object.name, state, reason, message);
  writing.Commit();
}

void PortalSink::Analyze(const ObjectType& object) {
  Transaction transaction(*pool_, kUnhurried);
  // A fifth of the usual sample tells the planner enough for the first queries and costs a fifth:
  // with hundreds of columns the usual one takes as long as loading a hundred thousand records.
  // Autovacuum takes it as usual soon after.
  transaction.Run("SET LOCAL default_statistics_target = 20; ANALYZE " +
                  schema_.Table(object.name));
  transaction.Commit();
}

}  // namespace hubmirror
