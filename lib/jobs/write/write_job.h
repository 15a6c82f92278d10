#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobs/links/link_batch.h"
#include "jobs/links/link_partners.h"
#include "jobs/stream_job.h"
#include "jobs/write/create_plan.h"
#include "jobs/write/link_plan.h"
#include "jobs/write/link_turns.h"
#include "jobs/write/write_plan.h"
#include "model/source/record_target.h"
#include "model/store/write_sink.h"

namespace hubmirror {

/// Carries rows of the outbox to HubSpot, of one object: picks them, reads what HubSpot holds,
/// claims what is to be sent and sends it, and reads back what was written (rules W3 to W7, W11 and
/// W12). The outbox knows how far each row has come, so a kill loses nothing: a row whose end is
/// not known is looked at again once HubSpot can no longer be working on it. Starts once the stream
/// is loaded. Trouble with writing does not stop the other jobs of the stream.
class WriteJob final : public StreamJob {
 public:
  struct Terms {
    std::vector<std::string> update;  ///< as WriteTerms
    bool check = true;
    std::chrono::milliseconds give_up{std::chrono::hours{24}};
    std::string key_property = {};  ///< as WriteTerms
    bool unguarded = false;
    bool create = false;
    bool archive = false;
    ConflictRule on_conflict = ConflictRule::kHold;
    std::vector<std::string> associate = {};  ///< as LinkTerms
    std::map<std::string, ConflictRule> rules = {};
  };
  /// What it shares with the other jobs of the portal; all of it must outlive it.
  struct Shared {
    RecordTarget& target;
    WriteSink& outbox;
    LinkPartners& partners;
    LinkTurns& turns;
  };
  WriteJob(std::shared_ptr<StreamContext> stream, const Shared& shared, Terms terms)
      : StreamJob(std::move(stream)),
        target_(shared.target),
        outbox_(shared.outbox),
        partners_(shared.partners),
        turns_(shared.turns),
        terms_(std::move(terms)) {}

  JobKind kind() const override { return JobKind::kWrite; }

 protected:
  std::optional<StepNeed> NextStep(Instant now) override;
  StepOutcome DoStep(Instant now, const StepNeed& granted, const TableShapePtr& table) override;
  void LoadFrom(const StoredStream& stored) override;
  void Abandon() override;

 private:
  /// What the next step does.
  enum class Phase {
    kPick,      ///< asks the outbox what there is
    kSend,      ///< reads the targets of `rows_`, and sends what is to be sent
    kLookUp,    ///< asks for one of `missing_` alone
    kReadBack,  ///< reads what HubSpot has of `written_`
    // Of rows about links, after kPick:
    kEnds,   ///< asks which of the records are there
    kEnd,    ///< asks for one of `unshown_` alone
    kLinks,  ///< reads the links of the pairs, and sends what is to be sent
  };
  StepOutcome MakeStep(Instant now, const TableShape& table);
  StepOutcome Pick(Instant now, const TableShape& table);
  /// The same as Send for rows whose records are found by unique values.
  StepOutcome SendCreates(Instant now, const TableShape& table);
  StepOutcome Send(Instant now, const TableShape& table);
  StepOutcome LookUp();
  void ForgetLookUps();
  StepOutcome ReadBack(Instant now, const TableShape& table);
  /// What HubSpot shows of `asked`; a page without records, where it shows no archived ones at all.
  Result<Page, ApiError> ReadWritten(bool archived, const std::vector<RecordId>& asked,
                                     const TableShape& table);

  // Of rows about links (rule W16), in write_links.cc.

  StepOutcome BeginLinks(Instant now);
  StepOutcome AskEnds(Instant now);
  StepOutcome AskEnd(Instant now);
  StepOutcome SendLinks(Instant now);
  StepOutcome SendPlannedLinks(Instant now, const std::vector<PlannedLinks>& plans);
  StepOutcome ReadBackLinks(Instant now);
  StepOutcome LinksFailed(const ApiError& error, Instant now);
  /// HubSpot shows no links of the rows under way, whoever asks.
  StepOutcome RefuseLinks(const ApiError& error);
  /// The next answer of `link_batch_`; whether it is whole.
  Result<bool, ApiError> ReadLinks();
  /// The pair of this object and another one, from the side that is read.
  std::optional<LinkPair> PairWith(const std::string& other) const;
  LinkTerms LinkTermsNow() const;
  void ForgetLinks();

  WriteTerms TermsFor(const TableShape& table) const;
  /// The record that a row is about, as far as is known here.
  RecordId RecordOf(const OutboxRow& row) const;
  /// Reads the targets of `rows_`; those that are not shown are to be asked for alone.
  Result<std::map<RecordId, TargetNow>, ApiError> ReadTargets();
  /// Reads what HubSpot has of the records that rows of `rows_` may have made; nullopt: it has to
  /// be asked for one at a time.
  Result<std::optional<std::map<OutboxId, MadeRecord>>, ApiError> FindCreated(
      const WriteTerms& terms);
  /// When HubSpot made the property by which rows of `rows_` are looked for, asked now where one of
  /// them may have made a record that is not among `found`: if it was made anew, it proves nothing
  /// (rule W8), and what the catalog said last is from before.
  Result<std::optional<TimePoint>, ApiError> WhenMade(const std::map<OutboxId, MadeRecord>& found,
                                                      const WriteTerms& terms);
  /// Those of `plans` that the mirror shows as they are at HubSpot, by record.
  std::set<RecordId> ShownHere(const std::vector<PlannedRow>& plans,
                               const std::map<RecordId, TargetNow>& targets);
  /// Claims and sends what is to be sent of `rows_`, and stores what became of it.
  StepOutcome SendPlanned(Instant now, const std::vector<PlannedRow>& plans,
                          const MirrorTable& table);
  StepOutcome Ended(const WriteAnswer& answer, Instant now);
  /// The token may not do it: rows wait.
  StepOutcome Blocked(const ApiError& error, Instant now);
  /// The end of a cycle; `busy`: there was something to do.
  StepOutcome Wait(bool busy) const;

  RecordTarget& target_;
  WriteSink& outbox_;
  LinkPartners& partners_;
  LinkTurns& turns_;
  const Terms terms_;

  Phase phase_ = Phase::kPick;
  std::vector<OutboxRow> rows_;
  std::vector<WrittenRow> written_;
  int cost_ = 2;                ///< requests that sending `rows_` may take
  size_t part_ = kWriteInputs;  ///< rows to send at once: less after a batch was refused
  bool may_be_written_ = true;  ///< there may be rows to be read back
  bool busy_ = false;           ///< this cycle had something to do
  /// Nothing is read back before then: HubSpot has just shown older values.
  Instant read_back_at_{};
  std::map<OutboxId, int> not_shown_;  ///< how often a record was not there to be read back
  Instant blocked_until_{};            ///< the token may not write
  // What single reads have told of records that a batch read did not show.
  std::vector<RecordId> missing_;
  std::map<RecordId, RecordId> survivors_;
  std::set<RecordId> gone_;
  std::set<RecordId> archived_;    ///< of those that are gone
  bool missing_archives_ = false;  ///< `missing_` are to be archived
  // Of rows about links:
  std::optional<LinkPair> pair_;  ///< what they are about, from the side that is read
  KnownEnds ends_;                ///< their records
  std::vector<std::pair<ObjectType, RecordId>> unshown_;  ///< to be asked for alone
  std::vector<LinkEnds> ends_taken_;                      ///< of `turns_`
  std::optional<LinkBatch> link_batch_;                   ///< under way
};

}  // namespace hubmirror
