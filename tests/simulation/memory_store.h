#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/store/database_error.h"
#include "model/store/link_sink.h"
#include "model/store/row_sink.h"
#include "model/store/verify.h"
#include "postgres/writing/recent_links.h"
#include "postgres/writing/recent_writes.h"
#include "simulation/disk.h"

namespace hubmirror::simulation {

/// A model of PortalSink: the same decisions over a Disk instead of PostgreSQL. What PortalSink
/// remembers of a session is its own and dies with it; it notices a disk that went back by the
/// numbers of its writes, as PortalSink does. Used by whoever has the baton.
class MemoryStore final : public RowSink, public LinkSink, public VerifySink {
 public:
  MemoryStore(Disk& disk, const Clock& clock, Duration request_deadline)
      : disk_(disk), clock_(clock), keep_(2 * request_deadline) {}

  void Claim() override;
  void Heartbeat() override { CheckClaimed(); }
  std::vector<std::string> MissingReaders() const override { return {}; }
  std::map<std::string, int64_t> LastKnownRows() override;
  StoredStream Load(const ObjectType& object) override;
  std::string LoadBudget() override { return disk_.budget; }
  MirrorTablePtr ApplyLayout(const MirrorTable& wanted) override;
  void Decorate(const ObjectType&) override { CheckClaimed(); }
  void SaveAccount(const Account&) override { CheckClaimed(); }
  void SavePropertyGroups(const ObjectType&, const std::vector<PropertyGroup>&) override {
    CheckClaimed();
  }
  MirrorTablePtr MarkFilled(const ObjectType& object,
                            const std::vector<std::string>& properties) override;
  CommitOutcome Write(const Commit& commit) override;
  std::vector<StoredRecord> Stored(const ObjectType& object,
                                   const std::vector<RecordId>& ids) override;
  std::vector<PendingRecord> DuePending(const ObjectType& object, TimePoint now,
                                        size_t limit) override;
  PendingCounts CountPending(const ObjectType& object) override;
  int64_t CountRows(const ObjectType& object) override;
  /// Only asked about properties that a portal does not list, of which this one has none.
  std::set<std::string> WithValues(const ObjectType&, const std::set<std::string>&) override {
    return {};
  }
  std::optional<RecordId> WitnessRecord(const ObjectType& object, bool archived) override;
  void BeginSeen(const ObjectType& object) override;
  void AddSeen(const ObjectType& object, const std::vector<RecordId>& ids) override;
  int64_t SuspectUnseen(const ObjectType& object, TimePoint walk_began) override;
  void ResetStream(const ObjectType& object) override;
  void SaveState(const ObjectType& object, StreamState state, const std::string& reason,
                 const std::string& message) override;
  void Analyze(const ObjectType&) override {}

  std::vector<RecordId> LiveIds(const ObjectType& object, std::optional<RecordId> above,
                                size_t limit) override;
  std::vector<DueRecord> DueLinks(const ObjectType& object, size_t limit) override;
  void DropDueLinks(const ObjectType& object, const std::vector<DueRecord>& records) override;
  std::vector<RecordId> LinkedFrom(const LinkPair& pair, const std::vector<RecordId>& to) override;
  std::vector<RecordId> Linked(const LinkPair& pair, const std::vector<RecordId>& from) override;
  void WriteLinks(const LinkCommit& commit) override;
  void SaveLinkTypes(const LinkPair&, const std::vector<LinkType>&) override { CheckClaimed(); }

  VerifyReport Verify(const Commit& page, const VerifyRequest& request,
                      CommitOutcome& outcome) override;

 private:
  struct Known {
    explicit Known(Duration keep) : recent(keep) {}
    MirrorTablePtr table;
    bool used = false;  ///< since the claim: jobs remember what it held
    std::deque<RecordId> seen_live;
    std::deque<RecordId> seen_archived;
    RecentWrites recent;
  };

  void CheckClaimed() const;
  /// What is stored of an object whose table is there.
  StoredObject& TableOf(const ObjectType& object);
  Known& KnownOf(const std::string& object);
  MirrorTablePtr Adopt(const ObjectType& object, const std::vector<MirrorColumn>& columns);
  /// Says that the disk went back if it does; nothing is changed before.
  void CheckProgress(const std::string& object, const std::map<JobKind, JobProgress>& progress);
  void SaveProgress(const std::string& object, const std::map<JobKind, JobProgress>& progress);
  void CheckColumns(const MirrorTable& table) const;
  void NoteWitnesses(const Commit& commit);

  Disk& disk_;
  const Clock& clock_;
  const Duration keep_;
  bool claimed_ = false;
  std::map<std::string, std::unique_ptr<Known>> known_;
  std::map<std::pair<std::string, JobKind>, int64_t> left_;
  RecentLinks recent_links_;
  uint64_t versions_ = 0;
};

}  // namespace hubmirror::simulation
