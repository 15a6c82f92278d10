#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "postgres/writing/recent_writes.h"
#include "simulation/disk.h"

namespace hubmirror::simulation {

/// Carries out one Commit on a Disk, as CommitWriter does on PostgreSQL. Made for one commit.
class MemoryCommit {
 public:
  MemoryCommit(Disk& disk, const MirrorTable* table, const RecentWrites& recent,
               const Commit& commit);

  CommitOutcome Run();
  void Remember(RecentWrites& recent, Instant committed_at) const;

  /// Live or archived rows that `ranges` leave out.
  static std::vector<std::pair<RecordId, Instant>> Unnamed(const StoredObject& stored,
                                                           const std::vector<ProvenRange>& ranges,
                                                           bool archived_list);

 private:
  struct Candidate {
    const RowBatch* batch = nullptr;
    const Row* row = nullptr;
  };
  enum class Verdict { kWrite, kUnchanged, kOutrun };

  std::vector<Candidate> Choose() const;
  Verdict Judge(const Row& row, const StoredRow* stored) const;
  void WriteRows();
  void Put(const Candidate& candidate, StoredRow& stored) const;
  void BringBackHiddenLinks();
  void Suspects();
  void MarkMerged();
  void MarkMerged(const std::map<RecordId, RecordId>& survivor_of, bool only_archived);
  void FindGone();
  void MarkPurged();
  void Erase();
  std::map<RecordId, TimePoint> WithMerged(const std::map<RecordId, TimePoint>& people) const;
  void LookAtActivities(const std::map<RecordId, TimePoint>& all);
  bool LaterReadShows(const Fate& fate) const;
  bool Lives(int64_t id) const;
  void LeaveQuarantine();
  void SetAside();
  void Pending();
  int64_t AddPending(const std::vector<RecordId>& ids, PendingCause cause);

  Disk& disk_;
  StoredObject& stored_;
  const MirrorTable* table_;
  const RecentWrites& recent_;
  const Commit& commit_;
  CommitOutcome outcome_;
  std::vector<Candidate> written_;
  std::vector<RecordId> outrun_;
  std::vector<RecordId> unchanged_;
  std::vector<const Row*> unchanged_survivors_;
  std::vector<RecordId> absent_;
  std::vector<RecordId> unarchived_;
  std::vector<Fate> gone_;
  std::vector<RecordId> marked_;
};

/// Whether a line of `batch` differs from what is stored, but for the hash.
bool Differs(const RowBatch& batch, const Row& row, const MirrorTable& table,
             const StoredRow& stored);

}  // namespace hubmirror::simulation
