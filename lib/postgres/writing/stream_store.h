#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/store/row_sink.h"
#include "postgres/schema/portal_schema.h"
#include "postgres/session/transaction.h"

namespace hubmirror {

/// The state tables of a portal: progress, budget, pending records, seen ids. Thread-safe: keeps
/// nothing; every call works in the transaction it is given. (More than fifteen functions: one for
/// each statement on these tables, so that CommitWriter reads as a list of what it does.)
class StreamStore {
 public:
  explicit StreamStore(const PortalSchema& schema) : schema_(schema) {}

  std::map<JobKind, JobProgress> LoadProgress(Transaction& transaction,
                                              const std::string& object) const;
  /// Answers the number of this write of each: one more than that of the last one that is there.
  std::map<JobKind, int64_t> SaveProgress(Transaction& transaction, const std::string& object,
                                          const std::map<JobKind, JobProgress>& progress) const;
  /// The numbers of the last writes that are there.
  std::map<JobKind, int64_t> LastWrites(Transaction& transaction, const std::string& object) const;
  void SaveState(Transaction& transaction, const std::string& object, StreamState state,
                 const std::string& reason, const std::string& message) const;
  /// Forgets cursors, pending and seen ids; the table keeps its rows.
  void Reset(Transaction& transaction, const std::string& object) const;

  std::string LoadBudget(Transaction& transaction) const;
  void SaveBudget(Transaction& transaction, const std::string& budget) const;

  /// Whether the state saved last is that of a pause.
  bool IsPaused(Transaction& transaction, const std::string& object) const;

  /// Live rows by object; empty when the schema is not there or holds another portal than `portal`.
  std::map<std::string, int64_t> LastKnownRows(Transaction& transaction, PortalId portal) const;
  /// Live rows as counted along with the writes.
  int64_t LiveRows(Transaction& transaction, const std::string& object) const;
  void SetLiveRows(Transaction& transaction, const std::string& object, int64_t rows) const;
  void AddLiveRows(Transaction& transaction, const std::string& object, int64_t change) const;

  struct Debts {
    std::string owed;  ///< empty: nothing was ever stored
    std::map<std::string, int64_t> values_lost;
  };
  Debts LoadDebts(Transaction& transaction, const std::string& object) const;
  void SaveDebts(Transaction& transaction, const std::string& object,
                 const std::string& owed) const;
  /// Adds to the counts, which `forget` resets first.
  void CountValuesLost(Transaction& transaction, const std::string& object, bool forget,
                       const std::map<std::string, int64_t>& values_lost) const;

  /// See Commit::pending.
  void PutPending(Transaction& transaction, const std::string& object,
                  const std::vector<PendingRecord>& records) const;
  /// Adds those that do not wait yet; returns how many. Those that do count as found again: what
  /// was read of them before no longer settles them.
  int64_t AddPending(Transaction& transaction, const std::string& object,
                     const std::vector<RecordId>& ids, PendingCause cause) const;
  /// See Commit::settled.
  void Settle(Transaction& transaction, const std::string& object,
              const std::vector<SettledRecord>& records) const;
  std::vector<PendingRecord> DuePending(Transaction& transaction, const std::string& object,
                                        TimePoint now, size_t limit) const;
  PendingCounts CountPending(Transaction& transaction, const std::string& object) const;
  /// With those whose history alone is not shown.
  int64_t CountQuarantined(Transaction& transaction, const std::string& object) const;

  void BeginSeen(Transaction& transaction, const std::string& object) const;
  void AddSeen(Transaction& transaction, const std::string& object,
               const std::vector<RecordId>& ids) const;
  int64_t SuspectUnseen(Transaction& transaction, const std::string& object,
                        TimePoint walk_began) const;

 private:
  /// Those that wait as they were read.
  void RemoveVersions(Transaction& transaction, const std::string& object,
                      const std::vector<std::pair<RecordId, std::string>>& versions) const;
  void InsertPending(Transaction& transaction, const std::string& object,
                     const std::map<RecordId, const PendingRecord*>& records,
                     const std::string& on_conflict) const;

  const PortalSchema& schema_;
};

}  // namespace hubmirror
