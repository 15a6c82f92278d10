#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "jobs/resolve_plan.h"
#include "jobs/stream_job.h"
#include "jobs/walk/list_reading.h"
#include "jobs/walk/walk_ranges.h"
#include "model/store/verify.h"

namespace hubmirror {

/// How far a comparison of mirror and portal has come: the walk over the list, what was found so
/// far (the counts and the ids to be asked about, not the examples), and whether it repairs.
struct VerifyCursor {
  WalkCursor walk;
  VerifyReport report;
  bool repair = false;
};
std::string ToText(const VerifyCursor& cursor);
std::optional<VerifyCursor> ParseVerifyCursor(std::string_view text);

/// Reads all live records of a stream and compares them with the mirror column by column, page by
/// page and on spare budget: it finds what nothing else would, such as a row that someone edited.
/// Records that the mirror shows and the list does not are finally read by their ids, so that only
/// the mirror's own mistakes count. A list without order, one that leads back and pages that are
/// too large are read as the walks read them; a record that cannot be read is left to resolve.
/// Starts once the stream is loaded. Its progress is stored from time to time, and a restarted
/// daemon continues from there.
class VerifyJob final : public StreamJob {
 public:
  /// `watermark`: up to when changes should be in the mirror.
  VerifyJob(std::shared_ptr<StreamContext> stream,
            std::function<std::optional<TimePoint>()> watermark)
      : StreamJob(std::move(stream)), watermark_(std::move(watermark)) {}

  JobKind kind() const override { return JobKind::kVerify; }

  /// Whether the next comparison repairs, whatever the configuration says; returns its number.
  int64_t Want(bool repair);
  /// How many comparisons have ended, and what the last of them found.
  struct Finished {
    int64_t number = 0;
    VerifyReport report;
  };
  Finished finished() const;
  int64_t checked() const;
  int64_t last_cycle_requests() const override;

 protected:
  std::optional<StepNeed> NextStep(Instant now) override;
  StepOutcome DoStep(Instant now, const StepNeed& granted, const TableShapePtr& table) override;
  void LoadFrom(const StoredStream& stored) override;
  void Abandon() override;

 private:
  void Begin(const TableShapePtr& table);
  /// Stores how far it has come.
  void Save();
  /// The list is not in the order of its ids: it is read from its beginning again, in one piece.
  void BeginUnordered();
  StepOutcome Read();
  StepOutcome TakeIn(size_t range, Page page);
  void Compare(Commit commit);
  /// Holds the ids of a list without order against the mirror's.
  StepOutcome CompareSeen();
  /// Asks for archived records first, then for live ones, about what was not on the list.
  StepOutcome Explain();
  StepOutcome ExplainFailed(std::vector<RecordId>& unexplained, size_t asked,
                            const ApiError& error);
  void LeaveToResolve(RecordId id);
  void TakeArchived(const Page& page, const std::vector<RecordId>& ids);
  void TakeLive(const Answer& answer);
  void CountExtra(RecordId id);
  StepOutcome Finish();

  const std::function<std::optional<TimePoint>()> watermark_;

  mutable Mutex mutex_;
  std::optional<bool> wanted_repair_ GUARDED_BY(mutex_);
  int64_t begun_ GUARDED_BY(mutex_) = 0;
  Finished finished_ GUARDED_BY(mutex_);
  int64_t checked_ GUARDED_BY(mutex_) = 0;
  int64_t last_pages_ GUARDED_BY(mutex_) = 0;

  std::optional<VerifyCursor> resume_;  ///< as it was stored
  std::optional<TimePoint> last_complete_at_;
  std::optional<WalkRanges> ranges_;
  TableShapePtr table_;  ///< as the comparison under way began
  VerifyReport report_;
  bool repair_ = false;
  int64_t unsaved_pages_ = 0;
  std::vector<RecordId> unarchived_;  ///< not on the list, and not archived either
  std::map<RecordId, int> silences_;  ///< how often neither read has shown one
  ListPart part_;
  ListPlaces places_;
  PartSize explained_{kBatchReadSize - 1};  ///< one place is left for a witness
  /// Of a list without order.
  struct Seen {
    std::vector<RecordId> ids;
    Instant since{};      ///< when its first page was asked for
    size_t compared = 0;  ///< of `ids`, which are sorted by then
    RecordId next{0};     ///< the mirror's ids below are compared
    bool sorted = false;
  };
  std::optional<Seen> seen_;
};

}  // namespace hubmirror
