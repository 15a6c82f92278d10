#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "jobs/part_size.h"
#include "jobs/stream_job.h"
#include "model/source/history.h"

namespace hubmirror {

/// How far the reading of histories has come.
struct HistoryCursor {
  HistoryScope scope;
  bool archived = false;         ///< the walk has come to the archived records
  std::optional<RecordId> last;  ///< the last id the walk has read
  bool walked = false;           ///< every record was read under this scope
  friend bool operator==(const HistoryCursor&, const HistoryCursor&) = default;
};
std::string ToText(const HistoryCursor& cursor);
/// As stored. Text that is no cursor reads as nothing: the walk then starts from the beginning.
std::optional<HistoryCursor> ParseHistoryCursor(std::string_view text);

/// Keeps the history of chosen properties. First it walks over the mirror's rows, live and
/// archived, in blocks of 50; then it reads the records whose rows have changed, which commits note
/// in `_due`. A property that is added, or hashed differently, makes it walk again; what is already
/// stored is not written twice. Every record is accounted for: one that an answer leaves out is
/// asked for again, in smaller parts and finally alone. If HubSpot still does not answer for it,
/// but does for another one, it is set aside and asked for again an hour later.
class HistoryJob final : public StreamJob {
 public:
  explicit HistoryJob(std::shared_ptr<StreamContext> stream) : StreamJob(std::move(stream)) {}

  JobKind kind() const override { return JobKind::kHistory; }

 protected:
  std::optional<StepNeed> NextStep(Instant now) override;
  StepOutcome DoStep(Instant now, const StepNeed& granted, const TableShapePtr& table) override;
  void LoadFrom(const StoredStream& stored) override;
  void Abandon() override;

 private:
  HistoryScope ScopeNow() const;
  StepOutcome Choose();
  StepOutcome ChooseOfWalk();
  StepOutcome ChooseDue();
  Result<HistoryPage, ApiError> Ask(const std::vector<RecordId>& ids);
  StepOutcome Read(const TableShape& table);
  StepOutcome TakeIn(HistoryPage page, const std::vector<RecordId>& asked, const HasherPtr& hasher);
  /// The first `asked` of the block were not answered for.
  StepOutcome Failed(size_t asked, const ApiError& error);
  /// Asks for a record other than the first of the block.
  StepOutcome AskWitness();
  std::optional<RecordId> NextWitness();
  StepOutcome SetAside(const std::string& reason);
  StepOutcome Write(HistoryCommit commit);

  mutable Mutex mutex_;
  bool reading_ GUARDED_BY(mutex_) = false;
  bool walking_ GUARDED_BY(mutex_) = true;

  bool prepared_ = false;
  HistoryCursor cursor_;
  std::vector<RecordId> block_;  ///< not accounted for yet
  bool block_archived_ = false;
  std::optional<RecordId> block_end_;  ///< of the walk's block
  Blame blame_{kHistoryReadSize};
  std::optional<RecordId> witness_;  ///< the last one
};

}  // namespace hubmirror
