#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "jobs/reference/reference_job.h"
#include "jobs/reference/wanted_layout.h"
#include "jobs/stream_job.h"
#include "model/source/shared_definition.h"

namespace hubmirror {

/// Keeps the table in step with the portal's property definitions. Every cycle reads the live
/// definitions and the pipelines; when they changed, and once an hour, also the archived ones, the
/// sensitive ones if the operator wants them, the groups, what HubSpot answers for named properties
/// that it does not list, and how many records the portal has (rule R12: an emptied table is swept
/// at once). The table is made as soon as its definitions are there, since its list waits for it.
class CatalogJob final : public StreamJob {
 public:
  explicit CatalogJob(std::shared_ptr<StreamContext> stream) : StreamJob(std::move(stream)) {}

  JobKind kind() const override { return JobKind::kCatalog; }
  bool urgent() const override { return stream().table().Now() == nullptr; }

 protected:
  std::optional<StepNeed> NextStep(Instant now) override;
  StepOutcome DoStep(Instant now, const StepNeed& granted, const TableShapePtr& table) override;
  void LoadFrom(const StoredStream& stored) override;
  void Abandon() override;
  bool works_without_table() const override { return true; }
  /// Definitions of all kinds are read side by side, everything else one after another.
  bool overlaps() const override { return true; }

 private:
  enum class Part { kBegin, kDefinitions, kUnlisted, kApply, kGroups, kPipelines, kCount, kDress };
  /// Each has a list of its own.
  enum class Kind { kLive, kSensitive, kHighlySensitive, kArchived };

  std::optional<StepNeed> NeedNow() const REQUIRES(mutex_);
  void BeginCycle(Instant now) REQUIRES(mutex_);
  StepOutcome ReadKind(Kind kind, uint64_t cycle);
  void TakeIn(Kind kind, std::vector<PropertyDefinition> answer) REQUIRES(mutex_);
  /// What the live definitions say about the others.
  void AskForOthers(const std::vector<PropertyDefinition>& live) REQUIRES(mutex_);
  /// Whether an answer lacks properties of the table, unless the one before lacked the same: only
  /// two answers make them archived.
  bool IsShort(const std::vector<PropertyDefinition>& answer);
  StepOutcome MakePart(Part part, const StepNeed& granted, Instant now);
  StepOutcome AskUnlisted();
  std::vector<PropertyDefinition> AllDefinitions() const;
  StepOutcome ReadGroups();
  StepOutcome ReadPipelines();
  /// Whether search may tell that rows are missing.
  bool Counts() const;
  StepOutcome CountRecords(const StepNeed& granted);
  StepOutcome Apply();
  /// One page shows the values of a few records; the loaded mirror has those of all.
  void LookInTable();
  void SayChanged(const MirrorTable& table);
  /// Reports which of the operator's names cannot be honoured.
  void Complain(const KnownProperties& known);
  /// The part of this cycle that comes after another one; kBegin: the cycle has ended.
  Part After(Part part) REQUIRES(mutex_);
  Part AfterAll() REQUIRES(mutex_);

  mutable Mutex mutex_;
  Part part_ GUARDED_BY(mutex_) = Part::kBegin;
  bool busy_ GUARDED_BY(mutex_) = false;  ///< a step is under way that none may overlap
  bool whole_wanted_ GUARDED_BY(mutex_) = true;
  bool whole_ GUARDED_BY(mutex_) = true;  ///< this cycle reads everything
  std::optional<Instant> whole_at_ GUARDED_BY(mutex_);
  bool undressed_ GUARDED_BY(mutex_) = false;  ///< this cycle has made the table
  uint64_t cycle_ GUARDED_BY(mutex_) = 0;      ///< what an earlier one has asked for comes too late
  std::set<Kind> to_read_ GUARDED_BY(mutex_);
  std::set<Kind> reading_ GUARDED_BY(mutex_);

  // Touched under the mutex while definitions are read, and afterwards by the one step under way.

  /// As last read; the live ones only within a cycle, since each reads them and they are many.
  std::map<Kind, std::vector<SharedDefinition>> definitions_;
  std::optional<uint64_t> live_digest_;  ///< of the live ones, as last read
  std::set<std::string> missing_;        ///< of the table's properties, in the last answer
  UnlistedProbe probe_;                  ///< of the last whole cycle, or under way

  std::set<std::string> warned_;   ///< of the operator's names, as said
  std::string blocked_;            ///< what keeps a column from changing, as said last
  std::string pipelines_refused_;  ///< why, as said last
};

}  // namespace hubmirror
