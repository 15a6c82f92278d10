#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobs/stream_job.h"
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
  };
  /// `target` and `outbox` must outlive it.
  WriteJob(std::shared_ptr<StreamContext> stream, RecordTarget& target, WriteSink& outbox,
           Terms terms)
      : StreamJob(std::move(stream)), target_(target), outbox_(outbox), terms_(std::move(terms)) {}

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
  };
  StepOutcome MakeStep(Instant now, const TableShape& table);
  StepOutcome Pick(Instant now);
  StepOutcome Send(Instant now, const TableShape& table);
  StepOutcome LookUp();
  void ForgetLookUps();
  StepOutcome ReadBack(Instant now, const TableShape& table);

  WriteTerms TermsFor(const TableShape& table) const;
  /// The record that a row is about, as far as is known here.
  RecordId RecordOf(const OutboxRow& row) const;
  /// Reads the targets of `rows_`; those that are not shown are to be asked for alone.
  Result<std::map<RecordId, TargetNow>, ApiError> ReadTargets();
  /// Those of `plans` that the mirror shows as they are at HubSpot, by record.
  std::set<RecordId> ShownHere(const std::vector<PlannedRow>& plans,
                               const std::map<RecordId, TargetNow>& targets);
  /// Claims and sends what is to be sent of `rows_`, and stores what became of it.
  StepOutcome SendPlanned(Instant now, const std::vector<PlannedRow>& plans);
  StepOutcome Ended(const WriteAnswer& answer, Instant now);
  /// The end of a cycle; `busy`: there was something to do.
  StepOutcome Wait(bool busy) const;

  RecordTarget& target_;
  WriteSink& outbox_;
  const Terms terms_;

  Phase phase_ = Phase::kPick;
  std::vector<OutboxRow> rows_;
  std::vector<WrittenRow> written_;
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
};

}  // namespace hubmirror
