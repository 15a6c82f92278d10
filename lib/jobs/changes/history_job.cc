#include "jobs/changes/history_job.h"

#include <algorithm>
#include <utility>

#include "base/json_fields.h"
#include "mirror/history_mapper.h"

namespace hubmirror {
namespace {

/// Whether everything in `wanted` was read under `scope` already.
bool Covers(const HistoryScope& scope, const HistoryScope& wanted) {
  return std::ranges::all_of(wanted, [&](const auto& property) {
    const auto found = scope.find(property.first);
    return found != scope.end() && found->second == property.second;
  });
}

}  // namespace

std::string ToText(const HistoryCursor& cursor) {
  JsonFieldWriter fields;
  fields.Put("scope", cursor.scope);
  fields.Put("archived", cursor.archived);
  fields.Put("last", cursor.last);
  fields.Put("walked", cursor.walked);
  return fields.Text();
}

std::optional<HistoryCursor> ParseHistoryCursor(std::string_view text) {
  const auto fields = JsonFields::Parse(text);
  if (!fields) return std::nullopt;
  auto scope = fields->Texts("scope");
  if (!scope) return std::nullopt;
  return HistoryCursor{.scope = std::move(*scope),
                       .archived = fields->Flag("archived"),
                       .last = fields->Id("last"),
                       .walked = fields->Flag("walked")};
}

void HistoryJob::LoadFrom(const StoredStream& stored) {
  const auto found = stored.progress.find(JobKind::kHistory);
  if (found == stored.progress.end()) return;
  cursor_ = ParseHistoryCursor(found->second.cursor).value_or(HistoryCursor{});
}

void HistoryJob::Abandon() {
  prepared_ = false;
  cursor_ = {};
  block_.clear();
  MutexLock lock(mutex_);
  reading_ = false;
  walking_ = true;
}

std::optional<StepNeed> HistoryJob::NextStep(Instant) {
  if (!stream().loaded()) return std::nullopt;
  MutexLock lock(mutex_);
  const Priority priority = walking_ ? Priority::kBackfill : Priority::kArchived;
  if (reading_) return StepNeed{.lane = Lane::kBurst, .priority = priority};
  return StepNeed{.priority = priority};
}

StepOutcome HistoryJob::DoStep(Instant) {
  const std::shared_ptr<void> done(nullptr, [this](void*) {
    MutexLock lock(mutex_);
    reading_ = !block_.empty();
    walking_ = !cursor_.walked;
  });
  return block_.empty() ? Choose() : Read();
}

HistoryScope HistoryJob::ScopeNow() const {
  HistoryScope scope;
  const MirrorTablePtr table = stream().table();
  if (!table) return scope;
  const std::vector<std::string>& wanted = stream().plan().history;
  for (const MirrorColumn& column : table->columns) {
    if (column.definition.archived || column.excluded) continue;
    if (std::ranges::find(wanted, column.property()) == wanted.end()) continue;
    scope[column.property()] = column.hashed_with;
  }
  return scope;
}

StepOutcome HistoryJob::Choose() {
  if (!prepared_) {
    if (!ports_.sink.PrepareHistory(object())) cursor_ = {};
    prepared_ = true;
  }
  HistoryScope scope = ScopeNow();
  if (scope.empty()) return StepOutcome::CaughtUp();
  if (!Covers(cursor_.scope, scope)) {
    cursor_ = {.scope = std::move(scope)};
    ports_.sink.BeginHistory(object(), {.cursor = ToText(cursor_)});
    return StepOutcome::More();
  }
  cursor_.scope = std::move(scope);
  return cursor_.walked ? ChooseDue() : ChooseOfWalk();
}

StepOutcome HistoryJob::ChooseOfWalk() {
  block_ = ports_.sink.HistoryBlock(object(), cursor_.archived, cursor_.last, kHistoryReadSize);
  block_archived_ = cursor_.archived;
  if (!block_.empty()) return StepOutcome::More();
  cursor_.walked = cursor_.archived;
  cursor_.archived = true;
  cursor_.last.reset();
  return Write({});
}

StepOutcome HistoryJob::ChooseDue() {
  HistoryDue due = ports_.sink.DueHistory(object(), kHistoryReadSize);
  if (!due.followed) {
    cursor_ = {};
    return StepOutcome::More();
  }
  if (due.empty()) return StepOutcome::CaughtUp();
  if (!due.gone.empty()) return Write({.settled = std::move(due.gone), .sent_at = Instant::max()});
  block_archived_ = due.live.empty();
  block_ = block_archived_ ? std::move(due.archived) : std::move(due.live);
  return StepOutcome::More();
}

StepOutcome HistoryJob::Read() {
  HistoryRequest request{.archived = block_archived_, .ids = block_};
  for (const auto& [property, key] : cursor_.scope) request.properties.push_back(property);
  auto page = ports_.source.ReadHistory(object(), request);
  if (!page) return StepOutcome::Failed(page.error());
  const std::vector<RecordId> block = std::exchange(block_, {});
  if (!cursor_.walked) cursor_.last = block.back();
  return Write({.entries = MapHistory(std::move(page->entries), cursor_.scope, stream().hasher()),
                .settled = block,
                .sent_at = page->times.sent_at});
}

StepOutcome HistoryJob::Write(HistoryCommit commit) {
  const auto records = static_cast<int64_t>(commit.settled.size());
  commit.object = object();
  commit.scope = cursor_.scope;
  commit.progress = {.cursor = ToText(cursor_)};
  if (cursor_.walked) commit.progress.last_complete_at = stream().SourceNow();
  commit.budget = stream().Budget();
  ports_.sink.WriteHistory(commit);
  return StepOutcome::More(records);
}

}  // namespace hubmirror
