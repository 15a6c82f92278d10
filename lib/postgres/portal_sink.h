#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "model/portal/portal_plan.h"
#include "model/portal/sync_observer.h"
#include "model/source/history.h"
#include "model/source/reference.h"
#include "model/store/link_sink.h"
#include "model/store/row_sink.h"
#include "model/store/verify.h"
#include "model/store/write_sink.h"
#include "postgres/outbox/echo_ledger.h"
#include "postgres/outbox/outbox_brakes.h"
#include "postgres/outbox/outbox_store.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/schema/schema_writer.h"
#include "postgres/session/connection_pool.h"
#include "postgres/session/turnstile.h"
#include "postgres/writing/commit_writer.h"
#include "postgres/writing/history_writer.h"
#include "postgres/writing/link_rows.h"
#include "postgres/writing/recent_links.h"
#include "postgres/writing/recent_writes.h"
#include "postgres/writing/stream_store.h"

namespace hubmirror {

/// One portal's schema in PostgreSQL. Calls that write run one at a time and renew our ownership
/// first; calls that only read do neither.
///
/// Once any session of the pool is lost, every writing call fails with kUnavailable until Claim is
/// called again: what the caller remembers of the database may no longer be in it. Thread-safe.
/// (More than fifteen functions: those of the six ports that one claim of the schema serves.)
class PortalSink final : public RowSink,
                         public LinkSink,
                         public HistorySink,
                         public ReferenceSink,
                         public VerifySink,
                         public WriteSink {
 public:
  struct Options {
    PortalPlan plan;
    /// Who we are, the same over restarts of this daemon: a restart resumes at once.
    std::string instance;
    /// The longest a request may be under way: so long are writes remembered (rule R8).
    Duration request_deadline = std::chrono::seconds(25);
    /// Called after a commit with entries of the change feed, with the number of the last one; must
    /// return at once.
    std::function<void(int64_t last)> on_entries = [](int64_t) {};
    /// The highest number of the change feed that is remembered from before a restart, at most 2^17
    /// below the highest that was given out; 0: nothing is remembered.
    int64_t given_out = 0;
    /// A claim found the feed at `stands`, though the number `given_out` had been given out: the
    /// database lost entries.
    std::function<void(int64_t stands, int64_t given_out)> on_lost_entries = [](int64_t, int64_t) {
    };
    /// The epoch of the last claim that is remembered from before a restart; 0: none is. Asked for
    /// only where the portal may be written to: a database that is behind it went back.
    int64_t last_epoch = 0;
    /// Called after a claim of such a portal, with its epoch.
    std::function<void(int64_t epoch)> on_claimed = [](int64_t) {};
    /// Called after a commit with which rows of `outbox` have ended, with the highest of their ids;
    /// must return at once.
    std::function<void(int64_t id)> on_ended = [](int64_t) {};
  };

  /// `clock` and `observer` must outlive the sink. Nothing is connected or written before Claim.
  PortalSink(std::shared_ptr<ConnectionPool> pool, Options options, const Clock& clock,
             SyncObserver& observer);
  ~PortalSink() override;

  void Claim() override;
  void Heartbeat() override;
  std::vector<std::string> MissingReaders() const override;
  std::map<std::string, int64_t> LastKnownRows() override;

  StoredStream Load(const ObjectType& object) override;
  std::string LoadBudget() override;

  MirrorTablePtr ApplyLayout(const MirrorTable& wanted) override;
  void Decorate(const ObjectType& object) override;
  void SaveAccount(const Account& account) override;
  void SavePropertyGroups(const ObjectType& object,
                          const std::vector<PropertyGroup>& groups) override;
  MirrorTablePtr MarkFilled(const ObjectType& object,
                            const std::vector<std::string>& properties) override;

  CommitOutcome Write(const Commit& commit) override;

  std::vector<StoredRecord> Stored(const ObjectType& object,
                                   const std::vector<RecordId>& ids) override;
  std::vector<PendingRecord> DuePending(const ObjectType& object, TimePoint now,
                                        size_t limit) override;
  PendingCounts CountPending(const ObjectType& object) override;
  int64_t CountRows(const ObjectType& object) override;
  std::set<std::string> WithValues(const ObjectType& object,
                                   const std::set<std::string>& properties) override;
  std::optional<RecordId> WitnessRecord(const ObjectType& object, bool archived) override;

  void BeginSeen(const ObjectType& object) override;
  void AddSeen(const ObjectType& object, const std::vector<RecordId>& ids) override;
  int64_t SuspectUnseen(const ObjectType& object, TimePoint walk_began) override;

  bool PrepareHistory(const ObjectType& object) override;
  void BeginHistory(const ObjectType& object, const JobProgress& progress) override;
  std::vector<RecordId> HistoryBlock(const ObjectType& object, bool archived,
                                     std::optional<RecordId> above, size_t limit) override;
  HistoryDue DueHistory(const ObjectType& object, size_t limit) override;
  HistoryOutcome WriteHistory(const HistoryCommit& commit) override;

  void ResetStream(const ObjectType& object) override;
  void SaveState(const ObjectType& object, StreamState state, const std::string& reason,
                 const std::string& message) override;
  void Analyze(const ObjectType& object) override;

  std::vector<RecordId> LiveIds(const ObjectType& object, std::optional<RecordId> above,
                                size_t limit) override;
  std::vector<DueRecord> DueLinks(const ObjectType& object, size_t limit) override;
  void DropDueLinks(const ObjectType& object, const std::vector<DueRecord>& records) override;
  std::vector<RecordId> LinkedFrom(const LinkPair& pair, const std::vector<RecordId>& to) override;
  std::vector<RecordId> Linked(const LinkPair& pair, const std::vector<RecordId>& from) override;
  void WriteLinks(const LinkCommit& commit) override;
  void SaveLinkTypes(const LinkPair& pair, const std::vector<LinkType>& types) override;

  void WriteReference(const std::vector<ReferenceCommit>& commits, const std::string& stream,
                      JobKind job, const std::optional<JobProgress>& progress,
                      const std::string& budget) override;
  std::map<std::string, std::string> LoadTypeTables() override;
  JobProgress LoadReferenceProgress(const std::string& stream, JobKind job) override;

  std::vector<OutboxRow> Pick(const ObjectType& object, const OutboxPick& pick) override;
  std::vector<OutboxId> Claim(const ObjectType& object, const std::vector<OutboxClaim>& claims,
                              TimePoint sent_at) override;
  void Change(const ObjectType& object, const std::vector<OutboxChange>& changes) override;
  std::vector<WrittenRow> Written(const ObjectType& object, size_t limit) override;
  std::optional<WriteStatus> Standing() const override;

  VerifyReport Verify(const Commit& page, const VerifyRequest& request,
                      CommitOutcome& outcome) override;

 private:
  /// A transaction of the owner, with the way to it kept clear.
  class Writing;

  /// What is remembered of one object. `recent` and `in_quarantine` belong to who has passed the
  /// turnstile, the rest is guarded by `mutex_`.
  struct Known {
    explicit Known(Duration keep) : recent(keep) {}

    MirrorTablePtr table;
    uint64_t versions = 0;            ///< that the table has had
    std::vector<RecordId> seen_live;  ///< read lately, newest first
    std::vector<RecordId> seen_archived;
    bool used = false;       ///< since the claim: jobs remember what it held
    bool views_wait = true;  ///< views and comments may not be what they should
    RecentWrites recent;
    bool in_quarantine = true;
    /// Commits note whose rows they change.
    std::atomic<bool> history_followed{false};
  };

  /// For each job of each object, the number of the last write of its progress. Behind PgBouncer, a
  /// failover that loses commits may leave our session alive, but it cannot keep these numbers.
  using Writes = std::map<std::pair<std::string, JobKind>, int64_t>;

  /// The turn is ours.
  void ClaimSchema();
  bool SomeWait() const;
  /// Entries are committed; the turn is ours.
  void NoteEntries(const FeedWritten& written);
  /// Takes what is stored for what was left, unless we have written since the claim.
  void NoteLeft(Transaction& transaction, const std::string& object);
  void ForgetLeft(const std::string& object);
  /// What rows of `outbox` may ask for, as far as the tables are there (rule W1).
  void KeepAllWritable(Transaction& transaction);
  void KeepWritableOf(Transaction& transaction, const StreamPlan& plan,
                      const std::vector<MirrorColumn>& columns);
  /// Moves rows on, in a transaction of the owner; returns what is to be told once it is over.
  OutboxMoves ChangeOutbox(Transaction& transaction, const std::string& object,
                           const std::vector<OutboxChange>& changes);
  /// The same with the commit that shows their records.
  OutboxMoves EndRows(Transaction& transaction, const CommitWriter& writer, const Commit& commit);
  void Tell(const std::string& object, const OutboxMoves& moves) const;
  /// A daemon that waits beside a live owner may write once it takes over (rule W20).
  void WatchOwner();
  /// The plan of an object that may be written; null: it may not.
  const StreamPlan* WrittenBack(const std::string& object) const;
  /// Clears up once an hour, where something was ever written back, and counts rows from time to
  /// time, where it still may be.
  void KeepOutbox();
  void CountOutbox();
  /// Both ways; those that cannot be made yet are made when links of the pair are written.
  void MakeLinkViews(const LinkPair& pair);
  /// Values of people can be in it even if nothing may be written any more.
  bool OutboxThere() const;
  /// Objects whose plan names properties to keep the history of.
  std::vector<std::string> ObjectsWithHistory() const;
  Known& KnownOf(const std::string& object);
  /// What a commit of one object works with, the turnstile passed.
  CommitWriter::Stream StreamOf(const std::string& object, const MirrorTable* table,
                                ChangeWriter* feed);
  CommitOutcome Run(Writing& writing, CommitWriter& writer, const Commit& commit,
                    bool& in_quarantine);
  MirrorTablePtr TableOf(const std::string& object);
  bool IsUsed(const std::string& object);
  /// From now on the table has these columns, and is used.
  MirrorTablePtr Adopt(const ObjectType& object, std::vector<MirrorColumn> columns);
  /// Removes from the rows whatever the wanted layout does not keep, a few rows per transaction.
  void ClearValues(const MirrorTable& wanted);
  bool ViewsWait(const std::string& object);
  void SetViewsWait(const std::string& object, bool wait);
  void NoteWitnesses(const Commit& commit);
  void Arrive(const ObjectType& object, const std::vector<std::string>& properties);
  void OnSchemaChange(const std::string& object, const std::string& change);

  const std::shared_ptr<ConnectionPool> pool_;
  const Options options_;
  const Clock& clock_;
  SyncObserver& observer_;
  const PortalSchema schema_;
  const SchemaWriter writer_;
  const StreamStore store_;
  const LinkRows links_;
  const HistoryWriter history_;
  const OutboxStore outbox_;
  const EchoLedger echoes_;  ///< used where the portal has a change feed
  OutboxBrakes brakes_;      ///< guarded by the turn
  Turnstile turnstile_;
  RecentLinks recent_links_;  ///< guarded by the turn
  /// Pairs that have no views yet; guarded by the turn.
  std::set<std::pair<std::string, std::string>> link_views_wait_;
  /// The last number of the change feed; guarded by the turn.
  int64_t fed_to_ = options_.given_out;

  mutable Mutex mutex_;
  std::vector<std::string> missing_readers_ GUARDED_BY(mutex_);
  std::map<std::string, std::unique_ptr<Known>> known_ GUARDED_BY(mutex_);
  std::optional<uint64_t> claimed_at_break_ GUARDED_BY(mutex_);
  std::optional<int64_t> epoch_ GUARDED_BY(mutex_);  ///< of our last claim
  bool outbox_there_ GUARDED_BY(mutex_) = false;
  /// As of the last claim or heartbeat, portals were not in the views over all portals yet.
  bool some_wait_ GUARDED_BY(mutex_) = false;
  std::optional<Instant> outbox_kept_ GUARDED_BY(mutex_);  ///< when it was last cleared up
  Instant outbox_counted_ GUARDED_BY(mutex_){};            ///< not again before then
  std::optional<WriteStatus> write_status_ GUARDED_BY(mutex_);
  std::string seen_owner_;  ///< who owns the portal, and when it said so; guarded by the turn
  int seen_renewals_ = 0;   ///< of this owner; guarded by the turn
  std::string server_ GUARDED_BY(mutex_);  ///< that it was made at, see kServerSql
  Writes left_ GUARDED_BY(mutex_);         ///< where not known it is whatever is there
};

}  // namespace hubmirror
