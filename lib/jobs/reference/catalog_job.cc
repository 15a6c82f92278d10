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
  MutexLock lock(mutex_);
  part_ = Part::kBegin;
  whole_wanted_ = true;
  ++cycle_;
  to_read_.clear();
  reading_.clear();
  missing_.clear();
}

std::optional<StepNeed> CatalogJob::NextStep(Instant) {
  MutexLock lock(mutex_);
  return NeedNow();
}

std::optional<StepNeed> CatalogJob::NeedNow() const {
  if (busy_ || (part_ == Part::kDefinitions && to_read_.empty())) return std::nullopt;
  StepNeed need{.lane = Lane::kBurst, .priority = Priority::kCatalog};
  if (part_ == Part::kApply || part_ == Part::kDress) need.lane.reset();
  // Nothing waits for what explains the table that stands.
  if (part_ > Part::kApply) need.priority = Priority::kResolve;
  if (part_ == Part::kCount) need.lane = Counts() ? std::optional(Lane::kSearch) : std::nullopt;
  return need;
}

StepOutcome CatalogJob::DoStep(Instant now, const StepNeed& granted, const TableShapePtr&) {
  std::optional<Kind> kind;
  Part part;
  uint64_t cycle = 0;
  {
    MutexLock lock(mutex_);
    const auto need = NeedNow();
    if (!need || !granted.Covers(*need)) return StepOutcome::Unused();
    if (part_ == Part::kBegin) BeginCycle(now);
    part = part_;
    cycle = cycle_;
    if (part == Part::kDefinitions) {
      kind = *to_read_.begin();
      to_read_.erase(*kind);
      reading_.insert(*kind);
    } else {
      busy_ = true;
    }
  }
  if (kind) return ReadKind(*kind, cycle);
  const Finally done([this] {
    MutexLock lock(mutex_);
    busy_ = false;
  });
  return MakePart(part, granted, now);
}

void CatalogJob::BeginCycle(Instant now) {
  whole_ = std::exchange(whole_wanted_, false) || !whole_at_ || now - *whole_at_ >= kWholeEvery;
  part_ = Part::kDefinitions;
  to_read_ = {Kind::kLive};
  if (!whole_) return;
  to_read_.insert(Kind::kArchived);
  if (stream().plan().selection.sensitive) {
    to_read_.insert({Kind::kSensitive, Kind::kHighlySensitive});
  }
}

StepOutcome CatalogJob::ReadKind(Kind kind, uint64_t cycle) {
  PropertiesRequest request;
  if (kind == Kind::kSensitive) request.data_sensitivity = "sensitive";
  if (kind == Kind::kHighlySensitive) request.data_sensitivity = "highly_sensitive";
  request.archived = kind == Kind::kArchived;
  auto answer = hubmirror::ReadDefinitions(stream().source().records, object(), request);
  MutexLock lock(mutex_);
  if (cycle != cycle_) return StepOutcome::More();
  reading_.erase(kind);
  if (!answer || (kind == Kind::kLive && IsShort(*answer))) {
    to_read_.insert(kind);
    return answer ? StepOutcome::More() : StepOutcome::Failed(answer.error());
  }
  TakeIn(kind, *std::move(answer));
  return StepOutcome::More();
}

void CatalogJob::TakeIn(Kind kind, std::vector<PropertyDefinition> answer) {
  if (kind == Kind::kLive) AskForOthers(answer);
  // Those of a thousand portals may wait for the database at once.
  std::vector<SharedDefinition>& kept = definitions_[kind];
  kept.assign(std::make_move_iterator(answer.begin()), std::make_move_iterator(answer.end()));
  for (SharedDefinition& definition : kept) definition.Share();
  if (!to_read_.empty() || !reading_.empty()) return;
  part_ = Part::kApply;
  if (!whole_) return;
  probe_ = UnlistedProbe(FindUnlisted(stream().plan(), AllDefinitions()));
  if (probe_.Next()) part_ = Part::kUnlisted;
}

void CatalogJob::AskForOthers(const std::vector<PropertyDefinition>& live) {
  const uint64_t digest = DigestOf(live);
  if (std::exchange(live_digest_, digest) != digest && !std::exchange(whole_, true)) {
    to_read_.insert(Kind::kArchived);
  }
  if (!whole_) return;
  for (const Kind kind : {Kind::kSensitive, Kind::kHighlySensitive}) {
    if (!WantsSensitiveDefinitions(stream().plan(), live)) {
      definitions_.erase(kind);
    } else if (!stream().plan().selection.sensitive) {
      to_read_.insert(kind);
    }
  }
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

StepOutcome CatalogJob::MakePart(Part part, const StepNeed& granted, Instant now) {
  StepOutcome outcome = StepOutcome::Unused();
  switch (part) {
    case Part::kUnlisted:
      outcome = AskUnlisted();
      if (probe_.Next()) return outcome;
      break;
    case Part::kApply:
      outcome = Apply();
      break;
    case Part::kGroups:
      outcome = ReadGroups();
      break;
    case Part::kPipelines:
      outcome = ReadPipelines();
      break;
    case Part::kCount:
      outcome = CountRecords(granted);
      break;
    case Part::kDress:
      stream().store().rows.Decorate(object());
      outcome = StepOutcome::More();
      break;
    case Part::kBegin:
    case Part::kDefinitions:
      break;
  }
  if (outcome.end != StepOutcome::End::kMore) return outcome;
  MutexLock lock(mutex_);
  part_ = After(part);
  if (part_ != Part::kBegin) return outcome;
  if (whole_) whole_at_ = now;
  return StepOutcome::CaughtUp();
}

CatalogJob::Part CatalogJob::After(Part part) {
  switch (part) {
    case Part::kUnlisted:
      return Part::kApply;
    case Part::kApply:
      if (whole_) return Part::kGroups;
      [[fallthrough]];
    case Part::kGroups:
      if (object().has_pipelines) return Part::kPipelines;
      [[fallthrough]];
    case Part::kPipelines:
      return whole_ ? Part::kCount : AfterAll();
    default:
      return AfterAll();
  }
}

// The list of a new table is read meanwhile, and others wait for their tables.
CatalogJob::Part CatalogJob::AfterAll() {
  return std::exchange(undressed_, false) ? Part::kDress : Part::kBegin;
}

StepOutcome CatalogJob::AskUnlisted() {
  const auto page = stream().source().records.List(
      object(), {.after = std::nullopt, .properties = probe_.Next()});
  if (page) {
    probe_.Answered(*page);
  } else if (!probe_.Failed(page.error())) {
    return StepOutcome::Failed(page.error());
  }
  return StepOutcome::More();
}

std::vector<PropertyDefinition> CatalogJob::AllDefinitions() const {
  std::vector<PropertyDefinition> all;
  for (const auto& [kind, definitions] : definitions_) {
    all.insert(all.end(), definitions.begin(), definitions.end());
  }
  return all;
}

StepOutcome CatalogJob::ReadGroups() {
  const auto groups = stream().source().records.PropertyGroups(object());
  if (!groups) return StepOutcome::Failed(groups.error());
  stream().store().rows.SavePropertyGroups(object(), *groups);
  return StepOutcome::More();
}

// Pipelines come all at once, without pages
// (https://developers.hubspot.com/docs/api-reference/crm-pipelines-v3): one that is missing is
// gone.
StepOutcome CatalogJob::ReadPipelines() {
  const auto page = stream().source().references.ReadReference(
      {.kind = ReferenceKind::kPipelines, .object = object().name, .type_id = object().type_id});
  if (!page && !IsRefused(page.error())) return StepOutcome::Failed(page.error());
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

bool CatalogJob::Counts() const {
  return facts().loaded() && stream().searchable();
}

StepOutcome CatalogJob::CountRecords(const StepNeed& granted) {
  if (!granted.lane) return StepOutcome::More();
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
  if (is_new) {
    stream().Log(LogLevel::kNotice, "table.created", "created the table");
    MutexLock lock(mutex_);
    undressed_ = true;
  }
  definitions_.erase(Kind::kLive);
  return StepOutcome::More();
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
