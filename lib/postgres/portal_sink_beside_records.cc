// The sides of PortalSink that keep what is beside records: links, histories, the outbox, and
// the account, owners, pipelines, lists and the like. Records and streams are in portal_sink.cc.

#include <algorithm>

#include "model/source/crash_point.h"
#include "postgres/outbox/outbox_inspection.h"
#include "postgres/outbox/outbox_loops.h"
#include "postgres/outbox/outbox_upkeep.h"
#include "postgres/outbox/writable.h"
#include "postgres/portal_writing.h"
#include "postgres/schema/table_catalog.h"
#include "postgres/session/database_failure.h"
#include "postgres/writing/reference_writer.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

constexpr auto kCountedEvery = 10s;
/// Counting millions of rows takes seconds; it has at most a twentieth of the time.
constexpr int kCountingShare = 20;
/// So often an owner must have renewed under our eyes to be known as alive.
constexpr int kRenewalsSeen = 2;

/// The same whichever side it is read from.
std::pair<std::string, std::string> NamesOf(const LinkPair& read) {
  const LinkPair pair = PairOf(read.from, read.to);
  return {pair.from.name, pair.to.name};
}

}  // namespace

void PortalSink::SaveAccount(const Account& account) {
  Writing writing(*this);
  const std::string table = schema_.Table("account");
  writing->Run("DELETE FROM " + table);
  writing->Run("INSERT INTO " + table +
                   " (portal_id, account_type, time_zone, utc_offset_ms, company_currency,"
                   " additional_currencies, ui_domain, data_hosting_location)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
               {std::to_string(account.portal_id.value), TextParam(account.account_type),
                TextParam(account.time_zone), std::to_string(account.utc_offset_ms),
                TextParam(account.company_currency), NameArray(account.additional_currencies),
                TextParam(account.ui_domain), TextParam(account.data_hosting_location)});
  writing.Commit();
}

void PortalSink::SavePropertyGroups(const ObjectType& object,
                                    const std::vector<PropertyGroup>& groups) {
  Writing writing(*this);
  SaveGroups(*writing, schema_.name(), object.name, groups);
  writing.Commit();
}

std::string PortalSink::LoadBudget() {
  Transaction transaction(*pool_);
  std::string budget = store_.LoadBudget(transaction);
  transaction.Commit();
  return budget;
}

std::map<std::string, int64_t> PortalSink::LastKnownRows() {
  Transaction transaction(*pool_);
  auto rows = store_.LastKnownRows(transaction, options_.plan.portal_id);
  transaction.Commit();
  return rows;
}

std::vector<RecordId> PortalSink::LiveIds(const ObjectType& object, std::optional<RecordId> above,
                                          size_t limit) {
  Transaction transaction(*pool_);
  auto ids = links_.LiveIds(transaction, object.name, above, limit);
  transaction.Commit();
  return ids;
}

std::vector<DueRecord> PortalSink::DueLinks(const ObjectType& object, size_t limit) {
  Transaction transaction(*pool_);
  auto due = links_.Due(transaction, object.name, limit);
  transaction.Commit();
  return due;
}

void PortalSink::DropDueLinks(const ObjectType& object, const std::vector<DueRecord>& records) {
  Writing writing(*this);
  links_.DropDue(*writing, object.name, records);
  writing.Commit();
}

std::vector<RecordId> PortalSink::LinkedFrom(const LinkPair& pair,
                                             const std::vector<RecordId>& to) {
  Transaction transaction(*pool_);
  auto ids = links_.LinkedFrom(transaction, pair, to);
  transaction.Commit();
  return ids;
}

std::vector<RecordId> PortalSink::Linked(const LinkPair& pair, const std::vector<RecordId>& from) {
  Transaction transaction(*pool_);
  auto ids = links_.Linked(transaction, pair, from);
  transaction.Commit();
  return ids;
}

void PortalSink::WriteLinks(const LinkCommit& commit) {
  bool views_wait = false;
  {
    Writing writing(*this);
    links_.Write(*writing, recent_links_.Newest(commit), writing.feed());
    if (commit.progress) {
      writing.SaveProgress(commit.pair.from.name, {{JobKind::kLinks, *commit.progress}});
    }
    if (!commit.budget.empty()) store_.SaveBudget(*writing, commit.budget);
    writing.Commit();
    recent_links_.Wrote(commit, clock_.Now());
    views_wait = link_views_wait_.contains(NamesOf(commit.pair));
  }
  if (views_wait) MakeLinkViews(commit.pair);
}

void PortalSink::SaveLinkTypes(const LinkPair& pair, const std::vector<LinkType>& types) {
  {
    Writing writing(*this);
    links_.SaveTypes(*writing, pair, types);
    writing.Commit();
  }
  MakeLinkViews(pair);
}

void PortalSink::MakeLinkViews(const LinkPair& pair) {
  Writing writing(*this);
  link_views_wait_.insert(NamesOf(pair));
  try {
    if (!links_.MakeViews(*writing, pair)) return;
    writing.Commit();
    link_views_wait_.erase(NamesOf(pair));
  } catch (const StatementError& error) {
    // Someone holds a lock on one of the tables.
    if (!IsLockTimeout(error.sqlstate()) && error.sqlstate() != "40P01") throw;
  }
}

std::vector<std::string> PortalSink::ObjectsWithHistory() const {
  std::vector<std::string> objects;
  for (const StreamPlan& stream : options_.plan.streams) {
    if (!stream.history.empty()) objects.push_back(stream.object.name);
  }
  return objects;
}

bool PortalSink::PrepareHistory(const ObjectType& object) {
  Writing writing(*this);
  const bool there = history_.Exists(*writing, object.name);
  if (!there) history_.Create(*writing, object.name);
  writing.Commit();
  return there;
}

void PortalSink::BeginHistory(const ObjectType& object, const JobProgress& progress) {
  Known& known = KnownOf(object.name);
  Writing writing(*this);
  writing.SaveProgress(object.name, {{JobKind::kHistory, progress}});
  writing.Commit();
  known.history_followed = true;
}

std::vector<RecordId> PortalSink::HistoryBlock(const ObjectType& object, bool archived,
                                               std::optional<RecordId> above, size_t limit) {
  Transaction transaction(*pool_);
  auto ids = history_.Block(transaction, object.name, archived, above, limit);
  transaction.Commit();
  return ids;
}

HistoryDue PortalSink::DueHistory(const ObjectType& object, size_t limit) {
  Transaction transaction(*pool_);
  HistoryDue due = history_.Due(transaction, object.name, limit);
  due.followed = KnownOf(object.name).history_followed;
  transaction.Commit();
  return due;
}

HistoryOutcome PortalSink::WriteHistory(const HistoryCommit& commit) {
  Known& known = KnownOf(commit.object.name);
  Writing writing(*this);
  const MirrorTablePtr table = TableOf(commit.object.name);
  HistoryOutcome outcome;
  if (table) outcome.added = history_.Add(*writing, *table, commit);
  std::vector<RecordId> settled = commit.settled;
  // What was written from a later read may have changed since ours.
  std::erase_if(settled,
                [&](RecordId id) { return known.recent.WrittenSince(id, commit.sent_at); });
  history_.RemoveDue(*writing, commit.object.name, settled);
  history_.PutOff(*writing, commit.object.name, commit.again, commit.again_in,
                  commit.asked_archived);
  outcome.unreadable = history_.SetAside(*writing, commit.object.name, commit.unreadable);
  outcome.released = history_.Release(*writing, commit.object.name, commit.settled);
  writing.SaveProgress(commit.object.name, {{JobKind::kHistory, commit.progress}});
  if (!commit.budget.empty()) store_.SaveBudget(*writing, commit.budget);
  writing.Commit();
  return outcome;
}

void PortalSink::WriteReference(const std::vector<ReferenceCommit>& commits,
                                const std::string& stream, JobKind job,
                                const std::optional<JobProgress>& progress,
                                const std::string& budget) {
  const ReferenceWriter writer(schema_);
  Writing writing(*this);
  for (const ReferenceCommit& commit : commits) writer.Write(*writing, commit);
  if (progress) writing.SaveProgress(stream, {{job, *progress}});
  if (!budget.empty()) store_.SaveBudget(*writing, budget);
  writing.Commit();
}

std::map<std::string, std::string> PortalSink::LoadTypeTables() {
  Transaction transaction(*pool_);
  const Rows rows = transaction.Run("SELECT type_id, object FROM " + schema_.Table("object_types"));
  std::map<std::string, std::string> tables;
  for (size_t i = 0; i < rows.size(); ++i) tables.emplace(rows.Text(i, 0), rows.Text(i, 1));
  transaction.Commit();
  return tables;
}

JobProgress PortalSink::LoadReferenceProgress(const std::string& stream, JobKind job) {
  Transaction transaction(*pool_);
  const auto all = store_.LoadProgress(transaction, stream);
  NoteLeft(transaction, stream);
  transaction.Commit();
  // By name: what kDirectory stores is read as kCatalog, whose name it has.
  const auto found = std::ranges::find_if(
      all, [&](const auto& stored) { return NameOf(stored.first) == NameOf(job); });
  return found == all.end() ? JobProgress{} : found->second;
}

std::vector<OutboxRow> PortalSink::Pick(const ObjectType& object, const OutboxPick& pick) {
  // Without a table nothing is writable, and what was written could not be read back.
  if (!TableOf(object.name)) return {};
  Writing writing(*this);
  std::vector<OutboxRow> picked;
  if (!brakes_.Holds(*writing, object.name)) picked = outbox_.Pick(*writing, object.name, pick);
  writing.Commit();
  return picked;
}

std::vector<OutboxId> PortalSink::Claim(const ObjectType& object,
                                        const std::vector<OutboxClaim>& claims, TimePoint sent_at) {
  Writing writing(*this);
  std::vector<OutboxClaim> allowed = claims;
  StopLoops(*writing, schema_, object.name, sent_at, allowed);
  brakes_.Bound(*writing, object.name, allowed);
  OutboxStore::Claimed claimed;
  if (!allowed.empty()) claimed = outbox_.Claim(*writing, object.name, allowed, sent_at);
  if (options_.plan.feed.enabled) echoes_.Claim(*writing, allowed, claimed.rows);
  if (!claimed.rows.empty()) Reach(CrashPoint::kWriteClaiming);
  writing.Commit();
  OutboxMoves moves;
  if (claimed.again > 0) moves.counts.doubts["again"] = claimed.again;
  Tell(object.name, moves);
  return std::move(claimed.rows);
}

void PortalSink::Change(const ObjectType& object, const std::vector<OutboxChange>& changes) {
  Writing writing(*this);
  const OutboxMoves moved = ChangeOutbox(*writing, object.name, changes);
  writing.Commit();
  Tell(object.name, moved);
}

OutboxMoves PortalSink::ChangeOutbox(Transaction& transaction, const std::string& object,
                                     const std::vector<OutboxChange>& changes) {
  OutboxMoves moves = outbox_.Change(transaction, object, changes);
  if (options_.plan.feed.enabled) echoes_.Change(transaction, changes);
  brakes_.Count(transaction, object, moves.taken, moves.refused);
  if (moves.last_ended > 0) Reach(CrashPoint::kWriteEnding);
  return moves;
}

OutboxMoves PortalSink::EndRows(Transaction& transaction, const CommitWriter& writer,
                                const Commit& commit) {
  OutboxMoves moves = ChangeOutbox(transaction, commit.object.name, commit.outbox);
  if (!options_.plan.feed.enabled) return moves;
  // What the mirror now holds is at least as new as what these rows wrote.
  std::vector<OutboxId> seen;
  for (const OutboxChange& change : commit.outbox) {
    if (writer.Shows(change.record)) seen.push_back(change.id);
  }
  echoes_.Forget(transaction, seen);
  return moves;
}

void PortalSink::Tell(const std::string& object, const OutboxMoves& moves) const {
  if (moves.last_ended > 0) Reach(CrashPoint::kWriteEnded);
  if (!moves.counts.empty()) observer_.OnWrites({options_.plan.key, object}, moves.counts);
  if (moves.last_ended > 0) options_.on_ended(moves.last_ended);
}

std::vector<WrittenRow> PortalSink::Written(const ObjectType& object, size_t limit) {
  Transaction transaction(*pool_);
  auto written = outbox_.Written(transaction, object.name, limit);
  transaction.Commit();
  return written;
}

std::optional<WriteStatus> PortalSink::Standing() const {
  MutexLock lock(mutex_);
  return write_status_;
}

const StreamPlan* PortalSink::WrittenBack(const std::string& object) const {
  if (!options_.plan.write.enabled) return nullptr;
  for (const StreamPlan& stream : options_.plan.streams) {
    if (stream.object.name == object && stream.write.any()) return &stream;
  }
  return nullptr;
}

void PortalSink::KeepAllWritable(Transaction& transaction) {
  std::vector<std::string> objects;
  for (const StreamPlan& stream : options_.plan.streams) {
    if (WrittenBack(stream.object.name) == nullptr) continue;
    const std::string& object = stream.object.name;
    objects.push_back(object);
    KeepWritableOf(transaction, stream,
                   ReadColumns(transaction.connection(), schema_.name(), object));
  }
  KeepOnlyWritable(transaction, schema_.name(), objects);
}

void PortalSink::KeepWritableOf(Transaction& transaction, const StreamPlan& plan,
                                const std::vector<MirrorColumn>& columns) {
  const std::string& object = plan.object.name;
  const std::vector<std::string> before = brakes_.Allowed(transaction, object);
  std::vector<Writable> writable = WritableOf(plan, columns);
  if (options_.plan.write.dry_run) writable.push_back({.op = "dry_run", .property = ""});
  KeepWritable(transaction, schema_.name(), object, writable);
  brakes_.HoldWidened(transaction, object, before);
}

void PortalSink::KeepOutbox() {
  constexpr auto kEvery = std::chrono::hours(1);
  const Instant now = clock_.Now();
  {
    MutexLock lock(mutex_);
    if (!outbox_there_) return;
  }
  if (options_.plan.write.enabled) CountOutbox();
  {
    MutexLock lock(mutex_);
    if (outbox_kept_ && now - *outbox_kept_ < kEvery) return;
    outbox_kept_ = now;
  }
  OutboxUpkeep(pool_, schema_).Keep();
  Transaction transaction(*pool_);
  const int64_t expired = echoes_.Expire(transaction);
  transaction.Commit();
  if (expired > 0) observer_.OnEchoes(options_.plan.key, {{"expired", expired}});
}

void PortalSink::CountOutbox() {
  const Instant began = clock_.Now();
  {
    MutexLock lock(mutex_);
    if (began < outbox_counted_) return;
  }
  Transaction transaction(*pool_);
  const auto counts = hubmirror::CountOutbox(transaction.connection(), schema_.name());
  const auto holds = ReadOutboxHolds(transaction.connection(), schema_.name());
  std::vector<std::string> objects;
  for (const StreamPlan& stream : options_.plan.streams) {
    if (WrittenBack(stream.object.name) != nullptr) objects.push_back(stream.object.name);
  }
  const auto taken = WithoutWriteView(transaction.connection(), schema_.name(), objects);
  transaction.Commit();
  WriteStatus status = WriteStatusOf(objects, counts, holds);
  for (ObjectWriteStatus& object : status.objects) {
    object.view_taken = std::ranges::find(taken, object.object) != taken.end();
  }
  const Instant ended = clock_.Now();
  MutexLock lock(mutex_);
  write_status_ = std::move(status);
  outbox_counted_ =
      began + std::max<Duration>(kCountedEvery, kCountingShare * (ended - began)) - 1s;
}

void PortalSink::WatchOwner() {
  if (!options_.plan.write.enabled) return;
  try {
    Transaction transaction(*pool_);
    const Rows owner = transaction.Run(
        "SELECT instance || ' ' || renewed_at, instance = $1 FROM " + schema_.Table("_owner"),
        {options_.instance});
    // One with our own id has a copy of our state directory, and is enrolled as we are.
    if (owner.empty() || owner.Bool(0, 1)) return;
    std::string seen(owner.Text(0, 0));
    if (seen == seen_owner_) return;
    const std::string before = std::exchange(seen_owner_, std::move(seen));
    const bool same =
        before.substr(0, before.find(' ')) == seen_owner_.substr(0, seen_owner_.find(' '));
    seen_renewals_ = same ? seen_renewals_ + 1 : 0;
    if (seen_renewals_ < kRenewalsSeen) return;
    EnrolBesideOwner(transaction, schema_, options_.instance);
    transaction.Commit();
  } catch (const DatabaseError&) {
    // Why the portal is not ours is what the caller must hear; we look again with its next try.
  }
}

bool PortalSink::OutboxThere() const {
  MutexLock lock(mutex_);
  return outbox_there_;
}

bool PortalSink::SomeWait() const {
  MutexLock lock(mutex_);
  return some_wait_;
}

}  // namespace hubmirror
