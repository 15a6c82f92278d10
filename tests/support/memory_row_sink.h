#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "model/store/database_error.h"
#include "model/store/row_sink.h"
#include "model/store/verify.h"

namespace hubmirror::testing {

/// A mirror in memory behind the ports of rows, for one object type: enough of PostgreSQL to see
/// what the jobs make of it. It can die before or after a commit.
class MemoryRowSink final : public RowSink, public VerifySink {
 public:
  struct Entry {
    std::optional<TimePoint> modified;
    std::string line;
    bool archived = false;
    std::optional<int64_t> merged_into;
    bool gone = false;
    bool live() const { return !archived && !merged_into && !gone; }
  };
  enum class Death { kNever, kBeforeCommit, kAfterCommit };

  std::map<int64_t, Entry> rows;
  std::map<int64_t, PendingRecord> waiting;
  std::map<int64_t, std::string> set_aside;  ///< with the reason
  std::map<JobKind, JobProgress> progress;
  std::string debts;
  std::map<std::string, int64_t> values_lost;
  MirrorTablePtr table;
  std::vector<int64_t> seen;
  Death die = Death::kNever;  ///< at the next Write
  int writes = 0;
  bool refuses_rows = false;  ///< as a user's trigger may
  /// What every Write says it set to NULL.
  std::map<std::string, int64_t> values_lost_per_write;
  /// Told of the rows of the outbox that a Write ends.
  std::function<void(const std::vector<OutboxChange>&)> on_outbox;
  int claims = 0;
  /// Writes and claims meet this mistake of ours, if it is not empty.
  std::string bug;
  std::vector<std::string> states;  ///< as they were saved, `state/reason`
  std::vector<std::string> filled;
  std::vector<std::string> loaded;  ///< tables that commits said to be loaded
  bool database_away = false;       ///< neither Claim nor Heartbeat reach the database
  bool decorated = false;           ///< the table has its views
  bool ended_undecorated = false;   ///< a whole walk was committed while it had not
  std::vector<std::string> missing_readers;
  std::map<std::string, int64_t> last_known_rows;
  std::set<int64_t> compared;  ///< that Verify was shown
  int repairs = 0;             ///< so often it was to mend what it found

  bool live(int64_t id) const { return rows.contains(id) && rows.at(id).live(); }

  void Claim() override {
    ++claims;
    if (!bug.empty()) throw std::out_of_range(bug);
    if (database_away)
      throw DatabaseError(DatabaseError::Kind::kUnavailable, "", "the database is away");
  }
  void Heartbeat() override {
    if (database_away)
      throw DatabaseError(DatabaseError::Kind::kUnavailable, "", "the database is away");
  }
  std::vector<std::string> MissingReaders() const override { return missing_readers; }
  std::map<std::string, int64_t> LastKnownRows() override { return last_known_rows; }
  StoredStream Load(const ObjectType& object) override;
  std::string LoadBudget() override { return {}; }
  MirrorTablePtr ApplyLayout(const MirrorTable& wanted) override;
  void Decorate(const ObjectType&) override { decorated = true; }
  void SaveAccount(const Account&) override {}
  void SavePropertyGroups(const ObjectType&, const std::vector<PropertyGroup>&) override {}
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
  void BeginSeen(const ObjectType&) override { seen.clear(); }
  void AddSeen(const ObjectType& object, const std::vector<RecordId>& ids) override;
  int64_t SuspectUnseen(const ObjectType& object, TimePoint walk_began) override;
  void ResetStream(const ObjectType&) override { progress.clear(); }
  void SaveState(const ObjectType&, StreamState state, const std::string& reason,
                 const std::string&) override {
    states.push_back(std::string(NameOf(state)) + (reason.empty() ? "" : "/" + reason));
  }
  void Analyze(const ObjectType&) override {}
  /// Finds who is missing, and who is not listed; mends nothing.
  VerifyReport Verify(const Commit& page, const VerifyRequest& request,
                      CommitOutcome& outcome) override;

 private:
  int64_t CountLive() const;
  std::string NextVersion() { return std::to_string(++versions_); }
  bool Found(PendingRecord record);
  void Settle(const SettledRecord& record);
  void Wait(PendingRecord record);
  void WriteRows(const RowBatch& batch, CommitOutcome& outcome);
  void NoteValues(const RowShape& shape, std::string_view line);
  void Suspect(const ProvenRange& range, CommitOutcome& outcome);

  int64_t versions_ = 0;
  std::set<std::string> valued_;  ///< properties that some row had a value of
};

}  // namespace hubmirror::testing
