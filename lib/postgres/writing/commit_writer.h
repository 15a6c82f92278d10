#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/store/row_sink.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/transaction.h"
#include "postgres/writing/change_writer.h"
#include "postgres/writing/merges.h"
#include "postgres/writing/recent_writes.h"
#include "postgres/writing/row_writer.h"
#include "postgres/writing/stored_rows.h"
#include "postgres/writing/stream_store.h"

namespace hubmirror {

/// Carries out one Commit inside one transaction: what is outrun or unchanged is left out, the
/// rest is written, merges and disappearances are marked, pending records and progress follow.
/// Made for one commit. Owned by one thread, which may write the portal.
class CommitWriter {
 public:
  struct Stream {
    const PortalSchema& schema;
    const StreamStore& store;
    const MirrorTable* table;  ///< null: not made yet, then only progress can be written
    const RecentWrites& recent;
    bool quarantine_in_use = true;  ///< a record written may be one set aside earlier
    bool note_due = false;          ///< a job follows which rows change: into `_due`
    ChangeWriter* feed = nullptr;   ///< null: the portal has no change feed
    bool outbox_there = false;      ///< rows may be about records
    /// Rows that somebody edited here, and that are written as HubSpot has them.
    const std::vector<RecordId>* mended = nullptr;
  };

  CommitWriter(Transaction& transaction, const Stream& stream, const Commit& commit);

  CommitOutcome Run();
  /// Whether the table holds the record as this commit has it, or a later version.
  bool Shows(RecordId id) const;
  /// After the transaction is committed: what later answers must not undo.
  void Remember(RecentWrites& recent, Instant committed_at) const;

 private:
  enum class Verdict { kWrite, kUnchanged, kOutrun };
  struct Candidate {
    const RowBatch* batch = nullptr;
    const Row* row = nullptr;
  };

  void Choose();
  void WriteRows();
  Verdict Judge(const Row& row, const StoredRow* stored) const;
  void Count(const Row& row, const StoredRow* stored);
  /// What the feed says of the rows written; before anything else is done to them.
  void NoteChanges(const std::vector<RowWriter::Difference>& differences);
  void NoteNew(const std::vector<const Row*>& rows);
  void NoteMark(const std::string& op, RecordId id, std::optional<RecordId> into, Param pipeline);
  std::string PipelineSql() const;
  void Suspects();
  void SuspectsSetAside();
  void MarkMerged();
  void MarkMerged(const Merges::SurvivorOf& survivor_of, Merges::Losers which);
  /// Whom silence alone says to be gone, as the table stands after all that was shown.
  void FindGone();
  void MarkPurged();
  /// The last that is done with records: whatever was noted of the erased ones goes as well.
  void Erase();
  bool LaterReadShows(const Fate& fate) const;
  void NoteLinksDue();
  /// Links that were taken for removed after a record was archived, and before it was known here.
  void BringBackHiddenLinks();
  /// Names what HubSpot does not show.
  void SetAside();
  /// Takes out of `_quarantine` what was shown and is as it should be, and what is gone.
  void LeaveQuarantine();
  void NoteDue();
  void Pending();
  std::string Table() const;

  Transaction& transaction_;
  const Stream stream_;
  const Commit& commit_;
  CommitOutcome outcome_;

  std::optional<ChangeSelection> selection_;  ///< with a feed
  std::vector<Candidate> candidates_;         ///< one a record
  std::optional<StoredRows> stored_;
  std::vector<Candidate> written_;
  std::vector<RecordId> outrun_;
  std::vector<RecordId> overtaken_;  ///< of those, by a version with a later stamp
  std::vector<const Row*> unchanged_survivors_;
  std::vector<RecordId> unchanged_;
  std::vector<RecordId> absent_;
  std::vector<RecordId> unarchived_;
  std::vector<const Fate*> gone_;
  std::vector<RecordId> marked_;
};

}  // namespace hubmirror
