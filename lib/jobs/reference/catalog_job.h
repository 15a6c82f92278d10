#pragma once

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
/// at once).
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

 private:
  enum class Part {
    kLive,
    kSensitive,
    kHighlySensitive,
    kArchived,
    kUnlisted,
    kGroups,
    kPipelines,
    kCount,
    kApply
  };

  StepOutcome ReadDefinitions(Part part);
  /// Whether an answer lacks properties of the table, unless the one before lacked the same: only
  /// two answers make them archived.
  bool IsShort(const std::vector<PropertyDefinition>& answer);
  StepOutcome AskUnlisted();
  std::vector<PropertyDefinition> DefinitionsOf(Part part) const;
  std::vector<PropertyDefinition> AllDefinitions() const;
  StepOutcome ReadGroups();
  StepOutcome ReadPipelines();
  StepOutcome CountRecords();
  StepOutcome Apply();
  /// One page shows the values of a few records; the loaded mirror has those of all.
  void LookInTable();
  void SayChanged(const MirrorTable& table);
  /// Reports which of the operator's names cannot be honoured.
  void Complain(const KnownProperties& known);
  void Advance();

  mutable Mutex mutex_;
  Part shown_part_ GUARDED_BY(mutex_) = Part::kLive;
  bool whole_wanted_ GUARDED_BY(mutex_) = true;

  Part part_ = Part::kLive;
  bool whole_ = true;  ///< this cycle reads everything
  /// As last read; the live ones only within a cycle, since each reads them and they are many.
  std::map<Part, std::vector<SharedDefinition>> definitions_;
  std::optional<uint64_t> live_digest_;  ///< of the live ones, as last read
  std::set<std::string> missing_;        ///< of the table's properties, in the last answer
  std::optional<Instant> whole_at_;
  UnlistedProbe probe_;            ///< of the last whole cycle, or under way
  std::set<std::string> warned_;   ///< of the operator's names, as said
  std::string blocked_;            ///< what keeps a column from changing, as said last
  std::string pipelines_refused_;  ///< why, as said last
};

}  // namespace hubmirror
