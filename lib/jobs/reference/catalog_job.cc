#include "jobs/reference/catalog_job.h"

#include <algorithm>
#include <iterator>

#include "base/finally.h"

namespace hubmirror {
namespace {

using namespace std::chrono_literals;

constexpr auto kWholeEvery = 1h;

bool IsFilling(const MirrorColumn& column) {
  return column.state == PropertyState::kFilling && !column.definition->archived;
}

/// Whether a column waits for values that it did not wait for.
bool FillingBegins(const MirrorTable& before, const MirrorTable& table) {
  return std::ranges::any_of(table.columns, [&](const MirrorColumn& column) {
    const auto stood =
        std::ranges::find(before.columns, column.property(), &MirrorColumn::property);
    return IsFilling(column) && stood != before.columns.end() && !IsFilling(*stood);
  });
}

}  // namespace

void CatalogJob::LoadFrom(const StoredStream& stored) {
  stream().table().AdoptStored(stored.table);
  // The wish of whoever made the columns may not have been stored yet, or was served already.
  if (stored.table && std::ranges::any_of(stored.table->columns, IsFilling)) {
    Tell([](StreamFacts& facts) {
      if (!facts.debts.archived.stand()) ++facts.debts.archived.wanted;
    });
  }
}

void CatalogJob::Abandon() {
  part_ = Part::kLive;
  missing_.clear();
  MutexLock lock(mutex_);
  shown_part_ = Part::kLive;
  whole_wanted_ = true;
}

std::optional<StepNeed> CatalogJob::NextStep(Instant) {
  MutexLock lock(mutex_);
  if (shown_part_ == Part::kApply) return StepNeed{.priority = Priority::kCatalog};
  const Lane lane = shown_part_ == Part::kCount ? Lane::kSearch : Lane::kBurst;
  return StepNeed{.lane = lane, .priority = Priority::kCatalog};
}

StepOutcome CatalogJob::DoStep(Instant now, const StepNeed&, const TableShapePtr&) {
  if (part_ == Part::kLive) {
    MutexLock lock(mutex_);
    whole_ = std::exchange(whole_wanted_, false) || !whole_at_ || now - *whole_at_ >= kWholeEvery;
  }
  const Finally done([this] {
    MutexLock lock(mutex_);
    shown_part_ = part_;
  });
  switch (part_) {
    case Part::kLive:
    case Part::kSensitive:
    case Part::kHighlySensitive:
    case Part::kArchived:
      return ReadDefinitions(part_);
    case Part::kUnlisted:
      return AskUnlisted();
    case Part::kGroups:
      return ReadGroups();
    case Part::kPipelines:
      return ReadPipelines();
    case Part::kCount:
      return CountRecords();
    case Part::kApply:
      whole_at_ = whole_ ? std::optional(now) : whole_at_;
      return Apply();
  }
  return StepOutcome::Unused();
}

void CatalogJob::Advance() {
  const bool pipelines = object().has_pipelines;
  if (!whole_) {
    part_ = part_ == Part::kLive && pipelines ? Part::kPipelines : Part::kApply;
  } else if (part_ == Part::kGroups && !pipelines) {
    part_ = Part::kCount;
  } else if (part_ == Part::kLive &&
             !WantsSensitiveDefinitions(stream().plan(), DefinitionsOf(Part::kLive))) {
    definitions_.erase(Part::kSensitive);
    definitions_.erase(Part::kHighlySensitive);
    part_ = Part::kArchived;
  } else {
    part_ = static_cast<Part>(static_cast<int>(part_) + 1);
  }
  if (part_ != Part::kUnlisted) return;
  probe_ = UnlistedProbe(FindUnlisted(stream().plan(), AllDefinitions()));
  if (!probe_.Next()) part_ = Part::kGroups;
}

StepOutcome CatalogJob::ReadDefinitions(Part part) {
  PropertiesRequest request;
  if (part == Part::kSensitive) request.data_sensitivity = "sensitive";
  if (part == Part::kHighlySensitive) request.data_sensitivity = "highly_sensitive";
  request.archived = part == Part::kArchived;
  auto answer = hubmirror::ReadDefinitions(stream().source().records, object(), request);
  if (!answer) return StepOutcome::Failed(answer.error());
  if (part == Part::kLive && IsShort(*answer)) return StepOutcome::More();
  if (part == Part::kLive) {
    const uint64_t digest = DigestOf(*answer);
    if (std::exchange(live_digest_, digest) != digest) whole_ = true;
  }
  // Those of a thousand portals may wait for the database at once.
  std::vector<SharedDefinition>& kept = definitions_[part];
  kept.assign(std::make_move_iterator(answer->begin()), std::make_move_iterator(answer->end()));
  for (SharedDefinition& definition : kept) definition.Share();
  Advance();
  return StepOutcome::More();
}

bool CatalogJob::IsShort(const std::vector<PropertyDefinition>& answer) {
  std::set<std::string> missing;
  if (const MirrorTablePtr table = stream().table().layout()) {
    for (const MirrorColumn& column : table->columns) {
      if (!column.definition->archived && !column.excluded) missing.insert(column.property());
    }
  }
  for (const PropertyDefinition& definition : answer) missing.erase(definition.name);
  return std::exchange(missing_, missing) != missing;
}

StepOutcome CatalogJob::AskUnlisted() {
  const auto page = stream().source().records.List(
      object(), {.after = std::nullopt, .properties = probe_.Next()});
  if (page) {
    probe_.Answered(*page);
  } else if (!probe_.Failed(page.error())) {
    return StepOutcome::Failed(page.error());
  }
  if (!probe_.Next()) Advance();
  return StepOutcome::More();
}

std::vector<PropertyDefinition> CatalogJob::DefinitionsOf(Part part) const {
  const auto found = definitions_.find(part);
  if (found == definitions_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

std::vector<PropertyDefinition> CatalogJob::AllDefinitions() const {
  std::vector<PropertyDefinition> all;
  for (const auto& [part, definitions] : definitions_) {
    all.insert(all.end(), definitions.begin(), definitions.end());
  }
  return all;
}

StepOutcome CatalogJob::ReadGroups() {
  const auto groups = stream().source().records.PropertyGroups(object());
  if (!groups) return StepOutcome::Failed(groups.error());
  stream().store().rows.SavePropertyGroups(object(), *groups);
  Advance();
  return StepOutcome::More();
}

// Pipelines come all at once, without pages
// (https://developers.hubspot.com/docs/api-reference/crm-pipelines-v3): one that is missing is
// gone.
StepOutcome CatalogJob::ReadPipelines() {
  const auto page = stream().source().references.ReadReference(
      {.kind = ReferenceKind::kPipelines, .object = object().name, .type_id = object().type_id});
  if (!page && !IsRefused(page.error())) return StepOutcome::Failed(page.error());
  Advance();
  if (!page) {
    if (std::exchange(pipelines_refused_, page.error().message) != page.error().message) {
      stream().Log(LogLevel::kWarning, "reference.refused",
                   "pipelines cannot be read, everything else continues: " + page.error().message);
    }
    return StepOutcome::More();
  }
  const std::string odd = page->odd.empty() ? std::string() : page->odd.front();
  if (std::exchange(pipelines_refused_, odd) != odd && !odd.empty()) {
    stream().Log(LogLevel::kWarning, "reference.refused",
                 odd + ": " + std::to_string(page->odd.size()) +
                     " left out; what is gone is not marked meanwhile");
  }
  std::vector<ReferenceCommit> commits;
  for (const ReferenceBatch& batch : page->batches) {
    commits.push_back({.kind = batch.kind,
                       .scope = {object().name},
                       .rows = batch.rows,
                       .marks_gone = page->odd.empty(),
                       .at = page->times.date});
  }
  stream().store().references.WriteReference(commits);
  return StepOutcome::More();
}

StepOutcome CatalogJob::CountRecords() {
  Advance();
  // One that somebody dropped is made before it is counted.
  const bool there = stream().table().Now() != nullptr;
  if (!there || !facts().loaded() || !stream().searchable()) return StepOutcome::More();
  const auto answer = stream().Search({.newest_first = true, .limit = 1});
  stream().NoteSearch(answer);
  // Not every type can be searched (https://developers.hubspot.com/docs/guides/api/crm/search). The
  // check helps where it is possible.
  if (!answer) return StepOutcome::More();
  const int64_t rows = stream().store().rows.CountRows(object());
  Tell([&](StreamFacts& facts) { facts.CountedRows(rows); });
  if (rows * 10 < answer->total * 9) {
    stream().OweSweep("the table holds " + std::to_string(rows) + " live rows of " +
                      std::to_string(answer->total) + " in the portal: it is swept now");
  }
  return StepOutcome::More();
}

StepOutcome CatalogJob::Apply() {
  LookInTable();
  const KnownProperties known{.definitions = AllDefinitions(), .unlisted = probe_.answers()};
  const auto hasher = stream().table().ReadHasher();
  if (!hasher) return StepOutcome::Failed(hasher.error());
  Complain(known);
  MirrorTablePtr table = stream().table().layout();
  if (!table) table = stream().store().rows.Load(object()).table;
  const bool is_new = table == nullptr;
  const MirrorTable wanted =
      WantedLayout(stream().plan(), known, table.get(), *hasher ? (*hasher)->id() : "");
  // Even if nothing changed: somebody may have dropped a column meanwhile.
  const MirrorTablePtr stood = table;
  table = stream().store().rows.ApplyLayout(wanted);
  if (stood && stood->columns != table->columns) SayChanged(*table);
  const bool refills = stood && FillingBegins(*stood, *table);
  // The fill job reads live records only; a walk of the archived list fills the others.
  if (stream().table().Set(table, *hasher) || refills) {
    Tell([](StreamFacts& facts) { ++facts.debts.archived.wanted; });
  }
  if (is_new) stream().Log(LogLevel::kNotice, "table.created", "created the table");
  part_ = Part::kLive;
  definitions_.erase(Part::kLive);
  return StepOutcome::CaughtUp();
}

void CatalogJob::LookInTable() {
  const MirrorTablePtr table = stream().table().layout();
  if (!table || !facts().loaded() || probe_.answers().all) return;
  std::set<std::string> in_doubt = probe_.answers().Asked();
  for (const std::string& name : probe_.answers().shown) in_doubt.erase(name);
  std::set<std::string> held;
  for (const MirrorColumn& column : table->columns) {
    if (!in_doubt.contains(column.property()) || column.state == PropertyState::kFilling) continue;
    in_doubt.erase(column.property());
    // An archived property keeps its last values, which prove nothing about today.
    if (!column.definition->archived) held.insert(column.property());
  }
  // The rest has yet to be read.
  if (in_doubt.empty()) probe_.FoundInMirror(stream().store().rows.WithValues(object(), held));
}

void CatalogJob::SayChanged(const MirrorTable& table) {
  std::string blocked;
  for (const MirrorColumn& column : table.columns) {
    if (!column.blocked_by.empty()) blocked = column.property() + ": " + column.blocked_by;
  }
  const bool news = std::exchange(blocked_, blocked) != blocked;
  if (!blocked.empty() && news) stream().Log(LogLevel::kWarning, "schema.blocked", blocked);
  stream().Log(LogLevel::kNotice, "schema.changed", "the table follows HubSpot's properties");
}

void CatalogJob::Complain(const KnownProperties& known) {
  std::string together;
  for (const NameComplaint& complaint :
       ComplainOfNames(stream().plan(), known.definitions, known.unlisted)) {
    const std::string text =
        complaint.key + " of " + object().name + " " + complaint.said + ": " + complaint.next;
    if (!complaint.certain) continue;
    if (!complaint.shared) together += (together.empty() ? "" : "; ") + text;
    if (!warned_.insert(text).second) continue;
    stream().Log(LogLevel::kWarning, "selection.unmatched", text);
  }
  const auto names = std::make_shared<const StreamFacts::Names>(
      StreamFacts::Names{.unlisted = known.unlisted.Asked(), .complaint = std::move(together)});
  Tell([&](StreamFacts& facts) { facts.names = names; });
}

}  // namespace hubmirror
