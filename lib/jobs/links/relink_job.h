#pragma once

#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "jobs/links/links_job.h"

namespace hubmirror {

/// Reads the associations of records written recently: created, changed, restored, survivors of
/// merges. If a pair is read from the other side, it first asks which records they are linked with
/// and then reads those, so that what is stored always comes from one side. Its work list is in the
/// database (`_due`), so a kill loses nothing. A link within one type is stored from both ends, so
/// there the other records are read as well.
class RelinkJob final : public StreamJob {
 public:
  RelinkJob(std::shared_ptr<StreamContext> stream, LinkPartners& partners)
      : StreamJob(std::move(stream)),
        partners_(partners),
        asker_(StreamJob::stream(), JobKind::kRelink, partners) {}

  JobKind kind() const override { return JobKind::kRelink; }
  bool has_more_to_do() const override { return facts().links_due; }

 protected:
  std::optional<StepNeed> NextStep(Instant now) override;
  StepOutcome DoStep(Instant now, const StepNeed& granted, const TableShapePtr& table) override;
  void LoadFrom(const StoredStream&) override {}
  void Abandon() override;

 private:
  /// Takes the next records; false when there are none.
  bool TakeDue();
  /// Leaves out pairs that are known not to be linkable.
  void DropUnlinkable(Instant now);
  StepOutcome Read(Instant now);
  StepOutcome Finish();
  /// The records of the other type that are linked with ours, now or until now, are read next.
  void ReadOthers(const LinkBatch& seen_from_us);

  struct Batch {
    LinkBatch links;
    bool of_others = false;         ///< they are or were linked with ours
    bool linked_with_ours = false;  ///< some were just seen to be
  };
  /// What a batch tells about the side from which its pair is read.
  void NoteSide(const LinkPair& pair, const Batch& whole);

  LinkPartners& partners_;
  LinkAsker asker_;

  std::vector<DueRecord> taken_;
  std::list<Batch> batches_;
};

}  // namespace hubmirror
