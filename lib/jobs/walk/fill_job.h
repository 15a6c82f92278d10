#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "jobs/part_size.h"
#include "jobs/stream_job.h"

namespace hubmirror {

/// How far a property fill has come: the property under way and the last id read for it.
struct FillCursor {
  std::string property;
  std::optional<RecordId> last;
  friend bool operator==(const FillCursor&, const FillCursor&) = default;
};
std::string ToText(const FillCursor& cursor);
std::optional<FillCursor> ParseFillCursor(std::string_view text);

/// Reads the values of properties that are new to the mirror, or whose type changed: search names
/// the records that have one, batch/read fetches them whole (rule R6). If search cannot filter by a
/// property, or if many are new at once, a sweep fills them.
class FillJob final : public StreamJob {
 public:
  explicit FillJob(std::shared_ptr<StreamContext> stream) : StreamJob(std::move(stream)) {}

  JobKind kind() const override { return JobKind::kFill; }

 protected:
  std::optional<StepNeed> NextStep(Instant now) override;
  StepOutcome DoStep(Instant now, const StepNeed& granted, const TableShapePtr& table) override;
  void LoadFrom(const StoredStream& stored) override;
  void Abandon() override;

 private:
  /// Properties of the table that are filling; empty when none.
  std::vector<std::string> Filling() const;
  StepOutcome Search();
  /// Whether this search is at fault: it fails, and another one was answered just now.
  bool SearchFailed(const ApiError& error);
  StepOutcome Read(const TableShape& table);
  StepOutcome ReadFailed(size_t asked, const ApiError& error);
  /// Search is no help with what is filling: `why`.
  StepOutcome LeaveToSweep(std::vector<std::string> filling, const std::string& why);
  StepOutcome CommitAnswer();
  StepOutcome FillBySweep();
  StepOutcome Filled(const std::vector<std::string>& properties);

  mutable Mutex mutex_;
  bool reading_ GUARDED_BY(mutex_) = false;

  FillCursor cursor_;
  uint64_t filled_table_ = 0;  ///< the version of the table that the cursor is about
  std::vector<RecordId> unread_;
  PartSize part_{kBatchReadSize};
  PartSize search_part_{kSearchPageSize};
  bool proving_ = false;  ///< whether HubSpot answers another search
  bool proved_ = false;   ///< it did just now
  std::optional<RecordId> last_of_answer_;
  bool more_ = false;
  Commit commit_;
  /// Properties that a sweep must fill.
  std::vector<std::string> by_sweep_;
  int64_t sweep_ = 0;  ///< by this one
};

}  // namespace hubmirror
