#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "model/source/page.h"
#include "model/source/stream.h"
#include "model/store/mirror_table.h"
#include "model/store/row.h"
#include "model/store/write_sink.h"

namespace hubmirror {

/// Why a record waits in `_pending` for the resolve job.
enum class PendingCause {
  kNominated,   ///< search saw a newer stamp than the primary read showed
  kAbsent,      ///< a list page proved that it is not live
  kUnarchived,  ///< flagged archived here, not on the archived list
  kOutrun,      ///< an answer sent before the last write was not newer
  kRequested,   ///< an operator asked (`refresh`)
  kUnreadable,  ///< HubSpot fails to answer whatever asks for it
  /// Both primary reads found nothing, twice, and nothing has shown that the archived one would
  /// find an archived record: it may be archived, erased or deleted.
  kUnproved,
};

std::string_view NameOf(PendingCause cause);

/// One record that waits to be checked on its own.
struct PendingRecord {
  RecordId id;
  PendingCause cause = PendingCause::kNominated;
  std::optional<TimePoint> nominated;  ///< the stamp that must at least be seen
  /// When both primary reads first found nothing, by HubSpot's clock; set by resolve.
  std::optional<TimePoint> absent_since;
  int attempts = 0;
  /// Not checked again before then, by HubSpot's clock.
  std::optional<TimePoint> not_before;
  /// Which state of what waits under the id this was read as; empty: it was not read.
  std::string version = {};
};

/// A record that need not wait any longer, by what was read of it.
struct SettledRecord {
  RecordId id;
  /// Of the pending record as it was read; one that was noted since goes on waiting.
  std::string version = {};
  /// Without a version: the stamp a primary read showed. It settles only what waits for this or an
  /// older one.
  std::optional<TimePoint> shown = {};
};

/// The pending records of an object.
struct PendingCounts {
  int64_t waiting = 0;   ///< to be checked; without the unproved ones
  int64_t absent = 0;    ///< of all: found nowhere, at least once
  int64_t unproved = 0;  ///< left out of the views of live records
};

/// What is stored of a record, for deciding whether to read or write it.
struct StoredRecord {
  RecordId id;
  std::optional<TimePoint> modified;
  bool archived = false;
  bool merged = false;
  bool gone = false;  ///< erased or purged
};

/// A stretch of a list that was read without a gap: rows of the mirror inside [from, to] that
/// `present` does not name, and that were not written since the earliest request left, are
/// suspects and go to `_pending`. Concerns live rows, or with `archived_list` rows flagged
/// archived.
struct ProvenRange {
  RecordId from;
  RecordId to;
  std::vector<RecordId> present;  ///< ascending
  Instant sent_at{};              ///< of the earliest request
  bool archived_list = false;
};

/// What became of a record that primary reads explained.
struct Fate {
  enum class Kind { kMerged, kErased, kPurged };
  RecordId id;
  Kind kind = Kind::kPurged;
  RecordId merged_into;  ///< the last survivor, for kMerged
  TimePoint at{};        ///< HubSpot's clock
  /// When the read left that found this out: a record seen by a later one is not marked. Default:
  /// not known, it is marked.
  Instant sent_at{};
};

/// Which work of ours saw a change, as the change feed says it. The last three see what nothing in
/// HubSpot caused: the first values of a property, records of before the mirror was there, and rows
/// that somebody edited here.
enum class ChangeCause {
  kChanges,
  kSweep,
  kArchived,
  kResolve,
  kLinks,
  kVerify,
  kFill,
  kLoad,
  kRepair,
};

std::string_view NameOf(ChangeCause cause);

/// Everything one step proves, written in one transaction: rows and the cursor they move.
struct Commit {
  ObjectType object;
  std::vector<RowBatch> rows;
  std::vector<ProvenRange> ranges;
  /// Added. What waits under the same id is replaced if it still is the version this was made from;
  /// without a version it takes on a newer nomination and keeps what was found out before.
  std::vector<PendingRecord> pending;
  std::vector<SettledRecord> settled;  ///< leave `_pending`
  std::vector<Fate> fates;
  std::vector<UnreadableRecord> unreadable;  ///< set aside in `_quarantine`, by their ids alone
  /// Live rows that are written have their links read again soon: see LinkSink::DueLinks.
  bool links_due = false;
  std::map<JobKind, JobProgress> progress;
  /// What the stream owes (jobs/stream_debts.h); JSON, absent: unchanged.
  std::optional<std::string> debts = {};
  /// The counts of values lost are reset to what this commit loses.
  bool forget_lost_values = false;
  /// Requests the portal made today, for a budget that survives a restart; JSON, empty: unchanged.
  std::string budget;
  /// Rows of the outbox that these rows prove: they are `done` (rule W12) in this transaction, with
  /// the number of its last entry in the change feed. As WriteSink::Change.
  std::vector<OutboxChange> outbox = {};

  // For the change feed (rule F5).
  ChangeCause cause = ChangeCause::kChanges;
  /// Rows new to the mirror are of its first load: no changes that anybody saw.
  bool loads = false;
  /// Properties may be new to its rows: what differs under an equal stamp in archived ones, which
  /// nobody changes, are first values.
  bool fills = false;
  /// What was loaded until this commit is to be read again by whoever keeps a copy: a table's name.
  std::string loaded = {};
  /// When the first load began, by HubSpot's clock: what was made since then is new.
  std::optional<TimePoint> load_began = {};
};

/// What a commit changed, for metrics and for the job.
struct CommitOutcome {
  int64_t inserted = 0;
  int64_t updated = 0;
  int64_t archived = 0;  ///< flag set
  int64_t restored = 0;  ///< flag cleared
  int64_t merged = 0;
  int64_t erased = 0;
  int64_t purged = 0;
  int64_t unchanged = 0;    ///< equal hash: nothing written
  int64_t outrun = 0;       ///< older than the mirror or than a later write: gone to `_pending`
  int64_t suspects = 0;     ///< absent rows put into `_pending`
  int64_t quarantined = 0;  ///< the database refused their rows
  int64_t unreadable = 0;   ///< set aside because HubSpot does not show them
  int64_t released = 0;     ///< left the quarantine
  int64_t live_change = 0;  ///< live rows after this commit, less those before
  /// Values this commit set to NULL although the record had one before, by property position in
  /// the shape's table: feeds the brake on lost properties.
  std::map<std::string, int64_t> values_lost;
  /// Modified stamps of the rows written, for the latency histogram (changes only use them).
  std::vector<TimePoint> written_stamps;

  /// Records that are not as they were before.
  int64_t changed() const {
    return inserted + updated + archived + restored + merged + erased + purged;
  }
};

/// The state of one stream as stored.
struct StoredStream {
  MirrorTablePtr table;  ///< null: not created yet
  std::map<JobKind, JobProgress> progress;
  int64_t rows = 0;  ///< live rows: estimate
  PendingCounts pending;
  int64_t quarantined = 0;
  std::string debts = {};  ///< as last committed; empty: none
  /// Values set to NULL by commits since that was last forgotten, by property.
  std::map<std::string, int64_t> values_lost = {};
  bool paused = false;  ///< by the operator, when the state was last saved
};

/// The schema of one portal. Each call is one transaction that renews our ownership first, blocks,
/// and throws DatabaseError if it cannot be done; nothing is then written. Thread-safe; commits run
/// one after another. (More than fifteen functions: one for each question of a job.)
class RowSink {
 public:
  virtual ~RowSink() = default;

  /// Creates or migrates the schema and takes ownership of it. Refuses, by DatabaseError, a schema
  /// of another portal, one that is not ours, one owned by a live daemon. Call again after it
  /// threw.
  virtual void Claim() = 0;
  /// Renews ownership when no commit does; throws when another daemon has taken over.
  virtual void Heartbeat() = 0;

  /// Roles that should be let read and do not exist, as of the last Claim or Heartbeat, which grant
  /// it to one that was made meanwhile. Asks nobody.
  virtual std::vector<std::string> MissingReaders() const = 0;
  /// Live rows by object as the database last knew them, also before Claim; empty when the schema
  /// is not there or another portal's.
  virtual std::map<std::string, int64_t> LastKnownRows() = 0;

  virtual StoredStream Load(const ObjectType& object) = 0;
  /// The budget as last committed; empty when there is none.
  virtual std::string LoadBudget() = 0;

  /// Brings table, views, comments and `properties` to `wanted` (see mirror/table_layout.h) as far
  /// as locks and objects of others allow; returns what there is. A column that somebody dropped is
  /// made again, to be filled. Creating a table resets its stream in the same transaction, and
  /// leaves views, comments and indexes to the next call, Decorate or Heartbeat. Cheap if nothing
  /// differs.
  virtual MirrorTablePtr ApplyLayout(const MirrorTable& wanted) = 0;
  /// Makes the views, comments and indexes that a table still lacks, as far as locks and objects of
  /// others allow; Heartbeat tries again.
  virtual void Decorate(const ObjectType& object) = 0;
  virtual void SaveAccount(const Account& account) = 0;
  virtual void SavePropertyGroups(const ObjectType& object,
                                  const std::vector<PropertyGroup>& groups) = 0;
  /// Says that the values of these properties are all there.
  virtual MirrorTablePtr MarkFilled(const ObjectType& object,
                                    const std::vector<std::string>& properties) = 0;

  virtual CommitOutcome Write(const Commit& commit) = 0;

  virtual std::vector<StoredRecord> Stored(const ObjectType& object,
                                           const std::vector<RecordId>& ids) = 0;
  /// Pending records whose time has come, oldest first.
  virtual std::vector<PendingRecord> DuePending(const ObjectType& object, TimePoint now,
                                                size_t limit) = 0;
  virtual PendingCounts CountPending(const ObjectType& object) = 0;
  /// Counts live rows exactly.
  virtual int64_t CountRows(const ObjectType& object) = 0;
  /// Those of `properties` of which some row holds a value. Reads the whole table.
  virtual std::set<std::string> WithValues(const ObjectType& object,
                                           const std::set<std::string>& properties) = 0;
  /// A record that is (or with `archived`, is flagged archived) for certain, read most recently:
  /// the witness of R13.
  virtual std::optional<RecordId> WitnessRecord(const ObjectType& object, bool archived) = 0;

  /// Seen ids of a walk whose order cannot be trusted (R4): a logged table.
  virtual void BeginSeen(const ObjectType& object) = 0;
  virtual void AddSeen(const ObjectType& object, const std::vector<RecordId>& ids) = 0;
  /// Live rows that were not seen and not written since `walk_began` go to `_pending`.
  virtual int64_t SuspectUnseen(const ObjectType& object, TimePoint walk_began) = 0;

  /// Forgets a stream's cursors, so that it is loaded from the beginning.
  virtual void ResetStream(const ObjectType& object) = 0;
  /// Writes state and reason, for SQL users (`hubmirror.status`).
  virtual void SaveState(const ObjectType& object, StreamState state, const std::string& reason,
                         const std::string& message) = 0;
  /// Statistics for the planner, after a load.
  virtual void Analyze(const ObjectType& object) = 0;
};

}  // namespace hubmirror
