#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "model/store/database_error.h"
#include "model/store/link_sink.h"
#include "model/store/row_sink.h"
#include "model/store/verify.h"
#include "model/store/write_sink.h"

namespace hubmirror::simulation {

/// What happens to a commit.
enum class CommitFault {
  kRefused,     ///< deadlock: the statement fails, the session lives
  kLost,        ///< the session breaks before the commit
  kAnswerLost,  ///< it is committed, and nobody hears of it
};

/// What goes wrong with the database; it outlives the daemon.
struct DatabaseTrouble {
  Instant away_until{};
  std::map<std::string, Instant> locked_until;  ///< tables, by somebody else
  std::deque<CommitFault> next;                 ///< the next commits
  int64_t struck = 0;
};

/// The way to the store: a commit takes its time, and may fail. After any failure of the session
/// nothing is written before the next Claim, as behind PortalSink. Used by whoever has the baton.
class Gate final : public RowSink, public LinkSink, public VerifySink, public WriteSink {
 public:
  struct Inner {
    RowSink& rows;
    LinkSink& links;
    VerifySink& verify;
    WriteSink* outbox = nullptr;  ///< null: nothing is written back
  };
  struct Hooks {
    std::function<void(const std::string& object)> before_commit;
    std::function<void(const std::string& object)> after_commit;
  };
  Gate(Inner inner, DatabaseTrouble& trouble, const Clock& clock, std::chrono::milliseconds slowest,
       uint64_t seed, Hooks hooks)
      : inner_(inner),
        trouble_(trouble),
        clock_(clock),
        slowest_(slowest),
        random_(seed),
        hooks_(std::move(hooks)) {}

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

  VerifyReport Verify(const Commit& page, const VerifyRequest& request,
                      CommitOutcome& outcome) override;

  std::vector<OutboxRow> Pick(const ObjectType& object, const OutboxPick& pick) override;
  std::vector<OutboxId> Claim(const ObjectType& object, const std::vector<OutboxClaim>& claims,
                              TimePoint sent_at) override;
  void Change(const ObjectType& object, const std::vector<OutboxChange>& changes) override;
  std::vector<WrittenRow> Written(const ObjectType& object, size_t limit) override;
  std::optional<WriteStatus> Standing() const override;

 private:
  void CheckReachable();
  template <typename Act>
  auto Committing(const std::string& object, bool holds, const Act& act);
  void Linger(bool holds);

  const Inner inner_;
  DatabaseTrouble& trouble_;
  const Clock& clock_;
  const std::chrono::milliseconds slowest_;
  Random random_;
  const Hooks hooks_;
  bool broken_ = false;
};

}  // namespace hubmirror::simulation
